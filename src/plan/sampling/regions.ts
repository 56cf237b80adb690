import type { Box, Size } from '../../types.js';

/**
 * Blocks that divide an image evenly, so that tiles of one image can go to different parts of a dataset. Lengths in
 * working pixels.
 */
export interface Regions {
  readonly size: Size;
  readonly columns: number;
  readonly rows: number;
  /** The least distance between tiles of different parts. */
  readonly guard: number;
}

/** A block's number, in row-major order. */
export type Block = number;

/** Divides an image into equal blocks whose sides are about `side` long; at least one block along each axis. */
export function createRegions(size: Size, side: number, guard: number): Regions {
  const count = (length: number): number => Math.max(1, Math.round(length / side));
  return { size, columns: count(size.width), rows: count(size.height), guard };
}

/** The block that holds the middle of a box. */
export function blockOf(regions: Regions, box: Box): Block {
  const { size, columns, rows } = regions;
  const row = indexOf(box.y + box.height / 2, size.height, rows);
  return row * columns + indexOf(box.x + box.width / 2, size.width, columns);
}

/**
 * Every block that a tile touches after it was grown by the guard band on all sides. A tile may be used only if all
 * of these blocks are in the same part: then no tile of another part comes closer than the guard band.
 */
export function blocksAround({ size, columns, rows, guard }: Regions, box: Box): Block[] {
  const span = (start: number, length: number, full: number, count: number): number[] => {
    const first = indexOf(start - guard, full, count);
    const last = indexOf(start + length - 1 + guard, full, count);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  };
  const across = span(box.x, box.width, size.width, columns);
  return span(box.y, box.height, size.height, rows).flatMap((row) => across.map((column) => row * columns + column));
}

function indexOf(at: number, length: number, count: number): number {
  return Math.min(Math.max(Math.floor((at * count) / length), 0), count - 1);
}
