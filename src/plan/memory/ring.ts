import type { WindowAxis } from '../windows/axis.js';
import type { Blend } from '../windows/blend.js';
import type { Grid } from '../windows/grid.js';
import { PIECE_COLUMNS, spanOf } from '../windows/piece.js';
import type { WindowRows } from '../windows/windows.js';

/** Columns of one block of the ring in which windows are blended, in pixels: pieces begin where blocks do. */
export const BLOCK_WIDTH: number = PIECE_COLUMNS;

/** Rows of blended scores that are handed on at once, in pixels: enough to amortise the loop around them, few enough to stay small with many classes. */
export const CHUNK_HEIGHT = 64;

/** The ring that blending a plan takes. */
export interface BlendRing {
  /** Rows of sums. */
  readonly height: number;
  /** Blocks of {@link BLOCK_WIDTH} columns that hold sums at a time, at most: where nothing is run there are none. */
  readonly blocks: number;
}

/** The height of the ring: that of the largest part that a window puts into the image. */
export function ringHeight({ y, rows }: Pick<Grid, 'y' | 'rows'>, blend: Blend): number {
  const span = spanOf(blend);
  let height = 0;
  for (let row = 0; row < rows; row++) height = Math.max(height, span(y, row).length);
  return height;
}

/** The ring that the windows of a grid which are run take. */
export function ringOf(grid: Grid, rows: Pick<WindowRows, 'kept'>, blend: Blend): BlendRing {
  const span = spanOf(blend);
  /** Where each block is free again, in rows of the image. */
  const busyUntil = new Map<number, number>();
  let blocks = 0;
  for (let row = 0; row < grid.rows; row++) {
    const { start, length } = span(grid.y, row);
    for (const [block, end] of busyUntil) if (end <= start) busyUntil.delete(block);
    for (const { column } of rows.kept(row)) {
      for (const block of blocksUnder(span, grid.x, column)) busyUntil.set(block, start + length);
    }
    blocks = Math.max(blocks, busyUntil.size);
  }
  return { height: ringHeight(grid, blend), blocks };
}

function blocksUnder(span: ReturnType<typeof spanOf>, axis: WindowAxis, column: number): number[] {
  const { start, length } = span(axis, column);
  const first = Math.floor(start / BLOCK_WIDTH);
  const after = Math.ceil((start + length) / BLOCK_WIDTH);
  return Array.from({ length: Math.max(0, after - first) }, (_, i) => first + i);
}
