import type { Directory } from '../directory.js';
import type { Codec } from './codec.js';
import { deflate } from './deflate.js';
import { jpeg } from './jpeg/jpeg.js';
import { aperioYCbCr, jpeg2000 } from './jpeg2000.js';
import { lzma } from './lzma.js';
import { lzw } from './lzw.js';
import { none } from './none.js';
import { packBits } from './packbits.js';
import { webp } from './webp.js';
import { zstd } from './zstd.js';

/** The codecs that segtile decodes. */
const CODECS: readonly Codec[] = [none, lzw, jpeg, deflate, packBits, jpeg2000, aperioYCbCr, lzma, zstd, webp];

const BY_NUMBER: ReadonlyMap<number, Codec> = new Map(
  CODECS.flatMap((codec) => codec.numbers.map((number) => [number, codec])),
);

/** Names of codecs that are recognised but not decoded. */
const OTHER_CODECS: ReadonlyMap<number, string> = new Map([
  [2, 'CCITT RLE'],
  [3, 'CCITT fax group 3'],
  [4, 'CCITT fax group 4'],
  [6, 'old-style JPEG'],
  [9, 'JBIG'],
  [10, 'JBIG'],
  [22610, 'JPEG XR'],
  [32766, 'NeXT RLE'],
  [32771, 'CCITT RLE'],
  [32809, 'ThunderScan'],
  [34661, 'JBIG'],
  [34676, 'SGI Log'],
  [34677, 'SGI Log 24'],
  [34887, 'LERC'],
  [34892, 'lossy JPEG'],
  [34933, 'PNG'],
  [34934, 'JPEG XR'],
  [50002, 'JPEG XL'],
  [52546, 'JPEG XL'],
]);

/** The codec for a value of the tag Compression; undefined if segtile does not decode it. */
export function codecOf(compression: number): Codec | undefined {
  return BY_NUMBER.get(compression);
}

/** Name of a compression, such as `JPEG`; the number if it has no name. */
export function compressionName(compression: number): string {
  return codecOf(compression)?.name ?? OTHER_CODECS.get(compression) ?? String(compression);
}

/** The predictor that was applied before compression; 1 (none) if the codec does not take it. */
export function predictorOf({ compression, predictor }: Pick<Directory, 'compression' | 'predictor'>): number {
  return codecOf(compression)?.predictors.includes(predictor) ? predictor : 1;
}
