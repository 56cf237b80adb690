import type { Box, Size } from '../../types.js';
import { fillUniform, halve, padTile, type Reduce } from './pyramid.js';
import { pixelBytes, type TiledFormat } from './tile-codec.js';

/** Makes a level while the rows of tiles of the level above pass by. */
export interface Halving {
  /**
   * Takes a tile of the level above. Rows come from top to bottom; the tiles of a row in any order.
   *
   * @param tile its samples, or the packed value that all its pixels have
   */
  add(row: number, column: number, tile: Uint8Array | number): void;
  /** The row of tiles that a row of the level above completes, padded where the image ends; undefined if none. */
  complete(row: number): readonly (Uint8Array | number)[] | undefined;
  /** Gives the memory of a tile back for another row of tiles. */
  recycle(tile: Uint8Array): void;
}

/** A tile that is being made. It has no memory as long as all its pixels have the same value. */
interface GrowingTile {
  value: number | undefined;
  samples: Uint8Array | undefined;
  /** The parts that are there. */
  readonly parts: Box[];
}

/**
 * Starts at the top of a level. Holds at most one row of its tiles.
 *
 * @param above size of the level above, in px
 */
export function halving(layout: TiledFormat & { readonly reduce: Reduce }, above: Size): Halving {
  const { tile, codec, reduce } = layout;
  const pixel = pixelBytes(layout);
  const down = Math.ceil(above.height / tile);
  const half = tile / 2;
  const spare: Uint8Array[] = [];
  const begun = (): GrowingTile[] =>
    Array.from({ length: Math.ceil(above.width / (2 * tile)) }, () => ({ value: undefined, samples: undefined, parts: [] }));
  let tiles = begun();

  function add(row: number, column: number, own: Uint8Array | number): void {
    const growing = tiles[column >> 1]!;
    const area = { width: Math.min(tile, above.width - column * tile), height: Math.min(tile, above.height - row * tile) };
    const [width, height] = [Math.ceil(area.width / 2), Math.ceil(area.height / 2)];
    const part = { x: (column % 2) * half, y: (row % 2) * half, width, height };
    if (typeof own === 'number' && growing.parts.length === 0) growing.value = own;
    if (!growing.samples && growing.value !== own) {
      growing.samples = spare.pop() ?? new Uint8Array(tile * tile * pixel);
      for (const known of growing.parts) fillUniform(growing.samples, known, tile, pixel, growing.value!);
    }
    growing.parts.push(part);
    const { samples } = growing;
    if (!samples) return;
    if (typeof own === 'number') fillUniform(samples, part, tile, pixel, own);
    else halve({ ...area, data: own }, samples, part.x, part.y, tile, pixel, reduce);
  }

  return {
    add,
    complete(row) {
      if (row % 2 === 0 && row < down - 1) return undefined;
      const done = tiles;
      tiles = begun();
      return done.map(({ samples, value, parts }) => {
        // If a part lies outside the image, the padding has the same value too, which nobody sees.
        if (!samples) return value!;
        const width = Math.max(...parts.map((part) => part.x + part.width));
        const height = Math.max(...parts.map((part) => part.y + part.height));
        padTile({ data: samples, width, height }, tile, pixel, codec.padding);
        return samples;
      });
    },
    recycle: (memory) => void spare.push(memory),
  };
}
