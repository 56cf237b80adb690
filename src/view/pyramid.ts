import type { Box, Size } from '../types.js';

/** Side of tiles in px, unless the tiles of a file are sent as they are. */
export const TILE = 512;

/** An image in tiles: its size, and the side of its tiles, in px. */
export interface Tiled extends Size {
  readonly side: number;
}

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
export function mostHalvings({ width, height, side }: Tiled): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(width, height) / side)));
}

/** The box of a tile, in pixels of the halved image; undefined if there is no such tile. */
export function tileBox(image: Tiled, { halvings, column, row }: TilePlace): Box | undefined {
  if (!(halvings >= 0 && halvings <= mostHalvings(image) && column >= 0 && row >= 0)) return undefined;
  const { side } = image;
  const halved = halvedSize(image, halvings);
  const [x, y] = [column * side, row * side];
  if (x >= halved.width || y >= halved.height) return undefined;
  return { x, y, width: Math.min(side, halved.width - x), height: Math.min(side, halved.height - y) };
}

/** The number of the full size among the levels of a Deep Zoom image, whose level 0 is one pixel. */
export function deepestLevel({ width, height }: Size): number {
  return Math.ceil(Math.log2(Math.max(width, height)));
}
