import pLimit from 'p-limit';
import { SegtileError } from '../errors.js';
import type { Mpp, RasterRows, Sink, Size } from '../types.js';
import { type Blocks, blockStore, type EncodedTile, type LevelBlocks } from './blocks.js';
import { openPartialFile, type PartialFile } from './partial-file.js';
import { fillUniform, halve, levelSizes, padTile, type Reduce } from './pyramid.js';
import type { ImageFormat } from './tile-codec.js';
import { tileRows } from './tile-rows.js';
import { directories, type Entry, header, type LevelLinks, rational, Tag, text } from './write-directory.js';

/** What a file looks like as a whole. */
export interface TiffLayout extends ImageFormat {
  /** How a level is made from the one above. */
  readonly reduce: Reduce;
  /** How the reduced levels hang together. */
  readonly levels: LevelLinks;
  /** Physical size of a level-0 pixel, written as resolution in pixels per cm; reduced levels state their own. */
  readonly mpp?: Mpp | undefined;
  readonly description?: string | undefined;
  readonly software?: string | undefined;
}

/** Tiles that are encoded at the same time: as many as libuv has threads, unless it was told otherwise. */
const concurrency = 4;

/**
 * A tiled, pyramidal BigTIFF that is written from top to bottom, in memory that does not depend on the height of the image: at most
 * two rows of tiles. Tiles are compressed off the main thread; equal blocks are stored once; the same rows always give the same
 * bytes, however they are split. `finish` builds the pyramid by reading the tiles back, level by level.
 *
 * The file grows under a hidden name in its folder and appears under its own name when `finish` resolves. Any error deletes it, and
 * every later call rejects with that error. `finish` and `abort` may be called twice; `abort` stops a `finish` that is under way.
 *
 * @throws {SegtileError} `usage` for a layout that cannot be written and for rows that do not fit it; `output` when the file cannot
 *   be written; `aborted` after `abort`
 */
export async function writeTiff(path: string, layout: TiffLayout): Promise<Sink<RasterRows>> {
  checkLayout(layout);
  const { size, tile } = layout;
  const file = await openPartialFile(path);
  const sizes = levelSizes(size, tile);
  const levels: LevelBlocks[] = sizes.map(() => ({ offsets: [], byteCounts: [] }));
  const blocks = blockStore(file, layout);
  const limit = pLimit(concurrency);
  const cutter = tileRows(layout);
  let rowUnderWay: Promise<void> = Promise.resolve();
  let finishing: Promise<void> | undefined;
  let failure: SegtileError | undefined;

  async function attempt(work: () => Promise<void>): Promise<void> {
    if (failure) throw failure;
    try {
      await work();
    } catch (thrown) {
      failure ??= thrown as SegtileError;
      await file.discard();
      throw failure;
    }
  }

  await attempt(() => file.append(header(0)));

  async function appendRow(jobs: readonly (() => Promise<EncodedTile>)[], level: LevelBlocks): Promise<void> {
    const encoded = await Promise.all(jobs.map((job) => limit(job)));
    await blocks.append(encoded, level);
  }

  async function write(rows: RasterRows): Promise<void> {
    checkRows(path, rows, layout, cutter.taken);
    for (let done = 0; done < rows.height; ) {
      done += cutter.take(rows, done);
      const tiles = cutter.complete();
      if (!tiles) continue;
      await rowUnderWay;
      const jobs = tiles.map((samples) => async () => {
        const encoded = await blocks.encode(samples);
        cutter.recycle(samples);
        return encoded;
      });
      rowUnderWay = appendRow(jobs, levels[0]!);
      // Whoever waits for the row sees its error; until then it must not count as unhandled.
      rowUnderWay.catch(() => undefined);
    }
  }

  async function finish(): Promise<void> {
    if (cutter.taken !== size.height) {
      throw new SegtileError('usage', `expected ${size.height} rows for ${path} but got ${cutter.taken}`);
    }
    await rowUnderWay;
    for (let level = 1; level < sizes.length; level++) {
      const down = Math.ceil(sizes[level]!.height / tile);
      for (let row = 0; row < down; row++) {
        await appendRow(reducedRow(blocks, layout, sizes[level - 1]!, levels[level - 1]!, row), levels[level]!);
      }
    }
    await writeDirectories(file, layout, sizes, levels);
    await file.commit();
  }

  return {
    write: (rows) => attempt(() => write(rows)),
    finish: () => {
      finishing ??= attempt(finish);
      return finishing;
    },
    abort: async () => {
      failure ??= new SegtileError('aborted', `writing ${path} was stopped`);
      await file.discard();
      await Promise.allSettled([rowUnderWay, finishing]);
    },
  };
}

/** The jobs that make one row of tiles of a level from the level above it, whose size and blocks are given. */
function reducedRow(blocks: Blocks, layout: ImageFormat & { reduce: Reduce }, above: Size, from: LevelBlocks, row: number) {
  const { tile, channels, codec, reduce } = layout;
  const across = Math.ceil(above.width / tile);
  const down = Math.ceil(above.height / tile);
  const half = tile / 2;

  return Array.from({ length: Math.ceil(across / 2) }, (_, column) => async () => {
    const indices: number[] = [];
    for (let y = 2 * row; y < Math.min(2 * row + 2, down); y++) {
      for (let x = 2 * column; x < Math.min(2 * column + 2, across); x++) indices.push(y * across + x);
    }
    const first = from.offsets[indices[0]!]!;
    const value = blocks.uniformAt(first);
    // Where a quarter lies outside the image the padding takes the value too, which nobody sees.
    if (value !== undefined && indices.every((index) => from.offsets[index] === first)) return blocks.encodeUniform(value);
    const target = new Uint8Array(tile * tile * channels);
    let [width, height] = [0, 0];
    for (const index of indices) {
      const x = index % across;
      const y = Math.floor(index / across);
      const area = { width: Math.min(tile, above.width - x * tile), height: Math.min(tile, above.height - y * tile) };
      const box = {
        x: (x % 2) * half,
        y: (y % 2) * half,
        width: Math.ceil(area.width / 2),
        height: Math.ceil(area.height / 2),
      };
      const uniform = blocks.uniformAt(from.offsets[index]!);
      if (uniform !== undefined) {
        fillUniform(target, box, tile, channels, uniform);
      } else {
        const data = await blocks.read(from.offsets[index]!, from.byteCounts[index]!);
        halve({ ...area, data }, target, box.x, box.y, tile, channels, reduce);
      }
      width = Math.max(width, box.x + box.width);
      height = Math.max(height, box.y + box.height);
    }
    padTile({ data: target, width, height }, tile, channels, codec.padding);
    return blocks.encode(target);
  });
}

async function writeDirectories(file: PartialFile, layout: TiffLayout, sizes: readonly Size[], levels: readonly LevelBlocks[]) {
  const [main, ...reduced] = sizes.map((size, level) => entries(layout, size, level, levels[level]!));
  // TIFF wants directories to start on an even byte; on a multiple of 8 every value is aligned.
  await file.append(new Uint8Array((8 - (file.end % 8)) % 8));
  const start = file.end;
  await file.append(directories(main!, reduced, layout.levels, start));
  await file.patch(header(start), 0);
}

function entries(layout: TiffLayout, size: Size, level: number, { offsets, byteCounts }: LevelBlocks): readonly Entry[] {
  const { channels, tile, codec, mpp } = layout;
  const short = (tag: number, ...values: number[]): Entry => ({ tag, type: 'short', values });
  const long = (tag: number, values: readonly number[]): Entry => ({ tag, type: 'long', values });
  const ascii = (tag: number, value: string | undefined): Entry[] =>
    value === undefined || level > 0 ? [] : [{ tag, type: 'ascii', values: text(value) }];
  const perCm = (tag: number, micrometres: number): Entry => ({
    tag,
    type: 'rational',
    values: rational(10_000 / micrometres),
  });
  const each = <T>(value: T): T[] => Array.from({ length: channels }, () => value);
  return [
    long(Tag.NewSubfileType, [level > 0 ? 1 : 0]),
    long(Tag.ImageWidth, [size.width]),
    long(Tag.ImageLength, [size.height]),
    short(Tag.BitsPerSample, ...each(8)),
    short(Tag.Compression, codec.compression),
    short(Tag.PhotometricInterpretation, codec.photometric(channels)),
    ...ascii(Tag.ImageDescription, layout.description),
    short(Tag.SamplesPerPixel, channels),
    ...(mpp
      ? [
          perCm(Tag.XResolution, (mpp.x * layout.size.width) / size.width),
          perCm(Tag.YResolution, (mpp.y * layout.size.height) / size.height),
          short(Tag.ResolutionUnit, 3),
        ]
      : []),
    short(Tag.PlanarConfiguration, 1),
    ...ascii(Tag.Software, layout.software),
    long(Tag.TileWidth, [tile]),
    long(Tag.TileLength, [tile]),
    { tag: Tag.TileOffsets, type: 'long8', values: offsets },
    long(Tag.TileByteCounts, byteCounts),
    short(Tag.SampleFormat, ...each(1)),
    ...(codec.photometric(channels) === 6 && codec.subsampling ? [short(Tag.YCbCrSubSampling, ...codec.subsampling)] : []),
  ];
}

function checkLayout({ size, channels, tile, codec, reduce, mpp }: TiffLayout): void {
  for (const [name, value] of [
    ['width', size.width],
    ['height', size.height],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value >= 2 ** 31) {
      throw new SegtileError(
        'usage',
        `expected an integer from 1 to ${2 ** 31 - 1} for the ${name} of an image but got ${value}`,
      );
    }
  }
  if (!Number.isInteger(tile) || tile < 16 || tile % 16 !== 0) {
    throw new SegtileError('usage', `expected a positive multiple of 16 for the tile size but got ${tile}`);
  }
  if (reduce === 'majority' && (channels !== 1 || !codec.lossless)) {
    throw new SegtileError('usage', 'a pyramid by majority needs one channel and a lossless codec', 'reduce by mean instead');
  }
  // What a rational of two 32-bit numbers holds with room to spare.
  if (mpp && ![mpp.x, mpp.y].every((value) => value >= 1e-4 && value <= 1e9)) {
    throw new SegtileError('usage', `expected 0.0001 to 1000000000 micrometres per pixel but got ${mpp.x} by ${mpp.y}`);
  }
}

function checkRows(path: string, rows: RasterRows, { size, channels }: ImageFormat, next: number): void {
  const { y, width, height, data } = rows;
  const fits =
    y === next &&
    width === size.width &&
    rows.channels === channels &&
    y + height <= size.height &&
    data.length === width * height * channels;
  if (fits) return;
  throw new SegtileError(
    'usage',
    `expected rows from ${next} to at most ${size.height}, ${size.width} px wide with ${channels} channel(s), for ${path} but got ` +
      `rows ${y} to ${y + height}, ${width} px wide with ${rows.channels} channel(s) in ${data.length} bytes`,
  );
}
