import pLimit from 'p-limit';
import { SegtileError } from '../../errors.js';
import { openPartialFile, type PartialFile } from '../../io/partial-file.js';
import type { PlaneRows, RasterRows, Rgb, Sink, Size } from '../../types.js';
import { geoEntries } from '../geo.js';
import { PALETTE } from '../samples/rgb.js';
import { blockStore, type EncodedTile, type LevelBlocks } from './block-store.js';
import { asciiValues, directories, type Entry, header, rational, Tag } from './directory.js';
import { halving } from './halving.js';
import { checkLayout, checkRows, type TiffLayout } from './layout.js';
import { levelSizes } from './pyramid.js';
import { reducedRow } from './reduced-row.js';
import { pixelBytes } from './tile-codec.js';
import { tileRows } from './tile-rows.js';

/** Tiles that are encoded at the same time: as many as libuv has threads by default. */
const concurrency = 4;

/**
 * Writes a tiled, pyramidal BigTIFF from top to bottom. Memory does not grow with the height of the image: it holds at
 * most two rows of tiles. Tiles are compressed off the main thread, and equal blocks are stored once. The same rows
 * always give the same bytes, however they are split. The pyramid grows behind level 0: two rows of tiles make one row
 * of the next level. They are read back from the file, unless that level is small enough to be made as they pass by.
 *
 * The file grows under a hidden name in its folder and appears under its own name when `finish` resolves. Any error
 * deletes it, and every later call rejects with that error. `finish` and `abort` may be called twice; `abort` stops a
 * `finish` that is under way.
 *
 * @param file the empty file to write to, if it is open already
 * @throws {SegtileError} `usage` for a layout that cannot be written and for rows that do not fit it; `output` if the
 *   file cannot be written; `aborted` after `abort`
 */
export async function writeTiff(path: string, layout: TiffLayout, file?: PartialFile): Promise<Sink<RasterRows>> {
  const sink = await writePlanes(path, layout, 1, file);
  return { ...sink, write: (rows) => sink.write([rows]) };
}

/**
 * Like {@link writeTiff}, with several planes of one size and format, such as one for each class. Each plane is an
 * image in a directory of its own, with a pyramid of its own; the description is in the first one. All planes are
 * written in step, with two rows of tiles of each plane in memory.
 *
 * @param planes how many, at least one
 */
export async function writePlanes(
  path: string,
  layout: TiffLayout,
  planes: number,
  opened?: PartialFile,
): Promise<Sink<PlaneRows>> {
  checkLayout(layout);
  const { size, tile } = layout;
  const file = opened ?? (await openPartialFile(path, layout));
  const sizes = levelSizes(size, tile);
  const blocks = blockStore(file, layout);
  const limit = pLimit(concurrency);
  const images = Array.from({ length: planes }, () => ({
    cutter: tileRows(layout),
    levels: sizes.map((): LevelBlocks => ({ offsets: [], byteCounts: [] })),
  }));
  let taken = 0;
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
    await blocks.append(await Promise.all(jobs.map((job) => limit(job))), level);
  }

  /**
   * Appends the rows of tiles of reduced levels that a row of level 0 completes: every second row completes one of
   * level 1, and so on.
   */
  async function appendReduced(levels: readonly LevelBlocks[], row: number): Promise<void> {
    let above = row;
    for (let level = 1; level < sizes.length; level++) {
      const isLast = above === Math.ceil(sizes[level - 1]!.height / tile) - 1;
      if (above % 2 === 0 && !isLast) return;
      above = Math.floor(above / 2);
      await appendRow(reducedRow(blocks, layout, sizes[level - 1]!, levels[level - 1]!, above), levels[level]!);
    }
  }

  // A level of labels is small. To keep a row of its tiles takes less time than to read two rows back, and less memory than
  // what they leave for the garbage collector.
  const halvings =
    planes === 1 && (pixelBytes(layout) === 1 || layout.reduce === 'majority') && layout.codec.lossless
      ? sizes.slice(0, -1).map((above) => halving(layout, above))
      : undefined;

  /** Appends a row of tiles, and the rows of reduced levels that it completes. */
  async function appendHalved(
    tiles: readonly (Uint8Array | number)[],
    level: number,
    row: number,
    recycle: (tile: Uint8Array) => void,
  ): Promise<void> {
    const next = halvings![level];
    const jobs = tiles.map((tile, column) => async () => {
      const encoded = await (typeof tile === 'number' ? blocks.encodeUniform(tile) : blocks.encode(tile));
      next?.add(row, column, encoded.uniform ?? tile);
      if (typeof tile !== 'number') recycle(tile);
      return encoded;
    });
    await appendRow(jobs, images[0]!.levels[level]!);
    const below = next?.complete(row);
    if (below) await appendHalved(below, level + 1, row >> 1, next!.recycle);
  }

  async function appendPlanes(planeTiles: readonly (readonly Uint8Array[])[], row: number): Promise<void> {
    if (halvings) return appendHalved(planeTiles[0]!, 0, row, images[0]!.cutter.recycle);
    for (const [plane, { cutter, levels }] of images.entries()) {
      const jobs = planeTiles[plane]!.map((samples) => async () => {
        const encoded = await blocks.encode(samples);
        cutter.recycle(samples);
        return encoded;
      });
      await appendRow(jobs, levels[0]!);
      await appendReduced(levels, row);
    }
  }

  async function write(planeRows: PlaneRows): Promise<void> {
    checkRows(path, planeRows, layout, planes, taken);
    const rows = planeRows.map(({ width, height, data }) => ({ width, height, data: bytesOf(data) }));
    const { height } = rows[0]!;
    for (let done = 0; done < height; ) {
      const [count] = images.map(({ cutter }, plane) => cutter.take(rows[plane]!, done));
      done += count!;
      taken += count!;
      const tiles = images.flatMap(({ cutter }) => {
        const complete = cutter.complete();
        return complete ? [complete] : [];
      });
      if (tiles.length === 0) continue;
      await rowUnderWay;
      rowUnderWay = appendPlanes(tiles, Math.ceil(taken / tile) - 1);
      // Whoever awaits the row gets its error. Until then, the error must not count as an unhandled rejection.
      rowUnderWay.catch(() => undefined);
      if (layout.oneRow || layout.codec.here) await rowUnderWay;
    }
  }

  async function finish(): Promise<void> {
    if (taken !== size.height) {
      throw new SegtileError('usage', `expected ${size.height} rows for ${path} but got ${taken}`);
    }
    await rowUnderWay;
    await writeDirectories(
      file,
      layout,
      sizes,
      images.map(({ levels }) => levels),
    );
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

async function writeDirectories(
  file: PartialFile,
  layout: TiffLayout,
  sizes: readonly Size[],
  planes: readonly (readonly LevelBlocks[])[],
) {
  const images = planes.map((levels, plane) =>
    sizes.map((size, level) => entries(layout, size, plane === 0 && level === 0, level, levels[level]!)),
  );
  // TIFF wants directories to start on an even byte; on a multiple of 8 every value is aligned.
  await file.append(new Uint8Array((8 - (file.end % 8)) % 8));
  const start = file.end;
  await file.append(directories(images, layout.levels, start));
  await file.patch(header(start), 0);
}

/** @param first whether it is the first directory of the file, which has the texts */
function entries(
  layout: TiffLayout,
  size: Size,
  first: boolean,
  level: number,
  { offsets, byteCounts }: LevelBlocks,
): readonly Entry[] {
  const { channels, tile, codec, mpp } = layout;
  const short = (tag: number, ...values: number[]): Entry => ({ tag, type: 'short', values });
  const long = (tag: number, values: readonly number[]): Entry => ({ tag, type: 'long', values });
  const ascii = (tag: number, value: string | undefined): Entry[] =>
    value === undefined || !first ? [] : [{ tag, type: 'ascii', values: asciiValues(value) }];
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
    short(Tag.BitsPerSample, ...each((8 * pixelBytes(layout)) / channels)),
    short(Tag.Compression, codec.compression),
    short(Tag.PhotometricInterpretation, layout.palette ? PALETTE : codec.photometric(channels)),
    ...ascii(Tag.ImageDescription, layout.description),
    short(Tag.SamplesPerPixel, channels),
    ...(mpp
      ? [
          perCm(Tag.XResolution, (mpp.x * layout.size.width) / size.width),
          perCm(Tag.YResolution, (mpp.y * layout.size.height) / size.height),
          short(Tag.ResolutionUnit, 3),
        ]
      : []),
    ...(layout.geo && level === 0 ? geoEntries(layout.geo) : []),
    short(Tag.PlanarConfiguration, 1),
    ...ascii(Tag.Software, layout.software),
    ...(layout.palette ? [short(Tag.ColorMap, ...colorMap(layout.palette))] : []),
    long(Tag.TileWidth, [tile]),
    long(Tag.TileLength, [tile]),
    { tag: Tag.TileOffsets, type: 'long8', values: offsets },
    long(Tag.TileByteCounts, byteCounts),
    short(Tag.SampleFormat, ...each(layout.samples === 'float32' ? 3 : 1)),
    ...(codec.photometric(channels) === 6 && codec.subsampling ? [short(Tag.YCbCrSubSampling, ...codec.subsampling)] : []),
  ];
}

/** All reds, then all greens, then all blues, in 16 bits. */
function colorMap(palette: readonly Rgb[]): number[] {
  return ([0, 1, 2] as const).flatMap((part) => palette.map((color) => 257 * color[part]));
}

function bytesOf(data: Uint8Array | Float32Array): Uint8Array {
  return data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
