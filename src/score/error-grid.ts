import { IGNORED } from '../plan/labels/ignored.js';
import type { Box, Size } from '../types.js';

/** How many pixels are wrong in each square of an image, row by row. */
export interface ErrorGrid extends Size {
  /** Of a square, in px of the image. Those at the right and at the bottom may be cut. */
  readonly side: number;
  readonly columns: number;
  readonly rows: number;
  readonly wrong: readonly number[];
}

/** Counts wrong pixels as rows go by. */
export interface ErrorCounter {
  /** Full-width rows of labels, from row `y` on, `width` bytes each. */
  add(y: number, truth: Uint8Array, predicted: Uint8Array): void;
  grid(): ErrorGrid;
}

/** A counter for an image of this size. Where the truth is 255, nothing is wrong. */
export function errorCounter({ width, height }: Size, side: number): ErrorCounter {
  const columns = Math.ceil(width / side);
  const rows = Math.ceil(height / side);
  const wrong = new Array<number>(columns * rows).fill(0);
  return {
    add(y, truth, predicted) {
      for (let at = 0; at < truth.length; at++) {
        const is = truth[at]!;
        if (is === predicted[at] || is === IGNORED) continue;
        const x = at % width;
        const row = y + (at - x) / width;
        wrong[Math.floor(row / side) * columns + Math.floor(x / side)]!++;
      }
    },
    grid: () => ({ width, height, side, columns, rows, wrong }),
  };
}

/** A square in which predictions differ. */
export interface DifferingRegion {
  /** In px of the image that was counted. */
  readonly box: Box;
  /** Share of its pixels that each prediction has wrong. */
  readonly wrong: readonly number[];
}

/**
 * The squares in which predictions of one slide differ most: by how many more pixels the worst has wrong than the best; of a single prediction, those in which
 * most is wrong. Of neighbours only one is taken, so that the same thing is not shown twice.
 *
 * @param grids of one size, one for each prediction
 * @param count at most
 */
export function differingRegions(grids: readonly ErrorGrid[], count: number): DifferingRegion[] {
  const [first] = grids;
  if (first === undefined) return [];
  const { columns, rows, side, width, height } = first;
  const spread = Array.from({ length: columns * rows }, (_, i) => {
    const wrong = grids.map((grid) => grid.wrong[i]!);
    return Math.max(...wrong) - (wrong.length > 1 ? Math.min(...wrong) : 0);
  });
  const order = spread.map((_, i) => i).sort((a, b) => spread[b]! - spread[a]! || a - b);
  const taken: number[] = [];
  for (const i of order) {
    if (taken.length === count || spread[i] === 0) break;
    if (taken.every((other) => !areNeighbours(i, other, columns))) taken.push(i);
  }
  return taken.map((i) => {
    const [x, y] = [(i % columns) * side, Math.floor(i / columns) * side];
    const box = { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) };
    return { box, wrong: grids.map((grid) => grid.wrong[i]! / (box.width * box.height)) };
  });
}

function areNeighbours(a: number, b: number, columns: number): boolean {
  return Math.abs((a % columns) - (b % columns)) <= 1 && Math.abs(Math.floor(a / columns) - Math.floor(b / columns)) <= 1;
}
