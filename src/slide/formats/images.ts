import { reason, SegtileError } from '../../errors.js';
import type { ByteSource } from '../../io/source.js';
import { openRestartImage } from '../../tiff/codecs/jpeg/restart.js';
import type { Directory } from '../../tiff/directory.js';
import type { TiffImage } from '../../tiff/image.js';
import { requireBlocks, truncated } from '../../tiff/read/check.js';
import { requireDecodable } from '../../tiff/read/decodable.js';
import { decodeBlocks } from '../../tiff/read/decode.js';
import { blocksAcross, blocksDown } from '../../tiff/samples/block-bytes.js';
import { photometricName } from '../../tiff/samples/photometric.js';
import { type SampleRange, type SampleScale, sampleScale } from '../../tiff/samples/rgb.js';
import type { SlideLayout } from './layout.js';
import { inPlanes, requireAlike } from './planes.js';

/** A TIFF file while it is being opened as a slide. */
export interface OpenFile {
  readonly source: ByteSource;
  readonly layout: SlideLayout;
  /** The directory of level 0; if channels have directories of their own, that of the first channel. */
  readonly base: Directory;
  readonly names: readonly string[];
  /** How samples of level 0 are converted to 8 bits. */
  readonly scale: SampleScale;
  /** Damaged parts of the file that were left out, as sentences. */
  readonly leftOut: readonly string[];
  /** The range that the user gave. */
  readonly range: SampleRange | undefined;
}

/** Some channels of a level, as one image. */
export function imageOf({ source, layout }: OpenFile, level: number, channels: readonly number[]): TiffImage {
  const name = `level ${level}`;
  const pages = layout.levels[level]!;
  if (layout.channels.length === 0) return { source, directory: pages[0]!, name };
  const chosen = channels.map((channel) => pages[channel]!);
  return { source, directory: inPlanes(chosen), name, pages: chosen };
}

/**
 * Opens the image that makes the picture at each level. If an image cannot be opened, it is left as the file has it,
 * and the first such error is returned as `damage`.
 */
export async function openLevels(
  file: OpenFile,
  seen: readonly number[],
  signal: AbortSignal | undefined,
): Promise<{ readonly images: readonly TiffImage[]; readonly damage: SegtileError | undefined }> {
  let damage: SegtileError | undefined;
  const images: TiffImage[] = [];
  for (const level of file.layout.levels.keys()) {
    const image = imageOf(file, level, seen);
    const made = await openRestartImage(file.source, image.directory, signal).catch((error: unknown) => {
      if (!(error instanceof SegtileError) || error.code === 'aborted') throw error;
      damage ??= error;
      return undefined;
    });
    images.push({ ...image, ...made });
  }
  return { images, damage };
}

/**
 * Makes sure that a channel has the same kind of samples in all levels.
 *
 * @throws {SegtileError} `unsupported` naming the level that differs
 */
export function requireSameSamples(path: string, images: readonly TiffImage[]): void {
  const kindOf = ({ samples, bits, sampleFormat, photometric }: Directory) =>
    // YCbCr is decoded to RGB.
    `${samples} × ${bits[0]} bit, sample format ${sampleFormat}, ${photometricName(photometric === 6 ? 2 : photometric)}`;
  const first = kindOf(images[0]!.directory);
  for (const [level, { directory }] of images.entries()) {
    const kind = kindOf(directory);
    if (kind === first) continue;
    const hint = 'write its pyramid again, for example with "vips tiffsave --pyramid"';
    throw new SegtileError('unsupported', `${path} has ${kind} in level ${level}, but ${first} in level 0`, hint);
  }
}

/**
 * The scale of samples for a directory. Only level 0 may declare a range. Its scale is used for every level and channel
 * with the same kind of samples, so that the same stain looks the same in all of them.
 */
export function sharedScale(directory: Directory, { base, scale, range }: OpenFile): SampleScale {
  const keys = ['sampleFormat', 'photometric'] as const;
  const alike = directory.bits[0] === base.bits[0] && keys.every((key) => directory[key] === base[key]);
  return alike ? scale : sampleScale(directory, range);
}

/**
 * Why the pixels of a slide cannot be read; undefined if they can.
 *
 * @param chosen whether the user has named channels
 * @param picked the samples of a pixel that are read, whatever the file says about its colours
 */
export function findProblem(
  { source: { path }, layout: { refusal }, leftOut }: OpenFile,
  images: readonly TiffImage[],
  chosen: boolean,
  picked?: readonly number[],
): SegtileError | undefined {
  if (refusal !== undefined && !(refusal.liftedByChannels && chosen)) {
    // The missing part may be one that was left out as damaged.
    const [damage] = leftOut;
    if (damage === undefined) return new SegtileError('unsupported', `${path} ${refusal.message}`, refusal.hint);
    return new SegtileError(
      'input',
      `${path} is damaged: ${damage}; and it ${refusal.message}`,
      'copy or download the file again',
    );
  }
  try {
    for (const { source, directory, pages = [directory] } of images) {
      for (const page of pages) {
        requireDecodable(path, page);
        requireBlocks(source, page);
      }
      requireAlike(path, pages);
      requireDecodable(path, directory);
    }
    if (picked !== undefined) requireSameSamples(path, images);
    return undefined;
  } catch (error) {
    return error instanceof SegtileError
      ? error
      : new SegtileError('input', `${path} cannot be read: ${reason(error)}`, undefined, error);
  }
}

/**
 * Checks levels whose last block reaches beyond the end of the file according to the directory. Returns an error if the
 * block indeed cannot be decoded, otherwise undefined.
 *
 * @throws {SegtileError} `aborted` when the signal fires
 */
export async function cutProblem(
  images: readonly TiffImage[],
  signal: AbortSignal | undefined,
): Promise<SegtileError | undefined> {
  for (const { source, name, directory, pages = [directory] } of images) {
    for (const page of pages) {
      if (page.cutBlock === undefined) continue;
      const { block, bytes } = page.cutBlock;
      const [across, down] = [blocksAcross(page), blocksDown(page)];
      const place = block % (across * down);
      const grid = { columns: [place % across], rows: { start: Math.floor(place / across), length: 1 } };
      const channel = Math.floor(block / (across * down));
      try {
        await decodeBlocks({ source, name, directory: page }, grid, [channel], signal);
      } catch (error) {
        if (error instanceof SegtileError && error.code === 'aborted') throw error;
        return truncated(source, page, block, bytes);
      }
    }
  }
  return undefined;
}
