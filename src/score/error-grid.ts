import { IGNORED } from '../plan/labels/ignored.js';
import type { Box, Size } from '../types.js';

/** The number of wrong pixels in each square of an image, row by row. */
export interface ErrorGrid extends Size {
  /** Side of a square, in px of the image. Squares at the right and at the bottom may be cut. */
  readonly side: number;
  readonly columns: number;
  readonly rows: number;
  readonly wrong: readonly number[];
}

/** Counts wrong pixels, row by row. */
export interface ErrorCounter {
  /** Adds full-width rows of labels from row `y` on, `width` bytes each. */
  add(y: number, truth: Uint8Array, predicted: Uint8Array): void;
  grid(): ErrorGrid;
}

/** A counter for an image of this size, with squares of `side` px. Pixels with 255 in the truth never count as wrong. */
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
  /** The square, in px of the image that was counted. */
  readonly box: Box;
  /** For each prediction, the share of its pixels that is wrong. */
  readonly wrong: readonly number[];
}

/**
 * The squares in which predictions of one slide differ most, by the number of wrong pixels of the worst minus that of
 * the best; for a single prediction, the squares with the most wrong pixels. Of neighbouring squares only one is
 * taken, so that the same region is not shown twice.
 *
 * @param grids of one size, one for each prediction
 * @param count the most squares to return
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
