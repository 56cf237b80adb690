import type { Metadata } from 'sharp';
import { SegtileError } from '../errors.js';
import { TRUNCATED_HINT } from '../io/source.js';

/** The most memory that may be used for a format that has to decode the whole image at once, in bytes. */
const MOST_MEMORY = 2 ** 30;

/** zlib unpacks one byte to at most this many (zlib.net/zlib_tech.html). */
const MOST_OF_ONE_BYTE = 1032;

/** Bytes that are allowed for parts of the file other than pixels. */
const LEEWAY = 2 ** 10;

/**
 * Makes sure that a PNG or JPEG file can contain the pixels that its header claims, and that they can be decoded in
 * bounded memory. A decoder believes the header, and fills missing pixels with grey.
 *
 * @param bytes size of the file
 * @throws {SegtileError} `input` if the file is far too small for its pixels, `unsupported` if decoding it takes too
 *   much memory
 */
export function requireCredible(path: string, metadata: Metadata, bytes: number): void {
  const { format, width, height, channels, isProgressive, bitsPerSample = 1, chromaSubsampling } = metadata;
  const jpeg = format === 'jpeg';
  // In a JPEG stream, each block of 8 × 8 pixels takes at least one bit, for the code of its mean.
  const least = jpeg
    ? (Math.ceil(width / 8) * Math.ceil(height / 8)) / 8
    : ((Math.ceil((width * bitsPerSample) / 8) + 1) * height) / MOST_OF_ONE_BYTE;
  if (bytes + LEEWAY < least) {
    const message = `${path} claims ${width} × ${height} pixels, which take more than its ${bytes} bytes`;
    throw new SegtileError('input', message, TRUNCATED_HINT);
  }
  // libjpeg stores a 16-bit coefficient for each sample, libvips a byte.
  const samples = jpeg && channels === 3 && chromaSubsampling === '4:2:0' ? 1.5 : channels;
  const memory = width * height * samples * (jpeg ? 2 : 1);
  if (isProgressive && memory > MOST_MEMORY) {
    const kind = jpeg ? 'a progressive JPEG' : 'an interlaced PNG';
    throw new SegtileError(
      'unsupported',
      `${path} is ${kind} of ${width} × ${height} pixels, which takes ${Math.ceil(memory / 2 ** 20)} MiB in one piece`,
      'write it again as a tiled TIFF, for example with "vips tiffsave --tile --pyramid --compression jpeg"',
    );
  }
}
