import type { Metadata } from 'sharp';
import { SegtileError } from '../errors.js';
import { TRUNCATED_HINT } from '../io/source.js';

/** Memory that may be taken for the whole of an image, where its format has it decoded at once. Bytes. */
const MOST_MEMORY = 2 ** 30;

/** zlib packs no more than this into one byte (zlib.net/zlib_tech.html). */
const MOST_OF_ONE_BYTE = 1032;

/** What is left to bytes that are no pixels. */
const LEEWAY = 2 ** 10;

/**
 * Makes sure that a PNG or JPEG file may hold the pixels that its header claims, and that they can be decoded in bounded memory. A decoder
 * believes the header, and fills up with grey what is not there.
 *
 * @param bytes of the file
 * @throws {SegtileError} `input` where the file is far too small for its pixels, `unsupported` where it takes too much memory
 */
export function requireCredible(path: string, metadata: Metadata, bytes: number): void {
  const { format, width, height, channels, isProgressive, bitsPerSample = 1, chromaSubsampling } = metadata;
  const jpeg = format === 'jpeg';
  // A block of 8 × 8 pixels takes at least one bit of a JPEG stream, for the code of its mean.
  const least = jpeg
    ? (Math.ceil(width / 8) * Math.ceil(height / 8)) / 8
    : ((Math.ceil((width * bitsPerSample) / 8) + 1) * height) / MOST_OF_ONE_BYTE;
  if (bytes + LEEWAY < least) {
    const message = `${path} claims ${width} × ${height} pixels, which take more than its ${bytes} bytes`;
    throw new SegtileError('input', message, TRUNCATED_HINT);
  }
  // libjpeg keeps a coefficient of 16 bits for each sample, libvips a byte.
  const samples = jpeg && channels === 3 && chromaSubsampling === '4:2:0' ? 1.5 : channels;
  const memory = width * height * samples * (jpeg ? 2 : 1);
  if (isProgressive && memory > MOST_MEMORY) {
    const kind = jpeg ? 'a progressive JPEG' : 'an interlaced PNG';
    throw new SegtileError(
      'unsupported',
      `${path} is ${kind} of ${width} × ${height} pixels, which takes ${Math.ceil(memory / 2 ** 20)} MiB in one piece`,
      'write it anew as a tiled TIFF, for example with "vips tiffsave --tile --pyramid --compression jpeg"',
    );
  }
}
