/** One line of labels, and how much of its height lies in the row being made; see {@link overlap}. */
export interface WeighedLine {
  readonly labels: Uint8Array;
  readonly weight: number;
}

/**
 * Two grids of `from` and `to` pixels cover the same length. Returns which pixels of `from` lie under pixel `index`
 * of `to`: the first, and one past the last.
 *
 * @param count how many pixels of `from` really exist, if not `from`; `from` need not be a whole number
 */
export function covered(index: number, from: number, to: number, count: number = from): readonly [first: number, end: number] {
  const first = Math.min(Math.floor((index * from) / to), count - 1);
  return [first, Math.min(Math.max(first + 1, Math.ceil(((index + 1) * from) / to)), count)];
}

/**
 * How much of pixel `at` of `from` lies under pixel `index` of `to`, in units of `1 / to` pixels of `from`; a whole
 * number if `from` is one.
 */
export function overlap(at: number, index: number, from: number, to: number): number {
  return Math.min((at + 1) * to, (index + 1) * from) - Math.max(at * to, index * from);
}

/**
 * Makes a row of a smaller grid out of the lines of labels under it. Each output pixel gets the label that covers
 * most of the area under it. On a tie, a label beats background, and of two labels the first in reading order wins.
 * For blocks of 2 × 2 this is the rule of `Reduce` in the pyramid of a mask. Areas are whole numbers, so ties are
 * exact.
 *
 * @param lines from top to bottom, with weights from {@link overlap}
 * @param left column of the larger grid at which the lines begin
 * @param start first column that is made
 * @param from width of the larger grid, at least `to`
 * @param to width of the smaller grid
 * @param out receives the labels, as many as it is long
 * @param count number of columns of the larger grid, if that is not `from`: `from` is then how many columns, perhaps
 *   with a fraction, lie under the smaller grid
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
    // Background is compared last, and wins only if it is larger.
    if (best === 0 || areas[label]! > areas[best]!) best = label;
  }
  return areas[0]! > areas[best]! ? 0 : best;
}
