import { NONE } from '../../tiff/codecs/none.js';
import type { Tiff } from '../../tiff/container.js';
import type { Directory } from '../../tiff/directory.js';
import { rawBytes } from '../../tiff/samples/block-bytes.js';
import type { SlideLayout } from './layout.js';
import { plainLayout } from './levels.js';

/**
 * The layout of an ImageJ hyperstack. Channels vary fastest, then focal planes, then points in time (imagej.net,
 * `ij.io.TiffDecoder`). The middle focal plane is read, at the first point in time.
 */
export async function imagejLayout(tiff: Tiff): Promise<SlideLayout> {
  const { directories } = tiff;
  const base = directories[0]!;
  const number = (name: string) => Math.max(1, Number(new RegExp(`^${name}=(\\d+)`, 'm').exec(base.description)?.[1] ?? 1));
  const [images, channels, slices, frames] = [number('images'), number('channels'), number('slices'), number('frames')];
  const plain = await plainLayout(directories, tiff.subDirectories);
  if (images === 1) return { ...plain, format: 'ImageJ TIFF' };
  const z = Math.floor((slices - 1) / 2);
  const all = directories.length === 1 ? imagesBehind(base, images, tiff.source.size) : directories;
  const pages = all.slice(z * channels, (z + 1) * channels);
  const short = channels * slices * frames !== images || all.length < images;
  return {
    format: 'ImageJ TIFF',
    levels: [short ? [base] : pages],
    channels: !short && channels > 1 ? pages.map(() => '') : [],
    associated: [],
    notes: [
      ...(slices > 1 ? [`of ${slices} focal planes, the middle one is read (z ${z}, counted from 0)`] : []),
      ...(frames > 1 ? [`of ${frames} points in time, the first is read`] : []),
    ],
    refusal: short
      ? {
          message: `is an ImageJ stack of ${images} images, of which its directories list ${directories.length}`,
          hint: 'save it from Fiji with Bio-Formats as OME-TIFF',
        }
      : undefined,
  };
}

/**
 * The images of a stack in which only the first image has a directory. ImageJ writes stacks of more than 4 GB like
 * this; the other images follow the first one without a gap (imagej.net, `ij.io.TiffEncoder`). In a compressed stack
 * the other images cannot be found, so only the first is given.
 *
 * @param size of the file, in bytes
 */
function imagesBehind(base: Directory, images: number, size: number): readonly Directory[] {
  const { offsets, byteCounts, compression, layout } = base;
  const bytes = rawBytes({ ...base, blockHeight: base.height }, base.height) * (base.planar ? base.samples : 1);
  const ends = Array.from(offsets, (offset, block) => offset + byteCounts[block]!);
  const joined = ends.slice(0, -1).every((end, block) => end === offsets[block + 1]);
  if (offsets[0]! + images * bytes > size) return [base];
  if (compression !== NONE || layout !== 'strips' || !joined || ends.at(-1)! - offsets[0]! !== bytes) return [base];
  return Array.from({ length: images }, (_, image) => ({
    ...base,
    offsets: Float64Array.from(offsets, (offset) => offset + image * bytes),
  }));
}
