import sharp from 'sharp';
import { reason, SegtileError } from '../errors.js';
import type { Pixels, Size } from '../types.js';
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

/**
 * Decodes a rectangle of blocks to RGB, with one call of the decoder.
 *
 * @param blocks their numbers, row by row
 * @param size pixels that they make together, without what reaches over the edge of the image
 * @throws {SegtileError} `input` naming the block that is damaged
 */
export async function decodeBlocks(
  image: TiffImage,
  blocks: readonly number[],
  size: Size,
  signal?: AbortSignal,
): Promise<Pixels> {
  const wrapped = await wrap(image, blocks, size, signal);
  return decodeWrapped(wrapped).catch(async (cause: unknown) => {
    throw await namingBlock(image, blocks, cause, signal);
  });
}

/** Some blocks of a directory as a TIFF of their own, in memory. */
interface Wrapped {
  readonly directory: Directory;
  readonly size: Size;
  /** The TIFF: a header, then the compressed blocks. */
  readonly bytes: Uint8Array;
  /** Where each block lies in `bytes`. */
  readonly blocks: readonly Uint8Array[];
}

async function wrap(
  { source, directory }: TiffImage,
  blocks: readonly number[],
  size: Size,
  signal?: AbortSignal,
): Promise<Wrapped> {
  const layout = layBlocks(directory, blocks);
  const header = wrapperHeader(directory, size, layout.blocks);
  const bytes = await fetchBlocks(source, layout, header, signal);
  const data = bytes.subarray(header.length);
  return {
    directory,
    size,
    bytes,
    blocks: layout.blocks.map((block) => data.subarray(block.offset, block.offset + block.bytes)),
  };
}

async function decodeWrapped({ directory, size, bytes, blocks }: Wrapped): Promise<Pixels> {
  const jpeg = directory.compression === JPEG;
  if (jpeg) blocks.forEach(requireWholeJpeg);
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

/** Finds the block that is to blame by decoding one after the other. */
async function namingBlock(
  image: TiffImage,
  blocks: readonly number[],
  cause: unknown,
  signal: AbortSignal | undefined,
): Promise<SegtileError> {
  const { source, directory, name } = image;
  const codec = compressionName(directory.compression);
  const where = `${name} (${directoryName(directory)}) of ${source.path}`;
  const hint = 'The file is damaged: copy or download it again.';
  for (const block of blocks) {
    const wrapped = await wrap(image, [block], blockSize(directory, block), signal);
    try {
      await decodeWrapped(wrapped);
    } catch (own) {
      return new SegtileError('input', `block ${block} (${codec}) in ${where} cannot be decoded: ${oneLine(own)}`, hint, own);
    }
  }
  const range = `blocks ${blocks[0]} to ${blocks.at(-1)} (${codec})`;
  return new SegtileError('input', `${range} in ${where} cannot be decoded: ${oneLine(cause)}`, hint, cause);
}

/** Pixels of one block that lie inside the image. */
function blockSize({ width, height, blockWidth, blockHeight }: Directory, block: number): Size {
  const across = Math.ceil(width / blockWidth);
  return {
    width: Math.min(blockWidth, width - (block % across) * blockWidth),
    height: Math.min(blockHeight, height - Math.floor(block / across) * blockHeight),
  };
}

function oneLine(thrown: unknown): string {
  return reason(thrown).replaceAll(/\s+/g, ' ').trim();
}
