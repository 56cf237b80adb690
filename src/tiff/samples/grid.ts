import type { Size, Span } from '../../types.js';
import type { Directory } from '../directory.js';
import { blocksAcross, blocksDown } from './block-bytes.js';

/** The blocks where some rows and some columns of blocks cross. Both are counted from the top left of the image. */
export interface BlockGrid {
  readonly rows: Span;
  /** In ascending order. */
  readonly columns: readonly number[];
}

/** One block of a grid. */
export interface GridBlock {
  /** Number of the block in the lists of the directory. */
  readonly number: number;
  /** Place of its top left pixel, in pixels, when the columns of the grid are laid side by side. */
  readonly x: number;
  readonly y: number;
  /** Its size in pixels, without what reaches over the edge of the image. */
  readonly size: Size;
}

/** The blocks of a grid in one plane, row by row. */
export function cellsOf(directory: Directory, { rows, columns }: BlockGrid, plane: number): GridBlock[] {
  const { width, height, blockWidth, blockHeight } = directory;
  const across = blocksAcross(directory);
  const first = plane * across * blocksDown(directory);
  return Array.from({ length: rows.length }, (_, i) => {
    const row = rows.start + i;
    return columns.map((column, place) => ({
      number: first + row * across + column,
      x: place * blockWidth,
      y: i * blockHeight,
      size: {
        width: Math.min(blockWidth, width - column * blockWidth),
        height: Math.min(blockHeight, height - row * blockHeight),
      },
    }));
  }).flat();
}

/** Size in pixels of a grid whose blocks are laid side by side, without what reaches over the edge of the image. */
export function gridSize({ width, height, blockWidth, blockHeight }: Directory, { rows, columns }: BlockGrid): Size {
  return {
    width: columns.reduce((sum, column) => sum + Math.min(blockWidth, width - column * blockWidth), 0),
    height: Math.min(rows.length * blockHeight, height - rows.start * blockHeight),
  };
}

/** A part of a grid, and the place of its top left pixel in the pixels of the grid. */
export interface GridPiece {
  readonly grid: BlockGrid;
  readonly x: number;
  readonly y: number;
}

/**
 * Cuts a grid into grids of at most `blocks` blocks, but at least one. They are whole columns of the grid if these fit,
 * else parts of one column.
 */
export function cutGrid({ blockWidth, blockHeight }: Directory, { rows, columns }: BlockGrid, blocks: number): GridPiece[] {
  const down = Math.max(1, Math.min(rows.length, blocks));
  const across = Math.max(1, Math.floor(blocks / down));
  const pieces: GridPiece[] = [];
  for (let row = 0; row < rows.length; row += down) {
    const span = { start: rows.start + row, length: Math.min(down, rows.length - row) };
    for (let column = 0; column < columns.length; column += across) {
      const grid = { rows: span, columns: columns.slice(column, column + across) };
      pieces.push({ grid, x: column * blockWidth, y: row * blockHeight });
    }
  }
  return pieces;
}
