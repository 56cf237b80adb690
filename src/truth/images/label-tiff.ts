import { SegtileError } from '../../errors.js';
import type { ByteSource } from '../../io/source.js';
import { jpeg } from '../../tiff/codecs/jpeg/jpeg.js';
import { codecOf } from '../../tiff/codecs/registry.js';
import { readTiff } from '../../tiff/container.js';
import { type Directory, directoryName } from '../../tiff/directory.js';
import { requireBlocks } from '../../tiff/read/check.js';
import { requireDecodable } from '../../tiff/read/decodable.js';
import { readNativeBands } from '../../tiff/read/read.js';
import { sampleWords } from '../../tiff/samples/native.js';
import { orientationNotes } from '../../tiff/samples/orientation.js';
import { photometricName, WHITE_IS_ZERO } from '../../tiff/samples/photometric.js';
import { PALETTE } from '../../tiff/samples/rgb.js';
import type { BandRun, Samples } from '../../types.js';
import { channelBands, type PlaneReader } from './channel-masks.js';
import type { LabelImage, ValueRun } from './label-image.js';
import { omeChannels } from './ome-channels.js';

/** Value of the tag PhotometricInterpretation. */
const GREY = 1;
const RGB = 2;

/** Values of the tag ExtraSamples that mean alpha. */
const ALPHA = [1, 2];

/**
 * Opens the first level of a TIFF of labels. An OME-TIFF with several channels is one of masks, a channel for each
 * class: the values are the numbers of the channels, from 1 on. Any other TIFF has one band (integers of any type, or floating point with whole numbers), a
 * palette (the indices are the values), or RGB. Values are given as stored, neither inverted nor scaled. The image owns
 * the source and closes it.
 *
 * @throws {SegtileError} `input` if it is damaged; `unsupported` if it is a stack or is stored in a way that segtile
 *   does not read
 */
export async function openLabelTiff(source: ByteSource, signal?: AbortSignal): Promise<LabelImage> {
  const { path } = source;
  const { directories } = await readTiff(source, signal);
  const level = firstLevel(path, directories).map((each) => asStored(path, each));
  for (const each of level) {
    requireDecodable(path, each);
    requireBlocks(source, each);
  }
  const directory = level[0]!;
  const { width, height } = directory;
  const channels = directory.samples >= 3 ? 3 : 1;
  const wanted = channels === 3 ? [0, 1, 2] : [0];
  return {
    path,
    width,
    height,
    channels,
    notes: orientationNotes(directory.orientation, 'TIFF'),
    async *readBands(rows, columns, reading) {
      if (level.length > 1) {
        const planes = level.map(
          (plane): PlaneReader =>
            (...wanted) =>
              readNativeBands({ source, directory: plane, name: directoryName(plane) }, wanted[0], wanted[1], [0], wanted[2]),
        );
        yield* channelBands(path, planes, rows, columns, reading);
        return;
      }
      for await (const band of readNativeBands({ source, directory, name: 'level 0' }, rows, columns, wanted, reading)) {
        yield { y: band.y, height: band.height, runs: band.runs.map((run) => valueRun(path, run, band.y)) };
      }
    },
    close: () => source.close(),
  };
}

/** The largest image, or the channels of an OME-TIFF; smaller ones are its pyramid. */
function firstLevel(path: string, directories: readonly Directory[]): readonly Directory[] {
  const pixels = ({ width, height }: Directory) => width * height;
  const largest = directories.reduce((a, b) => (pixels(b) > pixels(a) ? b : a));
  const others = directories.filter(({ width, height }) => width === largest.width && height === largest.height);
  if (others.length === 1) return [largest];
  const channels = omeChannels(directories[0]!.description ?? '');
  const alike = others.every((each) => each.samples === 1 && blocksOf(each) === blocksOf(largest));
  if (channels.length === others.length && alike) return others;
  throw new SegtileError(
    'unsupported',
    `${path} has ${others.length} images of ${largest.width} × ${largest.height}: ${others.map(directoryName).join(', ')}`,
    'segtile does not read stacks of masks: extract one image',
  );
}

/** How an image is divided into blocks. */
function blocksOf({ blockWidth, blockHeight }: Directory): string {
  return `${blockWidth}x${blockHeight}`;
}

/** The directory, changed so that its values come as stored and are not looked up in a palette. */
function asStored(path: string, directory: Directory): Directory {
  const { photometric, samples, compression, bits, sampleFormat, extraSamples } = directory;
  if (codecOf(compression) === jpeg)
    throw new SegtileError(
      'unsupported',
      `${path} is compressed as JPEG, which changes the values of labels`,
      'write the mask without loss: with deflate, LZW or no compression',
    );
  const grey = photometric === GREY || photometric === WHITE_IS_ZERO;
  const withAlpha = samples === 2 && extraSamples.length === 1 && ALPHA.includes(extraSamples[0]!);
  // Three grey bands are a grey picture in three channels; `Labels` checks that.
  if (grey && (samples === 1 || samples === 3 || withAlpha)) return { ...directory, photometric: GREY };
  if (photometric === RGB && samples >= 3) return directory;
  if (photometric === PALETTE && samples === 1) return { ...directory, photometric: GREY };
  const what = `${samples} × ${sampleWords({ sampleFormat, bits })} ${photometricName(photometric)}`;
  throw new SegtileError(
    'unsupported',
    `${path} has ${what} in ${directoryName(directory)}`,
    'a mask has one band of whole numbers from 0, or the colours of its classes as RGB of 8 bits',
  );
}

/**
 * Samples as values of labels. Samples with more than 16 bits, a sign or a fraction were decoded as floating point, but
 * labels must be whole numbers.
 *
 * @param top row of the image in which the run starts
 */
function valueRun(path: string, { x, pixels }: BandRun<Samples>, top: number): ValueRun {
  const { width, height, channels, data } = pixels;
  if (!(data instanceof Float32Array)) return { x, width, height, data };
  const values = new Uint16Array(width * height * channels);
  for (let i = 0; i < values.length; i++) {
    const value = data[i]!;
    values[i] = value;
    if (values[i] === value) continue;
    const pixel = Math.floor(i / channels);
    throw new SegtileError(
      'input',
      `${path} has the value ${value} at pixel (${x + (pixel % width)}, ${top + Math.floor(pixel / width)})`,
      `labels are whole numbers from 0 to 65535${Number.isInteger(value) ? '' : ': give a mask of labels, not of scores'}`,
    );
  }
  return { x, width, height, data: values };
}
