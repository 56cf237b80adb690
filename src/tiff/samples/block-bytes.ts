import type { Size } from '../../types.js';
import { codecOf } from '../codecs/registry.js';
import type { Directory } from '../directory.js';

type BlockShape = Pick<
  Directory,
  | 'layout'
  | 'width'
  | 'height'
  | 'blockWidth'
  | 'blockHeight'
  | 'samples'
  | 'bits'
  | 'planar'
  | 'photometric'
  | 'subsampling'
  | 'compression'
>;

/** Number of blocks across one plane of an image. */
export function blocksAcross({ width, blockWidth }: Pick<Directory, 'width' | 'blockWidth'>): number {
  return Math.ceil(width / blockWidth);
}

/** Number of blocks down one plane of an image. */
export function blocksDown({ height, blockHeight }: Pick<Directory, 'height' | 'blockHeight'>): number {
  return Math.ceil(height / blockHeight);
}

/** Rows that a block holds: tiles have all their rows, the last strip has only those inside the image. */
export function rowsInBlock(directory: BlockShape, number: number): number {
  const { layout, height, blockHeight } = directory;
  if (layout === 'tiles') return blockHeight;
  return Math.min(blockHeight, height - (number % blocksDown(directory)) * blockHeight);
}

/**
 * Largest size, in pixels, of a block that is a picture of its own. It may be larger than the directory says, because
 * encoders round sides up.
 */
export function largestPicture({ blockWidth, blockHeight }: Pick<Directory, 'blockWidth' | 'blockHeight'>): Size {
  return { width: 2 * blockWidth + 64, height: 2 * blockHeight + 64 };
}

/** Samples of one pixel that lie together in a block. */
export function samplesInBlock({ samples, planar }: Pick<Directory, 'samples' | 'planar'>): number {
  return planar ? 1 : samples;
}

/** Bytes of one row of a block, before compression. Rows start on whole bytes. */
export function rowBytes(directory: BlockShape): number {
  return Math.ceil((directory.blockWidth * directory.bits[0]! * samplesInBlock(directory)) / 8);
}

/**
 * The bytes of some rows of a block before compression, as `rows` times `rowBytes`. Subsampled YCbCr comes in units:
 * all Y of a group of pixels, then its Cb and its Cr (TIFF 6.0, section 21). A row is then a row of units.
 */
export function rawShape(directory: BlockShape, rows: number): { readonly rows: number; readonly rowBytes: number } {
  const unit = unitSize(directory);
  if (unit === undefined) return { rows, rowBytes: rowBytes(directory) };
  const [across, down] = unit;
  return { rows: Math.ceil(rows / down), rowBytes: Math.ceil(directory.blockWidth / across) * (across * down + 2) };
}

/** Number of bytes of some rows of a block before compression, see {@link rawShape}. */
export function rawBytes(directory: BlockShape, rows: number): number {
  const shape = rawShape(directory, rows);
  return shape.rows * shape.rowBytes;
}

/**
 * Pixels across and down that share their colour in a block of subsampled YCbCr; undefined if each pixel has its own,
 * or if the codec is a picture format.
 */
export function unitSize({ photometric, compression, subsampling }: BlockShape): readonly [number, number] | undefined {
  if (photometric !== 6 || codecOf(compression)?.gives !== 'bytes') return undefined;
  // The default of TIFF 6.0.
  const unit = subsampling ?? [2, 2];
  return unit[0] === 1 && unit[1] === 1 ? undefined : unit;
}
