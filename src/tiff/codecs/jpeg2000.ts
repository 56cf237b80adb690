import type { Directory } from '../directory.js';
import { yCbCrToRgb } from '../samples/ycbcr.js';
import type { BlockPixels, PictureCodec, PictureDue } from './codec.js';
import { openJpeg, type Picture } from './openjpeg.js';
import { inThread } from './threads/in-thread.js';

/** JPEG 2000, by OpenJPEG. */
export const jpeg2000: PictureCodec = {
  gives: 'picture',
  // The registered number, that of libvips, and that of Aperio.
  numbers: [34712, 33004, 33005],
  name: 'JPEG 2000',
  predictors: [],
  check: ({ planar, samples }) =>
    planar || samples === 1 || samples === 3 ? undefined : `${samples} samples per pixel in JPEG 2000`,
  decode: (block, due, directory) => decode(block, due, directory, directory.photometric === 6),
};

/** JPEG 2000 of Aperio that stores samples as YCbCr, whatever the file says about its colours. */
export const aperioYCbCr: PictureCodec = {
  ...jpeg2000,
  numbers: [33003],
  decode: (block, due, directory) => decode(block, due, directory, true),
};

async function decode(block: Uint8Array, due: PictureDue, directory: Directory, yCbCr: boolean): Promise<BlockPixels> {
  const bits = directory.bits[0]!;
  const { data, width, toRgb } = await inThread<Picture>(openJpeg, block, { ...due, bits });
  if (bits > 8) return { data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2), rowLength: width };
  return { data: yCbCr && due.channels === 3 && !toRgb ? yCbCrToRgb(data, directory) : data, rowLength: width };
}
