import type { Box, Size } from '../types.js';

/** Side of the tiles that the page asks for, in px. */
export const TILE = 512;

/** The place of a tile: how often the image was halved, and the column and row of the tile in the result, from 0. */
export interface TilePlace {
  readonly halvings: number;
  readonly column: number;
  readonly row: number;
}

/** The size of an image after it was halved some times, rounded up like the levels of masks. */
export function halvedSize({ width, height }: Size, halvings: number): Size {
  return { width: Math.ceil(width / 2 ** halvings), height: Math.ceil(height / 2 ** halvings) };
}

/** How often an image has to be halved until it fits into one tile. */
export function mostHalvings({ width, height }: Size): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / TILE)));
}

/** The box of a tile, in pixels of the halved image; undefined if there is no such tile. */
export function tileBox(size: Size, { halvings, column, row }: TilePlace): Box | undefined {
  if (!(halvings >= 0 && halvings <= mostHalvings(size) && column >= 0 && row >= 0)) return undefined;
  const halved = halvedSize(size, halvings);
  const [x, y] = [column * TILE, row * TILE];
  if (x >= halved.width || y >= halved.height) return undefined;
  return { x, y, width: Math.min(TILE, halved.width - x), height: Math.min(TILE, halved.height - y) };
}

/** The number of the full size among the levels of a Deep Zoom image, whose level 0 is one pixel. */
export function deepestLevel({ width, height }: Size): number {
  return Math.ceil(Math.log2(Math.max(width, height)));
}
