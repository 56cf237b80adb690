import { createHash } from 'node:crypto';
import type { PartialFile } from '../../io/partial-file.js';
import { fillUniform, uniformValue } from './pyramid.js';
import { pixelBytes, type TiledFormat } from './tile-codec.js';

/** Where the compressed bytes of the tiles of one level lie, in row-major order. Bytes from the start of the file. */
export interface LevelBlocks {
  readonly offsets: number[];
  readonly byteCounts: number[];
}

/** The blocks of a file that is being written: encodes tiles, stores equal blocks once, and reads tiles back. */
export interface Blocks {
  /** Compresses a tile. Tiles whose pixels all have the same value are compressed only once for each value. */
  encode(tile: Uint8Array): Promise<EncodedTile>;
  /** The encoded tile whose pixels all have one packed value. */
  encodeUniform(value: number): Promise<EncodedTile>;
  /** Appends tiles to a level, in their order. */
  append(tiles: readonly EncodedTile[], level: LevelBlocks): Promise<void>;
  /** The packed value that all pixels of the tile at an offset have; undefined if pixels differ. */
  uniformAt(offset: number): number | undefined;
  /** The samples of a tile that was appended. */
  read(offset: number, byteCount: number): Promise<Uint8Array>;
}

/** Compressed bytes, and the packed value of all pixels if they have the same one. */
export interface EncodedTile {
  readonly bytes: Uint8Array;
  readonly uniform: number | undefined;
}

/** A store without blocks yet. Memory grows by about 150 bytes for each different tile. */
export function blockStore(file: PartialFile, format: TiledFormat): Blocks {
  const { tile, codec } = format;
  const pixel = pixelBytes(format);
  const uniformTiles = new Map<number, Promise<EncodedTile>>();
  const uniformOffsets = new Map<number, number>();
  const offsetOf = new Map<string, number>();

  function encodeUniform(value: number): Promise<EncodedTile> {
    let encoded = uniformTiles.get(value);
    if (!encoded) {
      const samples = new Uint8Array(tile * tile * pixel);
      fillUniform(samples, { x: 0, y: 0, width: tile, height: tile }, tile, pixel, value);
      encoded = codec.encode(samples, tile, pixel).then((bytes) => ({ bytes, uniform: value }));
      uniformTiles.set(value, encoded);
    }
    return encoded;
  }

  return {
    encodeUniform,
    async encode(samples) {
      const value = uniformValue(samples, pixel);
      if (value !== undefined) return encodeUniform(value);
      return { bytes: await codec.encode(samples, tile, pixel), uniform: undefined };
    },
    async append(tiles, level) {
      const fresh: Uint8Array[] = [];
      const keys: string[] = [];
      let length = 0;
      for (const { bytes } of tiles) {
        const key = createHash('sha256').update(bytes).digest('base64');
        keys.push(key);
        if (offsetOf.has(key)) continue;
        offsetOf.set(key, file.end + length);
        fresh.push(bytes);
        length += bytes.length;
      }
      if (length > 0) await file.append(Buffer.concat(fresh, length));
      tiles.forEach(({ bytes, uniform }, index) => {
        const offset = offsetOf.get(keys[index]!)!;
        if (uniform !== undefined) uniformOffsets.set(offset, uniform);
        level.offsets.push(offset);
        level.byteCounts.push(bytes.length);
      });
    },
    uniformAt: (offset) => uniformOffsets.get(offset),
    read: async (offset, byteCount) => codec.decode(await file.read(offset, byteCount), tile, pixel),
  };
}
