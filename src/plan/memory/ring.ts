import type { WindowAxis } from '../windows/axis.js';
import type { Blend } from '../windows/blend.js';
import { columnAxis, type Grid } from '../windows/grid.js';
import { PIECE_COLUMNS, spanOf } from '../windows/piece.js';
import type { WindowRows } from '../windows/windows.js';

/** Width in pixels of one block of the ring in which windows are blended. Pieces begin where blocks begin. */
export const BLOCK_WIDTH: number = PIECE_COLUMNS;

/**
 * Rows of blended scores that are passed on at once: enough to amortise the loop around them, and few enough to stay
 * small with many classes.
 */
export const CHUNK_HEIGHT = 64;

/** The size of the ring that is needed to blend the windows of a plan. */
export interface BlendRing {
  /** Rows of sums. */
  readonly height: number;
  /**
   * The most blocks of {@link BLOCK_WIDTH} columns that hold sums at the same time. Where no window is run, there is
   * no block.
   */
  readonly blocks: number;
}

/** The height of the ring, in px: the height of the largest part that a window contributes to the image. */
export function ringHeight({ y, rows }: Pick<Grid, 'y' | 'rows'>, blend: Blend): number {
  const span = spanOf(blend);
  let height = 0;
  for (let row = 0; row < rows; row++) height = Math.max(height, span(y, row).length);
  return height;
}

/** The size of the ring for those windows of a grid that are run. */
export function ringOf(grid: Grid, rows: Pick<WindowRows, 'kept'>, blend: Blend): BlendRing {
  const span = spanOf(blend);
  /** For each block in use, the row of the image at which it is free again. */
  const busyUntil = new Map<number, number>();
  let blocks = 0;
  for (let row = 0; row < grid.rows; row++) {
    const { start, length } = span(grid.y, row);
    for (const [block, end] of busyUntil) if (end <= start) busyUntil.delete(block);
    for (const { column } of rows.kept(row)) {
      for (const block of blocksUnder(span, columnAxis(grid, row), column)) busyUntil.set(block, start + length);
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
