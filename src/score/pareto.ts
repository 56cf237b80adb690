/** Quality and cost of one candidate. */
export interface Worth {
  /** Higher is better. */
  readonly quality: number;
  /** Lower is better. */
  readonly seconds: number;
}

/**
 * Which candidates are on the Pareto front: no other one is at least as good and as fast, and better in one of the
 * two. Of equal candidates, only the first is.
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
 * The index of the candidate to use: the fastest one with a quality within `tolerance` of the best. -1 if there are
 * no candidates.
 */
export function bestValue(all: readonly Worth[], tolerance: number): number {
  const best = Math.max(...all.map(({ quality }) => quality));
  return all.reduce(
    (found, { quality, seconds }, i) =>
      quality >= best - tolerance && (found < 0 || seconds < all[found]!.seconds) ? i : found,
    -1,
  );
}
