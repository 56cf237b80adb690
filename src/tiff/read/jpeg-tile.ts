import { bareJpeg, jpegHead } from '../codecs/jpeg/head.js';
import { jpeg } from '../codecs/jpeg/jpeg.js';
import { checkScans } from '../codecs/jpeg/scan.js';
import { codecOf } from '../codecs/registry.js';
import type { Directory } from '../directory.js';
import type { TiffImage } from '../image.js';
import { blocksAcross, largestPicture } from '../samples/block-bytes.js';
import { WHITE_IS_ZERO } from '../samples/photometric.js';
import { blockError } from './block-error.js';
import { fetchBlocks, layBlocks } from './blocks.js';
import { fitsWrapper } from './wrapped.js';

/** Whether the tiles of an image are JPEG pictures that any program shows in the colours in which segtile reads them. */
export function hasJpegTiles({ directory, pages }: TiffImage): boolean {
  const { layout, compression, photometric, samples, hamamatsu } = directory;
  const own = layout === 'tiles' && codecOf(compression) === jpeg && pages === undefined && hamamatsu === undefined;
  // White as zero would have to be inverted.
  return own && photometric !== WHITE_IS_ZERO && fitsWrapper(directory, samples === 1 ? [0] : [0, 1, 2]);
}

/**
 * A tile of an image that {@link hasJpegTiles} allows, as a JPEG file of its own, with the tables that the file keeps
 * apart. Nothing is decoded, but its data are checked as before decoding. Only its colours are said in the file: other
 * programs would obey a profile or an orientation that segtile leaves out.
 *
 * @returns undefined if it is not in the file, has another size than it should, or is not of the usual kind (baseline,
 *   in one scan)
 * @throws {SegtileError} `input` if it is damaged; `aborted` when the signal fires
 */
export async function jpegTile(
  image: TiffImage,
  column: number,
  row: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const { source, directory } = image;
  const block = row * blocksAcross(directory) + column;
  if (!directory.byteCounts[block]) return undefined;
  const bytes = await fetchBlocks(source, layBlocks(directory, [block]), new Uint8Array(), signal);
  try {
    return await asFile(bytes, directory);
  } catch (cause) {
    throw blockError(image, block, cause);
  }
}

async function asFile(bytes: Uint8Array, directory: Directory): Promise<Uint8Array | undefined> {
  const { samples, photometric, jpegTables, blockWidth, blockHeight } = directory;
  const head = jpegHead(bytes, { width: 1, height: 1 }, largestPicture(directory));
  const { size, components, scan, frameAt, endAt, extras } = head;
  const usual = scan !== undefined && components === samples && bytes[frameAt + 4] === 8;
  if (!usual || size.width !== blockWidth || size.height !== blockHeight) return undefined;
  await checkScans([{ bytes, head }], jpegTables);
  return bareJpeg(bytes.subarray(0, endAt + 2), head, jpegTables, photometric === 6, extras);
}
