import { SegtileError } from '../errors.js';
import { requireBlocks } from '../tiff/check.js';
import { JPEG, photometricName } from '../tiff/codecs.js';
import { readTiff } from '../tiff/container.js';
import { requireDecodable } from '../tiff/decodable.js';
import { type Directory, directoryName } from '../tiff/directory.js';
import { readNativeBands } from '../tiff/read.js';
import type { ByteSource } from '../tiff/source.js';
import type { BandRun, Samples } from '../types.js';
import type { LabelImage, ValueRun } from './label-image.js';

/** Values of the tag PhotometricInterpretation. */
const GREY = 1;
const RGB = 2;
const PALETTE = 3;

/**
 * Opens a TIFF of labels: its first level, of one band of 1 to 16 bits, of a palette (whose indices are the values), or of
 * colours. It owns the source and closes it.
 *
 * @throws {SegtileError} `input` where it is damaged; `unsupported` where it is a stack, or has what segtile does not read
 */
export async function openLabelTiff(source: ByteSource, signal?: AbortSignal): Promise<LabelImage> {
  const { path } = source;
  const { directories } = await readTiff(source, signal);
  const directory = asStored(path, firstLevel(path, directories));
  requireDecodable(path, directory);
  requireBlocks(source, directory);
  const { width, height } = directory;
  const channels = directory.photometric === RGB ? 3 : 1;
  const wanted = channels === 3 ? [0, 1, 2] : [0];
  return {
    path,
    width,
    height,
    channels,
    async *readBands(rows, columns, reading) {
      for await (const band of readNativeBands({ source, directory, name: 'level 0' }, rows, columns, wanted, reading)) {
        yield { y: band.y, height: band.height, runs: band.runs.map(valueRun) };
      }
    },
    close: () => source.close(),
  };
}

/** The largest image; smaller ones are its pyramid. */
function firstLevel(path: string, directories: readonly Directory[]): Directory {
  const pixels = ({ width, height }: Directory) => width * height;
  const largest = directories.reduce((a, b) => (pixels(b) > pixels(a) ? b : a));
  const others = directories.filter(({ width, height }) => width === largest.width && height === largest.height);
  if (others.length === 1) return largest;
  throw new SegtileError(
    'unsupported',
    `${path} has ${others.length} images of ${largest.width} x ${largest.height}: ${others.map(directoryName).join(', ')}`,
    'stacks of masks are not read: extract one image',
  );
}

/** The directory as one whose values come as they are stored: not looked up in a palette. */
function asStored(path: string, directory: Directory): Directory {
  const { photometric, samples, compression, bits, sampleFormat } = directory;
  if (compression === JPEG)
    throw new SegtileError(
      'unsupported',
      `${path} is compressed as JPEG, which keeps no labels but values near them`,
      'write the mask without loss: deflate, LZW or not compressed',
    );
  const whole = sampleFormat === 1;
  if (photometric === RGB && whole && bits[0] === 8) return directory;
  if ((photometric === GREY || photometric === PALETTE) && whole && samples === 1) return { ...directory, photometric: GREY };
  const what = `${samples} x ${bits[0]} bit ${whole ? '' : 'signed or floating '}${photometricName(photometric)}`;
  throw new SegtileError(
    'unsupported',
    `${path} has ${what} in ${directoryName(directory)}`,
    'a mask has one band of whole numbers from 0, or the colours of its classes as RGB of 8 bits',
  );
}

function valueRun({ x, pixels }: BandRun<Samples>): ValueRun {
  // Directories with other samples are refused.
  return { x, width: pixels.width, height: pixels.height, data: pixels.data as ValueRun['data'] };
}
