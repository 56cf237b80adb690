import { promisify } from 'node:util';
import { constants, deflate, inflate } from 'node:zlib';
import sharp from 'sharp';
import { SegtileError } from '../errors.js';
import type { Size } from '../types.js';

/** What the pixels of a tiled file look like. `tile` is the side of the square tiles in px, a multiple of 16. */
export interface ImageFormat {
  readonly size: Size;
  readonly channels: 1 | 3;
  readonly tile: number;
  readonly codec: TileCodec;
}

/** How the samples of one tile become the bytes of one block, off the main thread, and back. */
export interface TileCodec {
  /** Value of the Compression tag. */
  readonly compression: number;
  /** False where decoding does not give back the very samples that were encoded. */
  readonly lossless: boolean;
  /** What stands in the part of an edge tile that lies outside the image. */
  readonly padding: 'zero' | 'replicate';
  /** Value of the PhotometricInterpretation tag. */
  photometric(channels: 1 | 3): number;
  /** Horizontal and vertical subsampling of the colour planes, where the file must state it. */
  readonly subsampling?: readonly [number, number];
  /** Compresses `tile * tile * channels` interleaved samples. The same samples always give the same bytes. */
  encode(samples: Uint8Array, tile: number, channels: 1 | 3): Promise<Uint8Array>;
  /** Gives back `tile * tile * channels` interleaved samples. */
  decode(block: Uint8Array, tile: number, channels: 1 | 3): Promise<Uint8Array>;
}

const deflateAsync = promisify<Uint8Array, object, Buffer>(deflate);
const inflateAsync = promisify<Uint8Array, object, Buffer>(inflate);

/**
 * Deflate (Adobe's code 8) without predictor. `labels` looks for runs alone: on 512 px tiles of blobs and of nuclei that came out as small as
 * level 6 or smaller by a fifth to larger by a tenth, and five to ten times as fast. `samples` is level 6, for values that vary from
 * pixel to pixel.
 */
export function deflateCodec(content: 'labels' | 'samples'): TileCodec {
  const strategy = content === 'labels' ? constants.Z_RLE : constants.Z_DEFAULT_STRATEGY;
  return {
    compression: 8,
    lossless: true,
    padding: 'zero',
    photometric: (channels) => (channels === 1 ? 1 : 2),
    encode: (samples) => deflateAsync(samples, { level: 6, strategy, chunkSize: 65_536 }),
    // A chunk that the samples do not quite fill spares a second one.
    decode: (block, tile, channels) => inflateAsync(block, { chunkSize: tile * tile * channels + 64 }),
  };
}

/**
 * Baseline JPEG, a complete stream per tile. Colour is YCbCr with halved chroma.
 *
 * @throws {SegtileError} `usage` unless `quality` is an integer from 1 to 100
 */
export function jpegCodec(quality: number): TileCodec {
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new SegtileError('usage', `expected an integer from 1 to 100 for JPEG quality but got ${quality}`);
  }
  return {
    compression: 7,
    lossless: false,
    padding: 'replicate',
    photometric: (channels) => (channels === 1 ? 1 : 6),
    subsampling: [2, 2],
    encode: (samples, tile, channels) =>
      sharp(samples, { raw: { width: tile, height: tile, channels } })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .jpeg({ quality, chromaSubsampling: '4:2:0' })
        .toBuffer(),
    decode: (block, _tile, channels) =>
      sharp(block, { ignoreIcc: true })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw()
        .toBuffer(),
  };
}
