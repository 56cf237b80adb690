import { SegtileError } from '../../errors.js';
import { NONE } from '../codecs/none.js';
import { codecOf, compressionName } from '../codecs/registry.js';
import { type Directory, directoryName } from '../directory.js';
import { blocksAcross, rawBytes, unitSize } from '../samples/block-bytes.js';
import { bytesOfSample, FLOAT, SIGNED, sampleType, sampleWords, UNSIGNED } from '../samples/native.js';
import { photometricName } from '../samples/photometric.js';
import { cutRows, LOWEST_BAND } from './bands.js';

/**
 * Makes sure that the samples of a directory can be decoded, and shown as RGB.
 *
 * @throws {SegtileError} `unsupported` naming what is not handled, with its number
 */
export function requireDecodable(path: string, directory: Directory): void {
  const what = undecodablePacking(directory) ?? undecodableSamples(directory) ?? undecodableColour(directory);
  if (what === undefined) return;
  throw new SegtileError(
    'unsupported',
    `${path} has ${what} in ${directoryName(directory)}, which segtile does not read`,
    'convert it to a tiled RGB TIFF of 8 bits (JPEG, LZW or deflate), for example with "vips tiffsave"',
  );
}

/**
 * Most bytes of a block when it is decoded. Blocks are decoded whole, and decoders hold several copies: a JPEG strip of
 * 10,000 × 10,000 px, 300 MB, takes 2.2 GB. Larger blocks would break the promise of bounded memory.
 */
const LARGEST_BLOCK = 2 ** 28;

/**
 * If a row of blocks is too large for memory, its blocks are decoded anew for each band of it, but not more often than
 * this.
 */
const MOST_TIMES = 24;

/** Most samples of a pixel. Spectrometers have hundreds; decoders hold several copies of each. */
const MOST_SAMPLES = 4096;

/** Most bytes of the rows of a window, which have to be held in memory. */
const LARGEST_ROWS = 2 ** 30;

/** Compressed strips with more bytes than this are decoded row by row. */
const LARGEST_WHOLE_STRIP = 2 ** 26;

/** Whether the strips of a directory are so high that they are decoded as a stream of rows, never whole. */
export function isStreamed(directory: Directory): boolean {
  const { layout, blockHeight, compression } = directory;
  const codec = codecOf(compression);
  const streams = codec?.gives === 'bytes' && codec.stream !== undefined && unitSize(directory) === undefined;
  return streams && layout === 'strips' && rawBytes(directory, blockHeight) > LARGEST_WHOLE_STRIP;
}

function undecodablePacking(directory: Directory): string | undefined {
  const { compression, predictor, bits, samples, sampleFormat, layout, width, height, blockWidth, blockHeight, fillOrder } =
    directory;
  const codec = codecOf(compression);
  if (codec === undefined) {
    const name = compressionName(compression);
    return `compression ${compression} (${name === String(compression) ? 'unknown' : name})`;
  }
  if (codec.predictors.length > 0) {
    if (!codec.predictors.includes(predictor)) return `predictor ${predictor}`;
    if (predictor === 2 && ![8, 16, 32, 64].includes(bits[0]!)) return `predictor 2 of ${bits[0]} bits per sample`;
    if (predictor === 3 && sampleFormat !== FLOAT) return 'predictor 3 of samples that are not floating point';
    if (predictor !== 1 && unitSize(directory) !== undefined) return `predictor ${predictor} of subsampled YCbCr`;
  }
  if (samples > MOST_SAMPLES) return `${samples} samples per pixel`;
  if (fillOrder !== 1 && fillOrder !== 2) return `fill order ${fillOrder}`;
  const cuttable = layout === 'strips' && compression === NONE && unitSize(directory) === undefined;
  const size = rawBytes(directory, blockHeight);
  if (!cuttable && !isStreamed(directory)) {
    const blocks = `${layout} of ${blockWidth} × ${blockHeight}`;
    if (size > LARGEST_BLOCK) return `${blocks} (${size} bytes each when decoded)`;
    const lowest = cutRows(directory);
    if (lowest !== undefined && Math.min(blockHeight, height) > MOST_TIMES * lowest) {
      return `${blocks} in a width of ${width} (too much memory for a row of them, which is ${size * blocksAcross(directory)} bytes)`;
    }
  }
  const rows = Math.min(height, LOWEST_BAND);
  const band = width * rows * samples * bytesOfSample[sampleType(directory)];
  if (band > LARGEST_ROWS) return `a width of ${width} (${band} bytes in ${rows} rows)`;
  return undefined;
}

const SAMPLE_FORMATS: ReadonlyMap<number, string> = new Map([
  [2, 'signed integer'],
  [3, 'floating point'],
  [4, 'undefined'],
  [5, 'complex integer'],
  [6, 'complex floating point'],
]);

/** How many bits samples of each format may have. */
const SAMPLE_BITS: ReadonlyMap<number, readonly number[]> = new Map([
  [UNSIGNED, [...Array.from({ length: 16 }, (_, i) => i + 1), 32, 64]],
  [SIGNED, [8, 16, 32, 64]],
  [FLOAT, [16, 32, 64]],
]);

function undecodableSamples(directory: Directory): string | undefined {
  const { sampleFormat, bits, compression } = directory;
  const codec = codecOf(compression);
  const depth = bits[0]!;
  if (bits.some((other) => other !== depth)) return `${[...new Set(bits)].join(' and ')} bits per sample`;
  const picture = codec?.gives === 'picture';
  const depths = SAMPLE_BITS.get(sampleFormat);
  if (depths === undefined || (picture && sampleFormat !== UNSIGNED)) {
    return `sample format ${sampleFormat} (${SAMPLE_FORMATS.get(sampleFormat) ?? 'unknown'})`;
  }
  if (!depths.includes(depth) || (picture && depth > 16)) return `${sampleWords({ sampleFormat, bits })} samples`;
  return codec?.check?.(directory);
}

/** Fewest samples of a pixel for each photometric interpretation that is handled. */
const COLOURS: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 3],
  [3, 1],
  [5, 4],
  [6, 3],
]);

function undecodableColour(directory: Directory): string | undefined {
  const { photometric, samples, bits, sampleFormat, colorMap, planar } = directory;
  const unit = unitSize(directory);
  const what = `photometric interpretation ${photometric} (${photometricName(photometric)})`;
  const least = COLOURS.get(photometric);
  if (least === undefined) return what;
  if (samples < least) return `${samples} samples per pixel (${photometricName(photometric)})`;
  const depth = bits[0]!;
  if (photometric === 3) {
    if (depth > 16 || sampleFormat !== UNSIGNED) return `${what} of ${sampleWords(directory)} samples`;
    if (colorMap === undefined || colorMap.length < 3 * 2 ** depth) return `${what} without colours for ${2 ** depth} values`;
  }
  if (photometric === 6) {
    if (depth !== 8 || samples !== 3 || sampleFormat !== UNSIGNED)
      return `${what} of ${samples} ${sampleWords(directory)} samples`;
    if (planar) return `${what} in planes of their own`;
    if (unit?.some((n) => n !== 1 && n !== 2 && n !== 4)) {
      return `${what} subsampled by ${unit.join(' and ')}`;
    }
  }
  return undefined;
}
