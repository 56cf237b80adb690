import { stat } from 'node:fs/promises';
import type { Metadata, Sharp } from 'sharp';
import { reason, SegtileError, throwIfAborted } from '../errors.js';
import { oneAhead } from '../io/ahead.js';
import { sharp } from '../io/sharp.js';
import { UNSIGNED } from '../tiff/samples/native.js';
import { orientationNotes } from '../tiff/samples/orientation.js';
import type { Band, Span } from '../types.js';
import { channelsFor, chooseChannels, requireSamples } from './channels.js';
import { givenMpp } from './mpp/mpp.js';
import { givenRange, stretchedBytes } from './range.js';
import { requireCredible } from './raster-claims.js';
import type { Slide } from './slide.js';
import type { SlideOptions } from './tiff.js';
import { between, endOf } from './view/spans.js';

/**
 * Opens a PNG or JPEG as a slide of one level.
 *
 * Pixels are given as stored: transparency is laid over white, grey becomes RGB, colour profiles and EXIF orientation
 * are ignored. Neither format can be decoded from the middle, and sharp returns pixels only once it has decoded all
 * that were asked for. So an image of up to `bandBytes` is decoded whole and kept in memory. A larger image is cut into
 * bands of at most that size, and each band decodes the file anew from its start down to the last row of the band.
 * Progressive JPEG and interlaced PNG also need memory for the whole image, and are refused if that is too much.
 *
 * @param options what the user gave. The resolution in the file is ignored, because it is meant for print.
 * @param bandBytes the most bytes of decoded pixels in one band; 256 MiB are 89 megapixels
 * @throws {SegtileError} `input` if the file is missing or damaged, `unsupported` if it is not PNG or JPEG with 8-bit
 *   grey or RGB
 */
export async function openRaster(path: string, options: SlideOptions = {}, bandBytes: number = 256 * 2 ** 20): Promise<Slide> {
  const metadata = await decoder(path)
    .metadata()
    .catch((error: unknown) => {
      throw damaged(path, error);
    });
  const format = formatOf(path, metadata);
  requireCredible(path, metadata, (await stat(path)).size);
  chooseChannels(path, [], 'colours', options.channels);
  const range = givenRange(path, options.range, BYTES);
  const table = range && stretchedBytes(range);
  const { width, height } = metadata;
  const readBands: Slide['readBands'] = (_level, rows, columns, signal) =>
    oneAhead(rasterBands(path, metadata, bandBytes, table, rows, columns, signal));
  const level = { index: 0, width, height, downsample: 1, blockWidth: width, blockHeight: height } as const;
  return {
    path,
    format,
    width,
    height,
    levels: [{ ...level, layout: 'whole', compression: format === 'PNG' ? 'Deflate' : 'JPEG' }],
    mpp: options.mpp === undefined ? undefined : givenMpp(options.mpp),
    ...(range && { range }),
    notes: [
      ...orientationNotes(metadata.orientation, 'EXIF'),
      ...(metadata.hasAlpha ? ['alpha is laid over white'] : []),
      ...(range ? [`8-bit samples: ${range.least} to ${range.most} (--range) becomes 0 to 255`] : []),
    ],
    readBands,
    ...(metadata.space === 'b-w' && !metadata.hasAlpha && { stored: { whiteIsZero: false, read: readBands } }),
    channelReader: ({ by, count, samples }) => {
      channelsFor(by, count, path, COLOURS, undefined);
      requireSamples(by, samples, path, 'uint8', '8-bit');
      return { channels: COLOURS, read: readBands };
    },
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The channels of the picture, whatever the file holds. */
const COLOURS = ['red', 'green', 'blue'];

const BYTES = { photometric: 2, sampleFormat: UNSIGNED, bits: [8] };

function decoder(path: string): Sharp {
  return sharp(path, { failOn: 'error', limitInputPixels: false, unlimited: true, ignoreIcc: true, sequentialRead: true });
}

function damaged(path: string, error: unknown): SegtileError {
  // libvips repeats the same message for each of its attempts.
  const lines = reason(error).split(/\s*[\r\n]\s*/);
  const words = [...new Set(lines)].join(' ').trim();
  return new SegtileError('input', `${path} cannot be read: ${words}`, 'check that the file is there and whole', error);
}

function formatOf(path: string, { format, depth, space }: Metadata): string {
  if (format !== 'png' && format !== 'jpeg') {
    throw new SegtileError('unsupported', `${path} is ${format}, not PNG or JPEG`, 'convert it to TIFF, PNG or JPEG');
  }
  if (depth !== 'uchar') {
    throw new SegtileError(
      'unsupported',
      `${path} has samples of type ${depth}, not 8 bits`,
      'convert it to 8 bits per sample',
    );
  }
  if (space === 'cmyk') throw new SegtileError('unsupported', `${path} has the colours of print, CMYK`, 'convert it to RGB');
  return format.toUpperCase();
}

async function* rasterBands(
  path: string,
  metadata: Metadata,
  bandBytes: number,
  table: Uint8ClampedArray | undefined,
  rows: Span,
  columns: (rows: Span) => readonly Span[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Band, void, undefined> {
  const bands = Math.ceil((rows.length * metadata.width * 3) / bandBytes);
  const bandHeight = Math.ceil(rows.length / bands);
  for (let y = rows.start; y < endOf(rows); y += bandHeight) {
    throwIfAborted(signal);
    const band = between(y, Math.min(y + bandHeight, endOf(rows)));
    const wanted = columns(band);
    if (wanted.length === 0) {
      yield { y, height: band.length, runs: [] };
      continue;
    }
    const run = between(wanted[0]!.start, endOf(wanted.at(-1)!));
    const data = await decode(path, metadata, run, band);
    if (table !== undefined) for (let i = 0; i < data.length; i++) data[i] = table[data[i]!]!;
    yield {
      y,
      height: band.length,
      runs: [{ x: run.start, pixels: { width: run.length, height: band.length, channels: 3, data } }],
    };
  }
}

async function decode(path: string, { hasAlpha }: Metadata, columns: Span, rows: Span): Promise<Uint8Array> {
  const box = { left: columns.start, top: rows.start, width: columns.length, height: rows.length };
  const cropped = decoder(path).extract(box);
  const opaque = hasAlpha ? cropped.flatten({ background: '#ffffff' }) : cropped;
  return opaque
    .toColourspace('srgb')
    .raw()
    .toBuffer()
    .catch((error: unknown) => {
      throw damaged(path, error);
    });
}
