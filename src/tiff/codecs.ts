import { SegtileError } from '../errors.js';
import { type Directory, directoryName } from './directory.js';

/** A way of packing blocks that segtile decodes. */
export interface Codec {
  readonly name: string;
  /** The predictors that may come before it (tag Predictor): 1 none, 2 horizontal difference. */
  readonly predictors: readonly number[];
}

/** Value of the tag Compression for blocks that are not compressed. */
export const NONE = 1;

/** Value of the tag Compression for JPEG (TIFF technical note 2). */
export const JPEG = 7;

/**
 * Codecs that libtiff inside sharp decodes, by the value of the tag Compression. ZSTD (50000) must never come here: that libtiff
 * gives black tiles for it, without an error.
 */
const CODECS: ReadonlyMap<number, Codec> = new Map([
  [NONE, { name: 'none', predictors: [1] }],
  [5, { name: 'LZW', predictors: [1, 2] }],
  [JPEG, { name: 'JPEG', predictors: [1] }],
  [8, { name: 'deflate', predictors: [1, 2] }],
  [32946, { name: 'deflate', predictors: [1, 2] }],
]);

/** Names of codecs that are recognised but not decoded. */
const OTHER_CODECS: ReadonlyMap<number, string> = new Map([
  [2, 'CCITT RLE'],
  [3, 'CCITT fax group 3'],
  [4, 'CCITT fax group 4'],
  [6, 'old-style JPEG'],
  [22610, 'JPEG XR'],
  [32773, 'PackBits'],
  [33003, 'Aperio JPEG 2000, YCbCr'],
  [33005, 'Aperio JPEG 2000, RGB'],
  [34712, 'JPEG 2000'],
  [34887, 'LERC'],
  [34892, 'lossy JPEG'],
  [34925, 'LZMA'],
  [34933, 'PNG'],
  [34934, 'JPEG XR'],
  [50000, 'ZSTD'],
  [50001, 'WebP'],
  [50002, 'JPEG XL'],
]);

const PHOTOMETRICS: ReadonlyMap<number, string> = new Map([
  [0, 'grey, white is zero'],
  [1, 'grey'],
  [2, 'RGB'],
  [3, 'palette'],
  [4, 'mask'],
  [5, 'CMYK'],
  [6, 'YCbCr'],
  [8, 'CIE L*a*b*'],
]);

const SAMPLE_FORMATS: ReadonlyMap<number, string> = new Map([
  [2, 'signed integer'],
  [3, 'floating point'],
  [4, 'undefined'],
]);

/** Name of a compression, such as `JPEG`; the number where it has none. */
export function compressionName(compression: number): string {
  return CODECS.get(compression)?.name ?? OTHER_CODECS.get(compression) ?? String(compression);
}

/** Name of a photometric interpretation, such as `YCbCr`; the number where it has none. */
export function photometricName(photometric: number): string {
  return PHOTOMETRICS.get(photometric) ?? String(photometric);
}

/**
 * Makes sure that the pixels of a directory can be decoded to RGB.
 *
 * @throws {SegtileError} `unsupported` naming what is not handled, with its number
 */
export function requireDecodable(path: string, directory: Directory): void {
  const what = undecodable(directory);
  if (what === undefined) return;
  throw new SegtileError(
    'unsupported',
    `${path} has ${what} in ${directoryName(directory)}, which segtile does not read`,
    'Convert it to a tiled RGB TIFF of 8 bits (JPEG, LZW or deflate), for example with "vips tiffsave".',
  );
}

/** What of a directory is not handled, with its number; undefined where all is. */
function undecodable(directory: Directory): string | undefined {
  return undecodableSamples(directory) ?? undecodableBlocks(directory);
}

function undecodableSamples(directory: Directory): string | undefined {
  const { compression, predictor, photometric, samples, bits, sampleFormat, planar, fillOrder } = directory;
  const codec = CODECS.get(compression);
  if (codec === undefined) return `compression ${compression} (${OTHER_CODECS.get(compression) ?? 'unknown'})`;
  if (codec.predictors.length > 1 && !codec.predictors.includes(predictor)) return `predictor ${predictor}`;
  if (sampleFormat !== 1) return `sample format ${sampleFormat} (${SAMPLE_FORMATS.get(sampleFormat) ?? 'unknown'})`;
  if (bits.some((b) => b !== 8)) return `${[...new Set(bits)].join(' and ')} bits per sample`;
  if (planar) return 'planar configuration 2 (each sample in a plane of its own)';
  if (fillOrder !== 1) return `fill order ${fillOrder} (bits reversed)`;
  const grey = photometric === 0 || photometric === 1;
  const rgb = photometric === 2 || (photometric === 6 && compression === JPEG);
  if (!grey && !rgb) return `photometric interpretation ${photometric} (${photometricName(photometric)})`;
  const colours = grey ? 1 : 3;
  const alpha = samples === colours + 1 && compression !== JPEG;
  if (samples !== colours && !alpha) return `${samples} samples per pixel (${photometricName(photometric)})`;
  return undefined;
}

/** libvips refuses tiles that break the rule of TIFF 6.0 that their sides are multiples of 16, and tiles of more pixels on a side. */
const LARGEST_TILE_SIDE = 8192;

/** A block is decoded whole, twice at a time; more bytes than this would not be bounded memory. */
const LARGEST_BLOCK = 2 ** 30;

function undecodableBlocks({ compression, layout, blockWidth, blockHeight, samples }: Directory): string | undefined {
  const size = `${layout} of ${blockWidth} x ${blockHeight}`;
  if (layout === 'tiles' && (blockWidth % 16 !== 0 || blockHeight % 16 !== 0)) return `${size} (not multiples of 16)`;
  if (layout === 'tiles' && Math.max(blockWidth, blockHeight) > LARGEST_TILE_SIDE) return `${size} (over ${LARGEST_TILE_SIDE})`;
  const bytes = blockWidth * blockHeight * samples;
  const cuttable = layout === 'strips' && compression === NONE;
  if (!cuttable && bytes > LARGEST_BLOCK) return `${size} (${bytes} bytes each when decoded)`;
  return undefined;
}
