/** What something costs and what it is worth. */
export interface Worth {
  /** More is better. */
  readonly quality: number;
  /** Less is better. */
  readonly seconds: number;
}

/**
 * Which of several are on the Pareto front: no other is at least as good and as fast, and better in one of the two. Of equals the first counts.
 */
export function paretoFront(all: readonly Worth[]): boolean[] {
  return all.map((one, i) =>
    all.every((other, j) => {
      if (i === j) return true;
      const asGood = other.quality >= one.quality && other.seconds <= one.seconds;
      const better = other.quality > one.quality || other.seconds < one.seconds;
      return !(asGood && (better || j < i));
    }),
  );
}

/**
 * The index of what to use: the fastest that is within `tolerance` of the best quality. -1 where there is none.
 */
export function bestValue(all: readonly Worth[], tolerance: number): number {
  const best = Math.max(...all.map(({ quality }) => quality));
  return all.reduce(
    (found, { quality, seconds }, i) =>
      quality >= best - tolerance && (found < 0 || seconds < all[found]!.seconds) ? i : found,
    -1,
  );
}
