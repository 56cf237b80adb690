import { sharp } from '../../io/sharp.js';
import type { Directory } from '../directory.js';
import { reverseBits } from '../samples/unpack.js';
import type { BlockPixels, PictureCodec, PictureDue } from './codec.js';

/** WebP, by sharp. */
export const webp: PictureCodec = {
  gives: 'picture',
  // The second number is from before the first one was registered.
  numbers: [50001, 34927],
  name: 'WebP',
  predictors: [],
  check({ bits, planar, samples }) {
    if (bits[0] !== 8) return `${bits[0]} bits per sample in WebP`;
    return planar || (samples !== 3 && samples !== 4) ? `${planar ? 1 : samples} samples per block in WebP` : undefined;
  },
  decode,
};

async function decode(block: Uint8Array, { least, most, channels }: PictureDue, directory: Directory): Promise<BlockPixels> {
  const ordered = directory.fillOrder === 2 ? reverseBits(block) : block;
  const picture = sharp(ordered, { failOn: 'warning', limitInputPixels: false, unlimited: true, ignoreIcc: true });
  const { width, height } = await picture.metadata();
  if (width > most.width || height > most.height) {
    throw new Error(`it has ${width} × ${height} pixels where at most ${most.width} × ${most.height} are expected`);
  }
  // A block without any transparent pixel may leave its alpha out.
  const image = channels === 4 ? picture.ensureAlpha() : picture.removeAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  if (info.width < least.width || info.height < least.height) {
    throw new Error(`it has ${info.width} × ${info.height} pixels where ${least.width} × ${least.height} are due`);
  }
  if (info.channels !== channels) throw new Error(`it gives ${info.channels} samples per pixel where ${channels} are due`);
  return { data, rowLength: info.width };
}
