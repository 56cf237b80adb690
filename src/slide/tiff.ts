import { reason, SegtileError } from '../errors.js';
import { requireBlocks } from '../tiff/check.js';
import { compressionName, photometricName } from '../tiff/codecs.js';
import { readTiff } from '../tiff/container.js';
import { requireDecodable } from '../tiff/decodable.js';
import type { TiffImage } from '../tiff/decode.js';
import { type Directory, directoryName } from '../tiff/directory.js';
import { cachePages } from '../tiff/page-cache.js';
import { readBands } from '../tiff/read.js';
import { openRestartImage } from '../tiff/restart.js';
import { type SampleScale, sampleScale } from '../tiff/rgb.js';
import type { ByteSource } from '../tiff/source.js';
import { type ChannelChoice, chooseChannels } from './channels.js';
import { layOut } from './formats.js';
import type { Layout } from './layout.js';
import { findMpp } from './mpp.js';
import { mergeChannels, type ReadChannel } from './planes.js';
import type { Level, Slide, SlideMpp } from './slide.js';

/** What the user says of a file, above what it says itself. */
export interface SlideOptions {
  /** Microns per pixel of level 0; a number comes from --slide-mpp. */
  readonly mpp?: number | SlideMpp | undefined;
  /** One or three channels, by number from 0 or by name. */
  readonly channels?: readonly string[] | undefined;
  /** Stops the opening. */
  readonly signal?: AbortSignal | undefined;
}

/** A slide, and why its pixels cannot be read, where that is so. */
export interface Inspection {
  readonly slide: Slide;
  readonly problem: SegtileError | undefined;
}

/**
 * A slide out of a TIFF file, also where its pixels cannot be read. It owns the source and closes it.
 *
 * @throws {SegtileError} `input` where the directories are damaged or truncated, `usage` where there are no such channels
 */
export async function inspectTiff(source: ByteSource, options: SlideOptions): Promise<Inspection> {
  const { path } = source;
  const tiff = await readTiff(cachePages(source), options.signal);
  const layout = await layOut(tiff);
  const base = layout.levels[0]![0]!;
  const scale = sampleScale(base);
  const chosen = chooseChannels(path, layout.channels, options.channels);
  const { levels, damage } = await openLevels(source, layout, chosen.picked, options.signal);
  const pick = (level: number): readonly TiffImage[] => {
    const images = levels[level];
    if (images !== undefined) return images;
    throw new SegtileError('usage', `expected a level from 0 to ${levels.length - 1} of ${path} but got ${level}`);
  };
  const slide: Slide = {
    path,
    format: layout.format,
    width: base.width,
    height: base.height,
    levels: levels.map(([image], index) => describeLevel(image!.directory, index, base)),
    mpp: findMpp(options.mpp, { said: layout.mpp, description: base.description, resolution: base.resolution }),
    sampling: `${base.samples} x ${base.bits[0]} bit ${photometricName(base.photometric)}`,
    associated: layout.associated.map(({ kind, directory: { width, height } }) => ({ kind, width, height })),
    channels: layout.channels,
    notes: [
      ...layout.notes,
      ...(chosen.note === undefined ? [] : [chosen.note]),
      ...(scale.gain === 1 && scale.offset === 0 ? [] : [scale.rule]),
    ],
    readBands: (level, rows, columns, signal) =>
      readLevel(
        pick(level).map((image) => ({ image, scale: sharedScale(image.directory, base, scale) })),
        rows,
        columns,
        signal,
      ),
    blockPlaces: (level, block) =>
      pick(level).map(({ directory }) => ({ offset: directory.offsets[block]!, bytes: directory.byteCounts[block]! })),
    close: () => source.close(),
  };
  return { slide, problem: findProblem(path, layout, levels, chosen, options) ?? damage };
}

/** The images that make each level. Where one cannot be opened, it is left as the file has it. */
async function openLevels(
  source: ByteSource,
  { levels }: Layout,
  picked: readonly number[],
  signal: AbortSignal | undefined,
): Promise<{ readonly levels: readonly (readonly TiffImage[])[]; readonly damage: SegtileError | undefined }> {
  let damage: SegtileError | undefined;
  const open = async (directory: Directory, name: string): Promise<TiffImage> => {
    const made = await openRestartImage(source, directory, signal).catch((error: unknown) => {
      if (!(error instanceof SegtileError) || error.code === 'aborted') throw error;
      damage ??= error;
      return undefined;
    });
    return { source, directory, ...made, name };
  };
  const opened: TiffImage[][] = [];
  for (const [level, pages] of levels.entries()) {
    opened.push(await Promise.all(picked.map((channel) => open(pages[channel]!, `level ${level}`))));
  }
  return { levels: opened, damage };
}

/**
 * The scale of level 0, which alone may declare a range, for every level and channel of the same kind of samples: the same stain looks the
 * same in all of them.
 */
function sharedScale(directory: Directory, base: Directory, scale: SampleScale): SampleScale {
  const keys = ['sampleFormat', 'photometric'] as const;
  const alike = directory.bits[0] === base.bits[0] && keys.every((key) => directory[key] === base[key]);
  return alike ? scale : sampleScale(directory);
}

/** An image of a level, and how its samples become 8 bits. */
interface ScaledImage {
  readonly image: TiffImage;
  readonly scale: SampleScale;
}

function readLevel(
  images: readonly ScaledImage[],
  ...[rows, columns, signal]: Parameters<ReadChannel>
): ReturnType<ReadChannel> {
  const [red, green, blue] = images.map(
    ({ image, scale }): ReadChannel =>
      (wantedRows, wantedColumns, stop) =>
        readBands(image, wantedRows, wantedColumns, stop, scale),
  );
  if (green === undefined || blue === undefined) return red!(rows, columns, signal);
  return mergeChannels([red!, green, blue], rows, columns, signal);
}

function describeLevel(directory: Directory, index: number, base: Directory): Level {
  const { width, height, blockWidth, blockHeight, layout, compression } = directory;
  return {
    index,
    width,
    height,
    downsample: base.width / width,
    blockWidth,
    blockHeight,
    layout,
    compression: compressionName(compression),
  };
}

/** Why the pixels of a slide cannot be read; undefined where they can. */
function findProblem(
  path: string,
  { refusal }: Layout,
  levels: readonly (readonly TiffImage[])[],
  { picked }: ChannelChoice,
  { channels }: SlideOptions,
): SegtileError | undefined {
  if (refusal !== undefined && !(refusal.liftedByChannels && channels !== undefined)) {
    return new SegtileError('unsupported', `${path} ${refusal.message}`, refusal.hint);
  }
  try {
    for (const images of levels) {
      for (const { source, directory } of images) {
        requireDecodable(path, directory);
        requireBlocks(source, directory);
      }
      if (picked.length > 1) requireAlike(path, images);
    }
    return undefined;
  } catch (error) {
    return error instanceof SegtileError
      ? error
      : new SegtileError('input', `${path} cannot be read: ${reason(error)}`, undefined, error);
  }
}

/** Makes sure that channels can be read side by side. */
function requireAlike(path: string, images: readonly TiffImage[]): void {
  const [first, ...rest] = images.map(({ directory }) => directory);
  for (const other of rest) {
    const keys = ['width', 'height', 'layout', 'blockWidth', 'blockHeight', 'compression'] as const;
    const differs = keys.find((key) => first![key] !== other[key]);
    if (differs === undefined && first!.samples === 1 && other.samples === 1) continue;
    throw new SegtileError(
      'unsupported',
      `${path} keeps ${directoryName(first!)} and ${directoryName(other)} in different ways (${differs ?? 'samples per pixel'}), though they are channels of one image`,
      'convert it to an RGB TIFF, for example with "vips bandjoin"',
    );
  }
}
