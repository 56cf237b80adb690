import type { Pixels, Samples, Size } from '../../types.js';
import type { Directory } from '../directory.js';
import type { TiffImage } from '../image.js';
import { rawBytes } from '../samples/block-bytes.js';
import { type BlockGrid, cellsOf, cutGrid, type GridPiece, gridSize } from '../samples/grid.js';
import { FLOAT, newSamples, place, sampleType, wholeRange } from '../samples/native.js';
import type { BandMemory } from './band-memory.js';
import { CALL_BYTES, doAll } from './calls.js';
import { decodeGroups } from './decode-groups.js';
import { decodeWrapped, fitsWrapper, planeOf } from './wrapped.js';

/** A grid of at most this many bytes is decoded in one call, so that no pieces have to be put together. */
const WHOLE_BYTES = 2 ** 23;

/**
 * Decodes some channels of the blocks of a grid. The result shows the blocks side by side, without the columns that the
 * grid leaves out. Tiles at the edge of the image may include the pixels that reach over it. Blocks that are not in the
 * file are filled with the value that the file declares for them, else with 0.
 *
 * @param memory where the memory of the pixels may be taken from
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
  const route = routeOf(directory, grid, channels);
  if (route.by === 'grid') {
    const decoded = await decodeWrapped(image, grid, 0, signal);
    if (decoded !== undefined) return decoded;
  }
  const size = gridSize(directory, grid);
  const [type, samples] = [sampleType(directory), size.width * size.height * channels.length];
  const data = memory?.take(type, samples) ?? newSamples(type, samples);
  const target: Pixels<Samples> = { ...size, channels: channels.length, data };
  if (route.by === 'pieces') {
    await decodePieces(image, route.pieces, channels, target, signal);
  } else if (!(route.by === 'planes' && (await decodePlanes(image, grid, channels, target, signal)))) {
    if (!isComplete(directory, grid, channels)) data.fill(absentValue(directory));
    await decodeGroups(image, grid, channels, target, signal);
  }
  return target;
}

/**
 * How a grid is decoded. If libtiff inside sharp decodes such blocks correctly and all of them are in the file, one
 * call decodes the whole grid (`grid`), a plane of it (`planes`) or a piece of it (`pieces`). Else, and if libtiff then
 * fails at a block, blocks are decoded one by one or several in a call (`groups`).
 */
type Route =
  | { readonly by: 'grid' | 'planes' | 'groups' }
  /** Each piece is decoded by its own route. */
  | { readonly by: 'pieces'; readonly pieces: readonly GridPiece[] };

function routeOf(directory: Directory, grid: BlockGrid, channels: readonly number[]): Route {
  const fits = directory.planar ? fitsWrapper(planeOf(directory), [0]) : fitsWrapper(directory, channels);
  if (!fits || !isComplete(directory, grid, channels)) return { by: 'groups' };
  const { width, height } = gridSize(directory, grid);
  if (width * height * channels.length > WHOLE_BYTES) {
    const blocks = Math.floor(CALL_BYTES / rawBytes(directory, directory.blockHeight));
    const pieces = cutGrid(directory, grid, blocks);
    if (pieces.length > 1) return { by: 'pieces', pieces };
  }
  return { by: directory.planar ? 'planes' : 'grid' };
}

/** Whether all blocks of a grid are in the file. */
function isComplete(directory: Directory, grid: BlockGrid, channels: readonly number[]): boolean {
  return blockBytes(directory, grid, channels).every((bytes) => bytes !== 0);
}

/** Whether none of the blocks of a grid is in the file. */
export function isAbsent(directory: Directory, grid: BlockGrid, channels: readonly number[]): boolean {
  return blockBytes(directory, grid, channels).every((bytes) => bytes === 0);
}

/** Compressed bytes of each block of a grid in each plane; 0 where it is not in the file. */
function blockBytes(directory: Directory, grid: BlockGrid, channels: readonly number[]): number[] {
  const planes = directory.planar ? channels : [0];
  return planes.flatMap((plane) => cellsOf(directory, grid, plane)).map(({ number }) => directory.byteCounts[number]!);
}

/**
 * Value of blocks that are not in the file: the one that the file declares, if samples can have it, else 0
 * (gdal.org/drivers/raster/gtiff.html).
 */
export function absentValue(directory: Directory): number {
  const { noData, sampleFormat } = directory;
  if (noData === undefined) return 0;
  const [least, most] = wholeRange(directory);
  const possible = sampleFormat === FLOAT || (Number.isInteger(noData) && noData >= least && noData <= most);
  return possible ? noData : 0;
}

/**
 * Decodes planes into the channels of a target, each in one call.
 *
 * @returns whether that was possible
 */
async function decodePlanes(
  image: TiffImage,
  grid: BlockGrid,
  planes: readonly number[],
  target: Pixels<Samples>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const size: Size = { width: target.width, height: target.height };
  let possible = true;
  await doAll([...planes.entries()], signal, async ([channel, plane]) => {
    const decoded = possible ? await decodeWrapped(image, grid, plane, signal) : undefined;
    if (decoded === undefined) possible = false;
    else place(decoded.data, target, { size, x: 0, y: 0, stride: 1, rowLength: decoded.width, channels: [[0, channel]] });
  });
  return possible;
}

/**
 * Decodes a grid piece by piece. libvips frees the memory of each such call in small parts, which the next call uses
 * again. A whole band of a wide slide in one call leaves holes in the heap that nothing fits into.
 */
async function decodePieces(
  image: TiffImage,
  pieces: readonly GridPiece[],
  channels: readonly number[],
  target: Pixels<Samples>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await doAll(pieces, signal, async ({ grid, x, y }) => {
    const { data, width, height } = await decodeBlocks(image, grid, channels, signal);
    place(data, target, {
      x,
      y,
      size: { width: Math.min(width, target.width - x), height: Math.min(height, target.height - y) },
      stride: channels.length,
      rowLength: width,
      channels: channels.map((_, channel) => [channel, channel]),
    });
  });
}
