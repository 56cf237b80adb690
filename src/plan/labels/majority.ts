/** One line of labels, and how much of it lies in the row that is made. */
export interface WeighedLine {
  readonly labels: Uint8Array;
  readonly weight: number;
}

/**
 * Which pixels of `from` a pixel of `to` lies over, where both cover the same length: the first, and one past the last.
 *
 * @param count how many pixels there are where that is not `from`, which need not be a whole number
 */
export function covered(index: number, from: number, to: number, count: number = from): readonly [first: number, end: number] {
  const first = Math.min(Math.floor((index * from) / to), count - 1);
  return [first, Math.min(Math.max(first + 1, Math.ceil(((index + 1) * from) / to)), count)];
}

/** How much of pixel `at` of `from` lies under pixel `index` of `to`, in units of `1 / to` pixels of `from`: a whole number. */
export function overlap(at: number, index: number, from: number, to: number): number {
  return Math.min((at + 1) * to, (index + 1) * from) - Math.max(at * to, index * from);
}

/**
 * Makes a row of a smaller grid out of the lines of labels that it lies over: of each block of pixels the label that covers most of its area. On a
 * tie a label beats background, and of two labels the one that comes first in reading order wins: for blocks of 2 × 2 the rule of `Reduce` in
 * the pyramid of a mask. Areas are whole numbers, so ties are exact.
 *
 * @param lines from top to bottom, with weights as {@link overlap} has them
 * @param left column of the larger grid at which the lines begin
 * @param start first column that is made
 * @param from width of the larger grid, at least `to`
 * @param to width of the smaller grid
 * @param out takes as many labels as it is long
 * @param count columns of the larger grid, where `from` says how many of them, and parts of one, cover what the smaller grid covers
 */
export function majorityRow(
  lines: readonly WeighedLine[],
  left: number,
  start: number,
  from: number,
  to: number,
  out: Uint8Array,
  count: number = from,
): void {
  const areas = new Float64Array(256);
  const seen: number[] = [];
  for (let i = 0; i < out.length; i++) {
    const [first, end] = covered(start + i, from, to, count);
    const label = lines[0]!.labels[first - left]!;
    if (isUniform(lines, first - left, end - left, label)) {
      out[i] = label;
      continue;
    }
    for (const { labels, weight } of lines) {
      for (let x = first; x < end; x++) {
        const own = labels[x - left]!;
        if (areas[own] === 0) seen.push(own);
        areas[own]! += weight * overlap(x, start + i, from, to);
      }
    }
    out[i] = most(areas, seen);
    for (const own of seen) areas[own] = 0;
    seen.length = 0;
  }
}

function isUniform(lines: readonly WeighedLine[], first: number, end: number, label: number): boolean {
  for (const { labels } of lines) for (let x = first; x < end; x++) if (labels[x] !== label) return false;
  return true;
}

/** The label with the largest area; `seen` is in reading order. */
function most(areas: Float64Array, seen: readonly number[]): number {
  let best = 0;
  for (const label of seen) {
    if (label === 0) continue;
    // Background is looked at last, and has to be larger.
    if (best === 0 || areas[label]! > areas[best]!) best = label;
  }
  return areas[0]! > areas[best]! ? 0 : best;
}
