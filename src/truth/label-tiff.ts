import { SegtileError } from '../errors.js';
import { requireBlocks } from '../tiff/check.js';
import { requireDecodable } from '../tiff/codecs.js';
import { readTiff } from '../tiff/container.js';
import { type Directory, directoryName } from '../tiff/directory.js';
import { readBands } from '../tiff/read.js';
import type { ByteSource } from '../tiff/source.js';
import type { BandRun } from '../types.js';
import type { LabelImage, ValueRun } from './label-image.js';

/** Values of the tag PhotometricInterpretation. */
const GREY = 1;
const RGB = 2;
const PALETTE = 3;

/**
 * Opens a TIFF of labels: its first level, of one band, of a palette (whose indices are the values), or of colours. It owns the source and
 * closes it.
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
  const valueRun = ({ x, pixels }: BandRun): ValueRun => ({
    x,
    width: pixels.width,
    height: pixels.height,
    data: channels === 3 ? pixels.data : firstOfThree(pixels.data),
  });
  return {
    path,
    width,
    height,
    channels,
    async *readBands(rows, columns, reading) {
      for await (const band of readBands({ source, directory, name: 'level 0' }, rows, columns, reading)) {
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
  const { photometric, samples } = directory;
  if (photometric === RGB) return directory;
  if ((photometric === GREY || photometric === PALETTE) && samples === 1) return { ...directory, photometric: GREY };
  throw new SegtileError(
    'unsupported',
    `${path} has ${samples} samples per pixel and photometric interpretation ${photometric} in ${directoryName(directory)}`,
    'a mask has one band of labels, or the colours of its classes as RGB',
  );
}

function firstOfThree(data: Uint8Array): Uint8Array {
  const values = new Uint8Array(data.length / 3);
  for (let i = 0; i < values.length; i++) values[i] = data[i * 3]!;
  return values;
}
