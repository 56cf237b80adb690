import { sharp } from '../../io/sharp.js';
import { requireBytes } from '../samples/unpack.js';
import { wrapperHeader } from './wrap.js';

/**
 * Decompresses blocks by libtiff, in one call. libtiff gets them as strips of a grey image whose pixels are the bytes,
 * so it does not matter what samples they hold.
 *
 * @param compression value of the tag Compression
 * @returns `rows * rowBytes` bytes for each block
 * @throws {Error} if the data are damaged
 */
export async function unpackByLibtiff(
  compression: number,
  blocks: readonly Uint8Array[],
  rows: number,
  rowBytes: number,
): Promise<Uint8Array[]> {
  const size = { width: rowBytes, height: rows * blocks.length };
  const shape = { blockWidth: rowBytes, blockHeight: rows, samples: 1, bits: [8], layout: 'strips' } as const;
  const plain = { photometric: 1, predictor: 1, jpegTables: undefined, subsampling: undefined };
  let offset = 0;
  const places = blocks.map(({ length }) => {
    const place = { offset, bytes: length };
    offset += length;
    return place;
  });
  const header = wrapperHeader({ ...shape, ...plain, compression }, size, places);
  const bytes = Buffer.concat([header, ...blocks]);
  const { data, info } = await sharp(bytes, { failOn: 'warning', limitInputPixels: false, unlimited: true, ignoreIcc: true })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 1 || data.length !== size.width * size.height) requireBytes(0, rows * rowBytes);
  return blocks.map((_, i) => data.subarray(i * rows * rowBytes, (i + 1) * rows * rowBytes));
}
