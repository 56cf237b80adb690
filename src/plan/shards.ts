import type { Span } from '../types.js';

/** One of several equal parts of the work: `index` from 1 to `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * Deals items out to shards and returns those of one shard. Each item, the largest first, goes to the shard that has
 * the least so far. The shards of the same items together have every item exactly once.
 *
 * @param sizes of the items
 * @returns the indices of the items of this shard, in ascending order
 */
export function shareOf(sizes: readonly number[], { index, count }: Shard): number[] {
  const loads = new Float64Array(count);
  const owner = new Int32Array(sizes.length);
  const largestFirst = sizes.map((_, item) => item).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  for (const item of largestFirst) {
    let least = 0;
    for (let shard = 1; shard < count; shard++) if (loads[shard]! < loads[least]!) least = shard;
    owner[item] = least;
    // The 1 makes empty items go round the shards as well.
    loads[least]! += sizes[item]! + 1;
  }
  return sizes.flatMap((_, item) => (owner[item] === index - 1 ? [item] : []));
}

/** A row or a column of windows: the pixels along the axis for which its scores are used, and how much work it is. */
export interface WindowLine extends Span {
  readonly work: number;
}

/**
 * Cuts an axis of an image into spans whose shares of the work are as wanted, as nearly as can be. Windows that reach
 * over a cut are work for both sides. Among cuts that are about equally good, the one with the least work done twice
 * wins, such as one in a gap in the tissue.
 *
 * @param length of the axis, in px
 * @param windows all rows or columns of windows of all grids, including those without work
 * @param shares how much of the work each span is to have, in any unit
 * @param places where cuts may lie; by default where some window begins
 * @returns a span for each share, in order; some are empty if there are too few places
 */
export function cutSpans(
  length: number,
  windows: readonly WindowLine[],
  shares: readonly number[],
  places: readonly number[] = windows.map(({ start }) => start),
): Span[] {
  const total = windows.reduce((sum, { work }) => sum + work, 0);
  const all = shares.reduce((sum, share) => sum + share, 0);
  const inside = [...new Set(places.filter((place) => place > 0 && place < length))].sort((a, b) => a - b);
  const begun = workBefore(windows, ({ start }) => start + 1);
  const ended = workBefore(windows, (line) => line.start + line.length);
  /** For each cut, the work before it and the work that is done on both sides of it. */
  const candidates = inside.map((at) => ({ at, before: begun(at), twice: begun(at) - ended(at) }));
  const cuts: number[] = [];
  let share = 0;
  for (const each of shares.slice(0, -1)) {
    share += each;
    const wanted = (total * share) / all;
    const slack = (SLACK * total * each) / all;
    const near = candidates.filter(({ at, before }) => at >= (cuts.at(-1) ?? 0) && Math.abs(before - wanted) <= slack);
    const cost = ({ before, twice }: (typeof candidates)[number]): number => twice + Math.abs(before - wanted);
    const best = (near.length > 0 ? near : candidates).reduce<(typeof candidates)[number] | undefined>(
      (a, b) => (a === undefined || cost(b) < cost(a) ? b : a),
      undefined,
    );
    cuts.push(Math.max(cuts.at(-1) ?? 0, best?.at ?? length));
  }
  const edges = [0, ...cuts, length];
  return shares.map((_, i) => ({ start: edges[i]!, length: edges[i + 1]! - edges[i]! }));
}

/**
 * The ways to lay out rectangles in bands from top to bottom: for each band, the number of rectangles side by side in
 * it. First one rectangle in each band, then up to two, and so on.
 */
export function bandLayouts(count: number): (readonly number[])[] {
  const layouts: (readonly number[])[] = [];
  for (let across = 1; across <= Math.min(count, MOST_ACROSS); across++) {
    const bands = Math.ceil(count / across);
    const layout = Array.from({ length: bands }, (_, band) => Math.floor((count + band) / bands)).reverse();
    if (layouts.at(-1)?.length !== bands) layouts.push(layout);
  }
  return layouts;
}

/** The most rectangles side by side. More would make long narrow ones of most slides, of which more is run twice. */
const MOST_ACROSS = 8;

/** How far a cut may lie from the wanted place if that means less work done twice; a share of the work of one span. */
const SLACK = 0.15;

/** Returns a function that gives, for a place, the total work of all rows or columns whose `edge` is at most there. */
function workBefore(windows: readonly WindowLine[], edge: (line: WindowLine) => number): (place: number) => number {
  const sorted = windows.map((line) => ({ at: edge(line), work: line.work })).sort((a, b) => a.at - b.at);
  const sums = new Float64Array(sorted.length + 1);
  for (const [i, { work }] of sorted.entries()) sums[i + 1] = sums[i]! + work;
  return (place) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sorted[middle]!.at <= place) from = middle + 1;
      else to = middle;
    }
    return sums[from]!;
  };
}
