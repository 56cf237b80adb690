import pLimit from 'p-limit';
import { throwIfAborted } from '../errors.js';
import type { Pixels, Samples, Size } from '../types.js';
import type { BandMemory } from './band-memory.js';
import { rawBytes, samplesInBlock } from './block-bytes.js';
import { blockError } from './block-error.js';
import { decodeBlocksTogether } from './block-pixels.js';
import { fetchBlocks, layBlocks } from './blocks.js';
import type { BlockPixels } from './codecs/codec.js';
import { codecOf } from './codecs/registry.js';
import type { Directory } from './directory.js';
import { type BlockGrid, type Cell, cellsOf, cutGrid, type GridPiece, gridSize } from './grid.js';
import { FLOAT, newSamples, place, sampleType, wholeRange } from './native.js';
import type { ByteSource } from './source.js';
import { decodeWrapped, fitsWrapper, planeOf } from './wrapped.js';

/** An image of a TIFF file that can be decoded, and what messages call it. */
export interface TiffImage {
  readonly source: ByteSource;
  readonly directory: Directory;
  /** Such as `level 0`. */
  readonly name: string;
  /** The directories that the planes are in, where each is in one of its own. */
  readonly pages?: readonly Directory[];
}

/** Calls of decoders at the same time in one band: as many as libuv has threads, unless it was told otherwise. */
const CALLS = 4;

/** Blocks that go into one call of a decoder that takes several have about this many bytes together when they are decoded ... */
const CALL_BYTES = 2 ** 21;

/** ... but a grid of no more bytes than this is decoded in one: what is not cut need not be put together. */
const WHOLE_BYTES = 2 ** 23;

/**
 * Decodes blocks to some of their channels: the blocks of a grid side by side, columns that are not wanted left out. Tiles at the edge of
 * the image may come with the pixels that reach over it. Blocks that are not in the file are full of the value that the file declares for
 * them, else of 0.
 *
 * @param memory may be asked for that of the pixels
 * @throws {SegtileError} `input` naming the block that is damaged; `aborted` when the signal fires
 */
export async function decodeBlocks(
  image: TiffImage,
  grid: BlockGrid,
  channels: readonly number[],
  signal?: AbortSignal,
  memory?: BandMemory,
): Promise<Pixels<Samples>> {
  const { directory } = image;
  const planes = directory.planar ? channels : [0];
  const cells = planes.map((plane) => cellsOf(directory, grid, plane));
  const present = cells.map((plane) => plane.filter(({ number }) => directory.byteCounts[number] !== 0));
  const complete = present.every((plane, i) => plane.length === cells[i]!.length);
  const size = gridSize(directory, grid);
  const wrappable = complete && (directory.planar ? fitsWrapper(planeOf(directory), [0]) : fitsWrapper(directory, channels));
  if (wrappable) {
    const blockBytes = rawBytes(directory, directory.blockHeight);
    const bytes = size.width * size.height * channels.length;
    const most = bytes <= WHOLE_BYTES ? grid.columns.length * grid.rows.length : CALL_BYTES / blockBytes;
    const pieces = cutGrid(directory, grid, Math.floor(most));
    if (pieces.length > 1) return decodePieces(image, size, pieces, channels, signal, memory);
    const decoded = directory.planar ? undefined : await decodeWrapped(image, grid, 0, signal);
    if (decoded !== undefined) return decoded;
  }

  const data = room(directory, size, channels, memory);
  if (!complete) data.fill(absentValue(directory));
  const target: Pixels<Samples> = { ...size, channels: channels.length, data };
  if (wrappable && directory.planar && (await decodePlanes(image, grid, planes, target, signal))) return target;
  const whole = channels.map((from, to) => [from, to] as const);
  const groups = present.flatMap((plane, i) => {
    const pairs = directory.planar ? [[0, i] as const] : whole;
    return groupsOf(directory, plane).map((group) => ({ group, pairs }));
  });
  const bytes = await fetchCells(image, present.flat(), signal);
  await doAll(groups, signal, async ({ group, pairs }) => {
    const blocks = await decodeGroup(image, group, bytes);
    for (const [i, { data, rowLength }] of blocks.entries()) {
      place(data, target, { ...group[i]!, stride: samplesInBlock(directory), rowLength, channels: pairs });
    }
  });
  return target;
}

/** Room for pixels, all of which are still to be set. */
function room(directory: Directory, { width, height }: Size, channels: readonly number[], memory: BandMemory | undefined) {
  const [type, samples] = [sampleType(directory), width * height * channels.length];
  return memory?.take(type, samples) ?? newSamples(type, samples);
}

/** Decodes planes into the channels of a target, each in one call; says whether that can be done. */
async function decodePlanes(
  image: TiffImage,
  grid: BlockGrid,
  planes: readonly number[],
  target: Pixels<Samples>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const size = gridSize(image.directory, grid);
  let possible = true;
  await doAll([...planes.entries()], signal, async ([channel, plane]) => {
    const decoded = possible ? await decodeWrapped(image, grid, plane, signal) : undefined;
    if (decoded === undefined) possible = false;
    else place(decoded.data, target, { size, x: 0, y: 0, stride: 1, rowLength: decoded.width, channels: [[0, channel]] });
  });
  return possible;
}

/** Whether none of the blocks of a grid is in the file. */
export function isAbsent(directory: Directory, grid: BlockGrid, channels: readonly number[]): boolean {
  const planes = directory.planar ? channels : [0];
  return planes.every((plane) => cellsOf(directory, grid, plane).every(({ number }) => directory.byteCounts[number] === 0));
}

/** The value that the file declares for blocks that it does not hold, where samples can have it, else 0 (gdal.org/drivers/raster/gtiff.html). */
export function absentValue(directory: Directory): number {
  const { noData, sampleFormat } = directory;
  if (noData === undefined) return 0;
  const [least, most] = wholeRange(directory);
  const possible = sampleFormat === FLOAT || (Number.isInteger(noData) && noData >= least && noData <= most);
  return possible ? noData : 0;
}

/**
 * Decodes a grid piece by piece. What libvips needs for one call is given back in small parts, which the next one takes again; a whole
 * band of a wide slide at once leaves holes in the heap that nothing fits into.
 */
async function decodePieces(
  image: TiffImage,
  size: Size,
  pieces: readonly GridPiece[],
  channels: readonly number[],
  signal: AbortSignal | undefined,
  memory: BandMemory | undefined,
): Promise<Pixels<Samples>> {
  const pixels = room(image.directory, size, channels, memory);
  const target: Pixels<Samples> = { ...size, channels: channels.length, data: pixels };
  await doAll(pieces, signal, async ({ grid, x, y }) => {
    const { data, width, height } = await decodeBlocks(image, grid, channels, signal);
    place(data, target, {
      x,
      y,
      size: { width: Math.min(width, size.width - x), height: Math.min(height, size.height - y) },
      stride: channels.length,
      rowLength: width,
      channels: channels.map((_, channel) => [channel, channel]),
    });
  });
  return target;
}

/** Cuts blocks of one plane into groups for one call of the decoder. Blocks of a group have the same height. */
function groupsOf(directory: Directory, cells: readonly Cell[]): readonly (readonly Cell[])[] {
  const { compression, blockHeight, layout } = directory;
  const codec = codecOf(compression);
  if (codec?.gives !== 'bytes' || codec.decodeTogether === undefined) return cells.map((cell) => [cell]);
  const most = Math.max(1, Math.floor(CALL_BYTES / rawBytes(directory, blockHeight)));
  const groups: Cell[][] = [];
  for (const cell of cells) {
    const group = groups.at(-1);
    const joins =
      group !== undefined && group.length < most && (layout === 'tiles' || group[0]!.size.height === cell.size.height);
    if (joins) group.push(cell);
    else groups.push([cell]);
  }
  return groups;
}

/** The compressed bytes of blocks, by their numbers. */
async function fetchCells({ source, directory }: TiffImage, cells: readonly Cell[], signal: AbortSignal | undefined) {
  const layout = layBlocks(
    directory,
    cells.map(({ number }) => number),
  );
  const data = await fetchBlocks(source, layout, new Uint8Array(), signal);
  return new Map(layout.blocks.map(({ offset, bytes }, i) => [cells[i]!.number, data.subarray(offset, offset + bytes)]));
}

/** Does the work on all items, some at a time; after a failure no more is started, and what is under way is waited for. */
async function doAll<Item>(items: readonly Item[], signal: AbortSignal | undefined, work: (item: Item) => Promise<void>) {
  const limit = pLimit(CALLS);
  let failed = false;
  const jobs = items.map((item) =>
    limit(async () => {
      if (failed) return;
      try {
        throwIfAborted(signal);
        await work(item);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }),
  );
  const failure = (await Promise.allSettled(jobs)).find((job) => job.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Decodes a group in one call; where that fails, one after the other, to find the block that is to blame. */
async function decodeGroup(
  image: TiffImage,
  group: readonly Cell[],
  bytes: ReadonlyMap<number, Uint8Array>,
): Promise<BlockPixels[]> {
  const decode = (cells: readonly Cell[]) =>
    decodeBlocksTogether(
      image.directory,
      cells.map((cell) => ({ ...cell, bytes: bytes.get(cell.number)! })),
    );
  try {
    return await decode(group);
  } catch (cause) {
    for (const cell of group.length > 1 ? group : []) {
      await decode([cell]).catch((own: unknown) => {
        throw blockError(image, cell.number, own);
      });
    }
    throw blockError(image, group[0]!.number, cause);
  }
}
