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

/** A row of windows: the pixel rows that it is responsible for, and how much work it is. */
export interface WindowRow extends Span {
  readonly work: number;
}

/**
 * Cuts the rows of an image into spans whose work is as even as can be. A row of windows that crosses a cut is work
 * for both sides. A cut lies only where some row of windows begins. Among cuts that are about equally even, the one
 * with the least work done twice wins, such as one in a gap in the tissue.
 *
 * @param height of the image, in px
 * @param windows all rows of windows of all grids, including those without work
 * @param count number of spans; some are empty if there are too few rows of windows
 * @returns the spans, from top to bottom
 */
export function shardRows(height: number, windows: readonly WindowRow[], count: number): Span[] {
  const total = windows.reduce((sum, { work }) => sum + work, 0);
  const starts = new Set(windows.map(({ start }) => start).filter((start) => start > 0 && start < height));
  const places = [...starts].sort((a, b) => a - b);
  const begun = workBefore(windows, ({ start }) => start + 1);
  const ended = workBefore(windows, ({ start, length }) => start + length);
  /** For each cut, the work above it and the work that is done on both sides of it. */
  const candidates = places.map((y) => ({ y, above: begun(y), twice: begun(y) - ended(y) }));
  const cuts: number[] = [];
  for (let shard = 1; shard < count; shard++) {
    const wanted = (total * shard) / count;
    const slack = (SLACK * total) / count;
    const near = candidates.filter(({ y, above }) => y >= (cuts.at(-1) ?? 0) && Math.abs(above - wanted) <= slack);
    const cost = ({ above, twice }: (typeof candidates)[number]): number => twice + Math.abs(above - wanted);
    const best = (near.length > 0 ? near : candidates).reduce<(typeof candidates)[number] | undefined>(
      (a, b) => (a === undefined || cost(b) < cost(a) ? b : a),
      undefined,
    );
    cuts.push(Math.max(cuts.at(-1) ?? 0, best?.y ?? height));
  }
  const edges = [0, ...cuts, height];
  return Array.from({ length: count }, (_, i) => ({ start: edges[i]!, length: edges[i + 1]! - edges[i]! }));
}

/** How far a cut may lie from the even place if that means less work done twice; a share of the work of one span. */
const SLACK = 0.15;

/** Returns a function that gives, for `y`, the total work of all rows of windows whose `edge` is at most `y`. */
function workBefore(windows: readonly WindowRow[], edge: (row: WindowRow) => number): (y: number) => number {
  const sorted = windows.map((row) => ({ at: edge(row), work: row.work })).sort((a, b) => a.at - b.at);
  const sums = new Float64Array(sorted.length + 1);
  for (const [i, { work }] of sorted.entries()) sums[i + 1] = sums[i]! + work;
  return (y) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sorted[middle]!.at <= y) from = middle + 1;
      else to = middle;
    }
    return sums[from]!;
  };
}
