import type { Size } from '../../types.js';
import { padTile } from './pyramid.js';
import { pixelBytes, type TiledFormat } from './tile-codec.js';

/** Full-width rows as bytes in memory. */
export interface ByteRows extends Size {
  readonly data: Uint8Array;
}

/** Cuts full-width rows of any height into rows of square tiles, without holding more than the tiles of one row. */
export interface TileRows {
  /**
   * Takes rows from row `skip` of the given ones on, until a row of tiles is complete or the rows end.
   *
   * @returns how many rows it took
   */
  take(rows: ByteRows, skip: number): number;
  /** How many rows of the image have been taken. */
  readonly taken: number;
  /** The row of tiles that `take` has just completed, padded where the image ends; undefined if none is complete. */
  complete(): readonly Uint8Array[] | undefined;
  /** Gives the memory of a tile back for another row of tiles. */
  recycle(tile: Uint8Array): void;
}

/** A cutter that starts at the top of the image. */
export function tileRows(format: TiledFormat): TileRows {
  const { size, tile, codec } = format;
  const pixel = pixelBytes(format);
  const across = Math.ceil(size.width / tile);
  const tileStride = tile * pixel;
  const rowStride = size.width * pixel;
  const spare: Uint8Array[] = [];
  let tiles: Uint8Array[] = [];
  let taken = 0;

  return {
    get taken() {
      return taken;
    },
    take(rows, skip) {
      const filled = taken % tile;
      const count = Math.min(rows.height - skip, tile - filled);
      for (let column = 0; column < across; column++) {
        tiles[column] ??= spare.pop() ?? new Uint8Array(tileStride * tile);
        const target = tiles[column]!;
        const left = column * tileStride;
        const used = Math.min(tileStride, rowStride - left);
        for (let row = 0; row < count; row++) {
          const start = (skip + row) * rowStride + left;
          target.set(rows.data.subarray(start, start + used), (filled + row) * tileStride);
        }
      }
      taken += count;
      return count;
    },
    complete() {
      const height = taken === size.height ? ((taken - 1) % tile) + 1 : tile;
      if (tiles.length === 0 || (taken % tile !== 0 && taken !== size.height)) return undefined;
      const done = tiles;
      tiles = [];
      done.forEach((data, column) => {
        padTile({ data, width: Math.min(tile, size.width - column * tile), height }, tile, pixel, codec.padding);
      });
      return done;
    },
    recycle: (data) => {
      spare.push(data);
    },
  };
}
