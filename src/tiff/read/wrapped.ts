import { sharp } from '../../io/sharp.js';
import type { Pixels, Size } from '../../types.js';
import type { Codec, PlacedBlock } from '../codecs/codec.js';
import { codecOf, predictorOf } from '../codecs/registry.js';
import { wrapperHeader } from '../codecs/wrap.js';
import type { Directory } from '../directory.js';
import type { TiffImage } from '../image.js';
import { largestPicture } from '../samples/block-bytes.js';
import { type BlockGrid, cellsOf, type GridBlock, gridSize } from '../samples/grid.js';
import { UNSIGNED } from '../samples/native.js';
import { WHITE_IS_ZERO } from '../samples/photometric.js';
import { fetchBlocks, layBlocks } from './blocks.js';

/**
 * libvips refuses tiles with a side of more pixels than this. It also refuses tiles whose sides are not multiples of
 * 16, the rule of TIFF 6.0.
 */
const LARGEST_TILE_SIDE = 8192;

/**
 * Whether libtiff inside sharp correctly decodes blocks of a directory, side by side in one call, to all of their
 * channels. It does for grey or RGB of 8 bits with some codecs. It does not for deflate, whose checksums libtiff does
 * not look at, nor for ZSTD, which comes out black without an error.
 *
 * @param channels the wanted ones
 */
export function fitsWrapper(directory: Directory, channels: readonly number[]): boolean {
  const { compression, bits, samples, planar, fillOrder, photometric, layout, blockWidth, blockHeight, sampleFormat } =
    directory;
  const codec = codecOf(compression);
  if (codec?.wrapped === undefined) return false;
  const grey = (photometric === WHITE_IS_ZERO || photometric === 1) && samples === 1;
  const rgb = (photometric === 2 || (photometric === 6 && codec.gives === 'picture')) && samples === 3;
  const plain = bits[0] === 8 && sampleFormat === UNSIGNED && !planar && fillOrder === 1 && predictorOf(directory) !== 3;
  const sides = [blockWidth, blockHeight];
  const tiles = layout === 'strips' || sides.every((side) => side % 16 === 0 && side <= LARGEST_TILE_SIDE);
  return plain && (grey || rgb) && tiles && channels.length === samples && channels.every((channel, i) => channel === i);
}

/**
 * The directory of a single plane, made from a directory with separate planes. Only its lists of blocks are still those
 * of all planes. Any other directory is returned unchanged.
 */
export function planeOf(directory: Directory): Directory {
  const { planar, bits } = directory;
  return planar ? { ...directory, planar: false, samples: 1, bits: bits.slice(0, 1), photometric: 1 } : directory;
}

/**
 * Decodes a grid of blocks of one plane, which {@link fitsWrapper} must allow.
 *
 * @returns undefined if the blocks have to be decoded one by one: one of them is damaged, or of a kind that libtiff
 *   decodes only with a warning or at a wrong place
 * @throws {SegtileError} if the blocks cannot be fetched
 */
export async function decodeWrapped(
  image: TiffImage,
  grid: BlockGrid,
  plane: number,
  signal: AbortSignal | undefined,
): Promise<Pixels | undefined> {
  const cells = cellsOf(image.directory, grid, plane);
  const wrapped = await wrap({ ...image, directory: planeOf(image.directory) }, grid, cells, signal);
  return decode(wrapped).catch(() => undefined);
}

/** A grid of blocks as a TIFF of its own, in memory. */
interface WrappedGrid {
  readonly directory: Directory;
  readonly codec: Codec;
  readonly size: Size;
  /** The TIFF: a header, then the compressed blocks. */
  readonly bytes: Uint8Array;
  /** The compressed blocks in it, row by row. */
  readonly blocks: readonly PlacedBlock[];
}

async function wrap(
  { source, directory }: TiffImage,
  grid: BlockGrid,
  cells: readonly GridBlock[],
  signal: AbortSignal | undefined,
): Promise<WrappedGrid> {
  const inside = gridSize(directory, grid);
  // No smaller than one tile, because libvips refuses a tile that is much larger than its image.
  const [least, lowest] = directory.layout === 'strips' ? [0, 0] : [directory.blockWidth, directory.blockHeight];
  const size = { width: Math.max(least, inside.width), height: Math.max(lowest, inside.height) };
  const layout = layBlocks(
    directory,
    cells.map(({ number }) => number),
  );
  const codec = codecOf(directory.compression)!;
  // Samples come as they are stored. White is inverted later.
  const photometric = directory.photometric === WHITE_IS_ZERO ? 1 : directory.photometric;
  const tags = { ...directory, photometric, compression: codec.numbers[0]!, predictor: predictorOf(directory) };
  const header = wrapperHeader(tags, size, layout.blocks);
  const bytes = await fetchBlocks(source, layout, header, signal);
  const data = bytes.subarray(header.length);
  const blocks = cells.map((cell, i) => {
    const { offset, bytes } = layout.blocks[i]!;
    return { size: cell.size, bytes: data.subarray(offset, offset + bytes) };
  });
  return { directory, codec, size, bytes, blocks };
}

async function decode({ directory, codec, size, bytes, blocks }: WrappedGrid): Promise<Pixels | undefined> {
  const { samples } = directory;
  const { failOn, examine } = codec.wrapped!;
  const check = examine?.(blocks, largestPicture(directory), directory);
  if (examine !== undefined && check === undefined) return undefined;
  // With 'error', sharp 0.35.5 gives wrong pixels for damaged blocks, and no error. With 'warning' it fails as it
  // should, except for JPEG.
  const [{ data, info }] = await Promise.all([
    sharp(bytes, { failOn, limitInputPixels: false, unlimited: true, ignoreIcc: true })
      .toColourspace(samples === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true }),
    check?.(),
  ]);
  const { width, height, channels } = info;
  if (width !== size.width || height !== size.height || channels !== samples) return undefined;
  return { ...size, channels, data };
}
