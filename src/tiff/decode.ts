import sharp from 'sharp';
import { reason, SegtileError } from '../errors.js';
import type { Pixels, Size } from '../types.js';
import { fetchBlocks, layBlocks } from './blocks.js';
import { compressionName } from './codecs.js';
import { type Directory, directoryName } from './directory.js';
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
  const { source, directory } = image;
  const layout = layBlocks(directory, blocks);
  const wrapped = await fetchBlocks(source, layout, wrapperHeader(directory, size, layout.blocks), signal);
  return decodeWrapped(wrapped, directory, size).catch(async (cause: unknown) => {
    throw await namingBlock(image, blocks, cause, signal);
  });
}

async function decodeWrapped(wrapped: Uint8Array, directory: Directory, size: Size): Promise<Pixels> {
  const { data, info } = await sharp(wrapped, { failOn: 'error', limitInputPixels: false, unlimited: true, ignoreIcc: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== size.width || info.height !== size.height || data.length !== size.width * size.height * info.channels) {
    throw new Error(`it gave ${info.width} x ${info.height} pixels where ${size.width} x ${size.height} are due`);
  }
  if (info.channels !== 3 && info.channels !== directory.samples) {
    throw new Error(`it gave ${info.channels} samples per pixel where ${directory.samples} are due`);
  }
  return { ...size, channels: 3, data: toRgb(data, info.channels) };
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
    const layout = layBlocks(directory, [block]);
    const size = blockSize(directory, block);
    const wrapped = await fetchBlocks(source, layout, wrapperHeader(directory, size, layout.blocks), signal);
    try {
      await decodeWrapped(wrapped, directory, size);
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
