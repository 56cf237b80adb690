import { SegtileError } from '../errors.js';
import { cachePages } from '../io/page-cache.js';
import type { ByteSource } from '../io/source.js';
import { compressionName } from '../tiff/codecs/registry.js';
import { readTiff, type Tiff } from '../tiff/container.js';
import { blockCount, type Directory } from '../tiff/directory.js';
import type { TiffImage } from '../tiff/image.js';
import { absentBlocks } from '../tiff/read/check.js';
import { absentValue } from '../tiff/read/decode.js';
import { hasJpegTiles, jpegTile } from '../tiff/read/jpeg-tile.js';
import { readBands, readByteBands, readNativeBands } from '../tiff/read/read.js';
import { FLOAT, keptType, SIGNED, sampleWords } from '../tiff/samples/native.js';
import { orientationNotes } from '../tiff/samples/orientation.js';
import { photometricName, WHITE_IS_ZERO } from '../tiff/samples/photometric.js';
import { channelsSeen, isColourless, PALETTE, plainChannels, sampleScale } from '../tiff/samples/rgb.js';
import { channelName, channelsFor, chooseChannels, requireSamples } from './channels.js';
import { readGeoreference } from './formats/georeference.js';
import {
  cutProblem,
  findProblem,
  imageOf,
  type OpenFile,
  openLevels,
  requireSameSamples,
  sharedScale,
} from './formats/images.js';
import type { SlideLayout } from './formats/layout.js';
import { layOut } from './formats/layouts.js';
import { findMpp } from './mpp/mpp.js';
import { givenRange } from './range.js';
import type { ChannelReader, ChannelRequest, Level, Slide, SlideMpp } from './slide.js';

/** What the user says about a file. It takes precedence over the file. */
export interface SlideOptions {
  /** Micrometres per pixel of level 0; a number comes from --slide-mpp. */
  readonly mpp?: number | SlideMpp | undefined;
  /**
   * The channels to read, by number from 0 or by name. One channel makes a grey picture; otherwise the first three make
   * red, green and blue.
   */
  readonly channels?: readonly string[] | undefined;
  /** The sample values that become 0 and 255 in pictures, and in bytes for a model. */
  readonly range?: readonly [least: number, most: number] | undefined;
  /** Cancels the opening. */
  readonly signal?: AbortSignal | undefined;
}

/** A slide and, if its pixels cannot be read, the reason. */
export interface Inspection {
  readonly slide: Slide;
  readonly problem: SegtileError | undefined;
  /** Whether the pixels can be read once the user has named channels. */
  readonly needsChannels: boolean;
}

/**
 * Makes a slide from a TIFF file, even if its pixels cannot be read. The slide owns the source and closes it.
 *
 * @throws {SegtileError} `input` if the directories are damaged or truncated, `usage` if the file does not have the
 *   channels that the user named
 */
export async function inspectTiff(source: ByteSource, options: SlideOptions): Promise<Inspection> {
  const { path } = source;
  const tiff = await readTiff(cachePages(source), options.signal);
  const layout = await layOut(tiff);
  const base = layout.levels[0]![0]!;
  const kind = layout.channels.length > 0 ? 'directories' : isColourless(base) ? 'samples' : 'colours';
  const names = kind === 'directories' ? layout.channels : sampleNames(base);
  const { picked, seen, note } = chooseChannels(path, names, kind, options.channels);
  const shown = picked === undefined ? base : channelsSeen(base, 1);
  const range = givenRange(path, options.range, shown);
  const scale = sampleScale(shown, range);
  const file: OpenFile = { source, layout, base, names, scale, range, leftOut: tiff.oddities };
  const { images, damage } = await openLevels(file, seen ?? [0], options.signal);
  const samples = kind === 'directories' ? undefined : seen;
  const at = (level: number): TiffImage => {
    const image = images[level];
    if (image !== undefined) return image;
    throw new SegtileError('usage', `expected a level from 0 to ${images.length - 1} of ${path} but got ${level}`);
  };
  const problem =
    findProblem(file, images, options.channels !== undefined, samples) ?? damage ?? (await cutProblem(images, options.signal));
  const { mpp, notes: mppNotes } = findMpp(options.mpp, {
    said: layout.mpp,
    description: base.description,
    resolution: base.resolution,
  });
  const place = base.geo === undefined ? undefined : await readGeoreference(base.geo, base);
  const slide: Slide = {
    path,
    format: layout.format,
    width: base.width,
    height: base.height,
    levels: images.map(({ directory }, index) => describeLevel(directory, index, base)),
    mpp,
    sampling: `${base.samples} × ${base.bits[0]} bit ${base.sampleFormat === FLOAT ? 'floating point ' : base.sampleFormat === SIGNED ? 'signed ' : ''}${photometricName(base.photometric)}`,
    associated: layout.associated.map(({ kind, directory: { width, height } }) => ({ kind, width, height })),
    description: base.description,
    ...(scale.range !== undefined && { range: scale.range }),
    ...(picked !== undefined && { picked }),
    ...(place !== undefined && 'tags' in place && { georeference: place }),
    channels: kind === 'colours' || names.length <= 1 ? [] : names,
    notes: [
      ...oddities(tiff, layout),
      ...layout.notes,
      ...orientationNotes(base.orientation, 'TIFF'),
      ...mppNotes,
      ...(note === undefined ? [] : [note]),
      ...(scale.plain ? [] : [scale.rule]),
      ...absentNotes(images),
      ...(place !== undefined && 'note' in place ? [place.note] : []),
    ],
    readBands: (level, rows, columns, signal) => {
      const image = at(level);
      return readBands(image, rows, columns, signal, sharedScale(image.directory, file), samples);
    },
    ...storedPicture(images, samples),
    channelReader: (request) => readerOf(file, images, picked, request),
    blockPlaces: (level, block) => placesOf(at(level).directory, block),
    ...(samples === undefined && scale.plain && hasJpegTiles(images[0]!) && jpegTiles(images)),
    close: () => source.close(),
    [Symbol.asyncDispose]: () => source.close(),
  };
  const chosen = options.channels !== undefined;
  const needsChannels =
    problem !== undefined && !chosen && findProblem(file, images, true) === undefined && damage === undefined;
  return { slide, problem, needsChannels };
}

/** See {@link Slide.stored}. */
function storedPicture(images: readonly TiffImage[], picked: readonly number[] | undefined): Pick<Slide, 'stored'> {
  const { directory } = images[0]!;
  const channels = plainChannels(picked === undefined ? directory : channelsSeen(directory, picked.length));
  if (channels === undefined || (channels.length > 1 && directory.bits[0]! <= 8)) return {};
  const samples = picked ?? channels;
  return {
    stored: {
      whiteIsZero: directory.photometric === WHITE_IS_ZERO,
      read: (level, rows, columns, signal) => readNativeBands(images[level]!, rows, columns, samples, signal),
    },
  };
}

/** See {@link Slide.jpegTile}. */
function jpegTiles(images: readonly TiffImage[]): Pick<Slide, 'jpegTile'> {
  return {
    jpegTile: async (level, column, row, signal) => {
      const image = images[level]!;
      return hasJpegTiles(image) ? jpegTile(image, column, row, signal) : undefined;
    },
  };
}

/** Damaged or strange parts of the file that are not needed: the first few if there are many. */
function oddities(tiff: Tiff, { levels }: SlideLayout): string[] {
  const all = [...tiff.oddities, ...levels.flat().flatMap(({ oddities = [] }) => oddities)];
  const more = all.length - MOST_ODDITIES;
  return more > 1 ? [...all.slice(0, MOST_ODDITIES), `and ${more} more of that kind`] : all;
}

const MOST_ODDITIES = 5;

/** Names of the samples of a pixel. */
function sampleNames({ photometric, samples }: Directory): readonly string[] {
  const colours: readonly string[] = { 2: RGB, 5: CMYK, 6: RGB }[photometric] ?? [];
  return Array.from({ length: samples }, (_, sample) => colours[sample] ?? '');
}

const RGB = ['red', 'green', 'blue'];
const CMYK = ['cyan', 'magenta', 'yellow', 'black'];

/** Makes the reader of channels as numbers. See {@link Slide.channelReader}. */
function readerOf(
  file: OpenFile,
  opened: readonly TiffImage[],
  picked: readonly number[] | undefined,
  { count, samples: type, by }: ChannelRequest,
): ChannelReader {
  const { layout, base, names } = file;
  const { path } = file.source;
  // The indices of a palette count as channels only if the user names them.
  const own = base.photometric === PALETTE && picked === undefined ? [] : names;
  const channels = channelsFor(by, count, path, own, picked);
  requireSamples(by, type, path, keptType(base), sampleWords(base));
  if (base.photometric === WHITE_IS_ZERO && type !== 'uint8') {
    const hint = 'convert it so that black is zero, or run it as 8 bits with --samples uint8';
    throw new SegtileError('unsupported', `${path} keeps white as zero, so its samples cannot be read as they are`, hint);
  }
  const apart = layout.channels.length > 0;
  if (apart && base.samples > 1) {
    const hint = 'export it with one channel in each directory';
    throw new SegtileError('unsupported', `${path} has channels of ${base.samples} samples per pixel`, hint);
  }
  const images = apart ? layout.levels.map((_, level) => imageOf(file, level, channels)) : opened;
  const problem = apart ? findProblem(file, images, true) : undefined;
  if (problem !== undefined) throw problem;
  requireSameSamples(path, images);
  const samples = apart ? channels.map((_, sample) => sample) : channels;
  return {
    channels: channels.map((channel) => channelName(names, channel)),
    read: (level, rows, columns, signal) => {
      const image = images[level]!;
      if (type !== 'uint8') return readNativeBands(image, rows, columns, samples, signal);
      return readByteBands(image, rows, columns, samples, sharedScale(image.directory, file), signal);
    },
  };
}

/** The places of a block in the file: one, or one for each plane. */
function placesOf(directory: Directory, block: number): { readonly offset: number; readonly bytes: number }[] {
  const planes = directory.planar ? directory.samples : 1;
  const blocks = blockCount(directory) / planes;
  return Array.from({ length: planes }, (_, plane) => ({
    offset: directory.offsets[plane * blocks + block]!,
    bytes: directory.byteCounts[plane * blocks + block]!,
  }));
}

/** A note on the value of blocks that the file leaves out. */
function absentNotes(images: readonly TiffImage[]): string[] {
  const sparse = images.find(({ directory }) => absentBlocks(directory) > 0);
  return sparse === undefined ? [] : [`blocks that are not in the file are read as ${absentValue(sparse.directory)}`];
}

function describeLevel(directory: Directory, index: number, base: Directory): Level {
  const { width, height, blockWidth, blockHeight, layout, compression } = directory;
  const absent = absentBlocks(directory);
  return {
    index,
    width,
    height,
    downsample: base.width / width,
    blockWidth,
    blockHeight,
    layout,
    compression: compressionName(compression),
    ...(absent > 0 && { absentBlocks: absent }),
  };
}
