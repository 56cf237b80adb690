import type { Samples, Size } from '../types.js';
import { largestPicture, rawShape, rowsInBlock, samplesInBlock } from './block-bytes.js';
import { toSamples } from './block-samples.js';
import { APERIO_YCBCR, codecOf, JPEG, WEBP } from './codecs.js';
import type { Directory } from './directory.js';
import type { Cell } from './grid.js';
import { bareJpeg, type JpegHead, jpegHead } from './jpeg.js';
import { checkScans, losesData } from './jpeg-scan.js';
import type { Picture } from './jpeg2000.js';
import { sharp } from './sharp.js';
import { reverseBits, unpack } from './unpack.js';
import { jpeg2000InWorker } from './wasm-pool.js';
import { wrapperHeader } from './wrap.js';
import { yCbCrToRgb } from './ycbcr.js';

/** The samples of one block. */
export interface BlockPixels {
  readonly data: Samples;
  /** Pixels in a row of it. */
  readonly rowLength: number;
}

/** A block to decode. */
export type FetchedBlock = Cell & { readonly bytes: Uint8Array };

/**
 * Decodes blocks of one plane that have the same height.
 *
 * @throws {Error} with the decoder's words, or saying what does not fit
 */
export async function decodeBlocksTogether(directory: Directory, blocks: readonly FetchedBlock[]): Promise<BlockPixels[]> {
  const { compression, fillOrder, blockWidth } = directory;
  if (codecOf(compression)?.gives === 'picture') return Promise.all(blocks.map((block) => decodePicture(directory, block)));
  const compressed = blocks.map(({ bytes }) => (fillOrder === 2 ? reverseBits(bytes) : bytes));
  const rows = rowsInBlock(directory, blocks[0]!.number);
  const shape = rawShape(directory, rows);
  const unpacked = await unpack(compression, compressed, shape.rows, shape.rowBytes);
  return unpacked.map((bytes) => ({ data: toSamples(directory, bytes, rows), rowLength: blockWidth }));
}

async function decodePicture(directory: Directory, block: FetchedBlock): Promise<BlockPixels> {
  const { compression, bits, photometric } = directory;
  const { size: least, bytes } = block;
  if (compression === JPEG) return decodeJpeg(directory, block);
  if (compression === WEBP) return decodeWebp(directory, block);
  const channels = samplesInBlock(directory);
  const most = largestPicture(directory);
  const { data, width, toRgb }: Picture = await jpeg2000InWorker(bytes, { least, most, channels, bits: bits[0]! });
  if (bits[0]! > 8) return { data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2), rowLength: width };
  const yCbCr = channels === 3 && !toRgb && (photometric === 6 || compression === APERIO_YCBCR);
  return { data: yCbCr ? yCbCrToRgb(data, directory) : data, rowLength: width };
}

async function decodeJpeg(directory: Directory, { bytes, size }: FetchedBlock): Promise<BlockPixels> {
  const { photometric, jpegTables } = directory;
  const head = jpegHead(bytes, size, largestPicture(directory));
  const channels = samplesInBlock(directory);
  if (head.components !== channels)
    throw new Error(`its JPEG data have ${head.components} components where ${channels} are due`);
  if (channels === 2) return decodePair(directory, bytes, head);
  const file = bareJpeg(bytes, head, jpegTables, photometric === 6);
  const space = channels === 1 ? 'b-w' : channels === 3 ? 'srgb' : 'cmyk';
  const decode = (failOn: 'warning' | 'error') =>
    sharp(file, { failOn, limitInputPixels: false, unlimited: true, ignoreIcc: true })
      .pipelineColourspace(space)
      .toColourspace(space)
      .raw()
      .toBuffer({ resolveWithObject: true });
  await checkScans([{ bytes, head }], jpegTables);
  const { data, info } = await decode('warning').catch((thrown: unknown) => {
    if (losesData(thrown)) throw thrown;
    return decode('error');
  });
  requireChannels(info, head.size, channels);
  // libvips inverts four components, as Photoshop writes them outside TIFF.
  if (channels === 4) for (let i = 0; i < data.length; i++) data[i] = 255 - data[i]!;
  return { data, rowLength: info.width };
}

/** Grey with another sample. libvips knows no such JPEG file, but a TIFF, which sharp gives as grey three times and the other sample. */
async function decodePair(directory: Directory, bytes: Uint8Array, head: JpegHead): Promise<BlockPixels> {
  const { size } = head;
  const shape = { layout: 'strips', blockWidth: size.width, blockHeight: size.height, photometric: 1 } as const;
  const header = wrapperHeader({ ...directory, ...shape }, size, [{ offset: 0, bytes: bytes.length }]);
  await checkScans([{ bytes, head }], directory.jpegTables);
  const { data, info } = await sharp(Buffer.concat([header, bytes]), {
    failOn: 'error',
    limitInputPixels: false,
    ignoreIcc: true,
  })
    .raw()
    .toBuffer({ resolveWithObject: true });
  requireChannels(info, size, 4);
  const pairs = new Uint8Array(size.width * size.height * 2);
  for (let to = 0, from = 0; to < pairs.length; to += 2, from += 4) {
    pairs[to] = data[from]!;
    pairs[to + 1] = data[from + 3]!;
  }
  return { data: pairs, rowLength: size.width };
}

async function decodeWebp(directory: Directory, { bytes, size }: FetchedBlock): Promise<BlockPixels> {
  const ordered = directory.fillOrder === 2 ? reverseBits(bytes) : bytes;
  const webp = sharp(ordered, { failOn: 'warning', limitInputPixels: false, unlimited: true, ignoreIcc: true });
  const channels = directory.samples;
  // A block without any transparent pixel may leave its alpha out.
  const { width, height } = await webp.metadata();
  const most = largestPicture(directory);
  if (width > most.width || height > most.height) {
    throw new Error(`it has ${width} x ${height} pixels where at most ${most.width} x ${most.height} are expected`);
  }
  const image = channels === 4 ? webp.ensureAlpha() : webp.removeAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  if (info.width < size.width || info.height < size.height) {
    throw new Error(`it has ${info.width} x ${info.height} pixels where ${size.width} x ${size.height} are due`);
  }
  requireChannels(info, info, channels);
  return { data, rowLength: info.width };
}

function requireChannels(info: Size & { readonly channels: number }, { width, height }: Size, channels: number): void {
  if (info.channels === channels && info.width === width && info.height === height) return;
  const found = `${info.width} x ${info.height} pixels of ${info.channels} samples`;
  throw new Error(`it gives ${found} where ${width} x ${height} of ${channels} are due`);
}
