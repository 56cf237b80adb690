import type { Pixels, Samples } from '../../types.js';
import type { BlockPixels } from '../codecs/codec.js';
import { codecOf } from '../codecs/registry.js';
import type { Directory } from '../directory.js';
import type { TiffImage } from '../image.js';
import { rawBytes, samplesInBlock } from '../samples/block-bytes.js';
import { type BlockGrid, cellsOf, type GridBlock } from '../samples/grid.js';
import { place } from '../samples/native.js';
import { blockError } from './block-error.js';
import { decodeBlocksTogether } from './block-pixels.js';
import { fetchBlocks, layBlocks } from './blocks.js';
import { CALL_BYTES, doAll } from './calls.js';

/**
 * Decodes the blocks of a grid that are in the file into some channels of a target. Several blocks go into one call if
 * the codec is faster that way; else each has its own.
 *
 * @throws {SegtileError} `input` naming the block that is damaged; `aborted` when the signal fires
 */
export async function decodeGroups(
  image: TiffImage,
  grid: BlockGrid,
  channels: readonly number[],
  target: Pixels<Samples>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { directory } = image;
  const present = (directory.planar ? channels : [0]).map((plane) =>
    cellsOf(directory, grid, plane).filter(({ number }) => directory.byteCounts[number] !== 0),
  );
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
}

/**
 * Cuts blocks of one plane into groups. Each group goes into one call of the decoder, and its blocks have the same
 * height.
 */
function groupsOf(directory: Directory, cells: readonly GridBlock[]): readonly (readonly GridBlock[])[] {
  const { compression, blockHeight, layout } = directory;
  const codec = codecOf(compression);
  if (codec?.gives !== 'bytes' || codec.decodeTogether === undefined) return cells.map((cell) => [cell]);
  const most = Math.max(1, Math.floor(CALL_BYTES / rawBytes(directory, blockHeight)));
  const groups: GridBlock[][] = [];
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
async function fetchCells({ source, directory }: TiffImage, cells: readonly GridBlock[], signal: AbortSignal | undefined) {
  const layout = layBlocks(
    directory,
    cells.map(({ number }) => number),
  );
  const data = await fetchBlocks(source, layout, new Uint8Array(), signal);
  return new Map(layout.blocks.map(({ offset, bytes }, i) => [cells[i]!.number, data.subarray(offset, offset + bytes)]));
}

/** Decodes a group in one call. If that fails, decodes its blocks one by one to find the damaged one. */
async function decodeGroup(
  image: TiffImage,
  group: readonly GridBlock[],
  bytes: ReadonlyMap<number, Uint8Array>,
): Promise<BlockPixels[]> {
  const decode = (cells: readonly GridBlock[]) =>
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
