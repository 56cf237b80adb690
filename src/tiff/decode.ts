import sharp from 'sharp';
import { reason, SegtileError } from '../errors.js';
import type { Pixels, Size, Span } from '../types.js';
import { fetchBlocks, layBlocks } from './blocks.js';
import { compressionName, JPEG } from './codecs.js';
import { type Directory, directoryName } from './directory.js';
import { requireWholeJpeg } from './jpeg.js';
import { toRgb } from './samples.js';
import type { ByteSource } from './source.js';
import { wrapperHeader } from './wrap.js';

// Every block is decoded once in a pass: what sharp remembers of finished work would only hold memory.
sharp.cache(false);

/** An image of a TIFF file that can be decoded, and what messages call it. */
export interface TiffImage {
  readonly source: ByteSource;
  readonly directory: Directory;
  /** Such as `level 0`. */
  readonly name: string;
}

/** The blocks where some rows and some columns of blocks cross, counted from the top left of the image. */
export interface BlockGrid {
  readonly rows: Span;
  /** Rising. */
  readonly columns: readonly number[];
}

/**
 * Decodes blocks to RGB, with one call of the decoder: the blocks of a grid side by side, columns that are not wanted left out. Tiles
 * at the edge of the image may come with the pixels that reach over it.
 *
 * @throws {SegtileError} `input` naming the block that is damaged
 */
export async function decodeBlocks(image: TiffImage, grid: BlockGrid, signal?: AbortSignal): Promise<Pixels> {
  const wrapped = await wrap(image, grid, signal);
  return decodeWrapped(wrapped).catch(async (cause: unknown) => {
    throw await namingBlock(image, grid, cause, signal);
  });
}

/** A grid of blocks as a TIFF of its own, in memory. */
interface Wrapped {
  readonly directory: Directory;
  readonly grid: BlockGrid;
  readonly size: Size;
  /** The TIFF: a header, then the compressed blocks. */
  readonly bytes: Uint8Array;
  /** The compressed blocks in it, row by row. */
  readonly blocks: readonly Uint8Array[];
}

async function wrap({ source, directory }: TiffImage, grid: BlockGrid, signal: AbortSignal | undefined): Promise<Wrapped> {
  const size = wrappedSize(directory, grid);
  const layout = layBlocks(directory, blockNumbers(directory, grid));
  const header = wrapperHeader(directory, size, layout.blocks);
  const bytes = await fetchBlocks(source, layout, header, signal);
  const data = bytes.subarray(header.length);
  const blocks = layout.blocks.map((block) => data.subarray(block.offset, block.offset + block.bytes));
  return { directory, grid, size, bytes, blocks };
}

function blockNumbers({ width, blockWidth }: Directory, { rows, columns }: BlockGrid): number[] {
  const across = Math.ceil(width / blockWidth);
  return Array.from({ length: rows.length }, (_, row) => columns.map((column) => (rows.start + row) * across + column)).flat();
}

/** Pixels of a grid of blocks, without what reaches over the edge of the image. */
function insideSize({ width, height, blockWidth, blockHeight }: Directory, { rows, columns }: BlockGrid): Size {
  return {
    width: columns.reduce((sum, column) => sum + Math.min(blockWidth, width - column * blockWidth), 0),
    height: Math.min(rows.length * blockHeight, height - rows.start * blockHeight),
  };
}

/** No smaller than one tile, because libvips refuses a tile that is much larger than its image. */
function wrappedSize(directory: Directory, grid: BlockGrid): Size {
  const inside = insideSize(directory, grid);
  if (directory.layout === 'strips') return inside;
  return { width: Math.max(directory.blockWidth, inside.width), height: Math.max(directory.blockHeight, inside.height) };
}

async function decodeWrapped({ directory, grid, size, bytes, blocks }: Wrapped): Promise<Pixels> {
  const jpeg = directory.compression === JPEG;
  if (jpeg) {
    for (const [i, block] of cells(grid).entries()) requireWholeJpeg(blocks[i]!, insideSize(directory, block));
  }
  // With 'error', sharp 0.35.5 gives wrong pixels for damaged tiles and no error; with 'warning' it fails as it should, except for JPEG
  // tiles, where it heeds neither, and where 'warning' would also stop at harmless remarks about subsampling.
  const { data, info } = await sharp(bytes, {
    failOn: jpeg ? 'error' : 'warning',
    limitInputPixels: false,
    unlimited: true,
    ignoreIcc: true,
  })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (width !== size.width || height !== size.height || data.length !== width * height * channels) {
    throw new Error(`it gave ${width} x ${height} pixels where ${size.width} x ${size.height} are due`);
  }
  return { ...size, channels: 3, data: toRgb(data, channels) };
}

/** The blocks of a grid one by one, row by row. */
function cells({ rows, columns }: BlockGrid): BlockGrid[] {
  const row = (start: number) => columns.map((column) => ({ rows: { start, length: 1 }, columns: [column] }));
  return Array.from({ length: rows.length }, (_, i) => row(rows.start + i)).flat();
}

/** Finds the block that is to blame by decoding one after the other. */
async function namingBlock(
  image: TiffImage,
  grid: BlockGrid,
  cause: unknown,
  signal: AbortSignal | undefined,
): Promise<SegtileError> {
  const { source, directory, name } = image;
  const codec = compressionName(directory.compression);
  const where = `${name} (${directoryName(directory)}) of ${source.path}`;
  const hint = 'The file is damaged: copy or download it again.';
  for (const cell of cells(grid)) {
    const wrapped = await wrap(image, cell, signal);
    try {
      await decodeWrapped(wrapped);
    } catch (own) {
      const block = blockNumbers(directory, cell)[0];
      return new SegtileError('input', `block ${block} (${codec}) in ${where} cannot be decoded: ${oneLine(own)}`, hint, own);
    }
  }
  const blocks = blockNumbers(directory, grid);
  const range = `blocks ${blocks[0]} to ${blocks.at(-1)} (${codec})`;
  return new SegtileError('input', `${range} in ${where} cannot be decoded: ${oneLine(cause)}`, hint, cause);
}

function oneLine(thrown: unknown): string {
  return reason(thrown).replaceAll(/\s+/g, ' ').trim();
}
