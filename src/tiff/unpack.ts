import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { DEFLATE, LZMA, LZW, NONE, OLD_DEFLATE, PACKBITS, ZSTD } from './codecs.js';
import { isOldLzw, unpackLzw } from './lzw.js';
import { unpackPackBits } from './packbits.js';
import { sharp } from './sharp.js';
import { unpackInWorker } from './wasm-pool.js';
import { wrapperHeader } from './wrap.js';

const inflateAsync = promisify<Uint8Array, object, Buffer>(inflate);

/**
 * Undoes the compression of blocks that are all `rows * rowBytes` bytes before it, off the main thread.
 *
 * @param blocks compressed bytes
 * @returns the bytes of each block; each has at least the bytes that are due
 * @throws {Error} saying what is wrong with the data
 */
export async function unpack(
  compression: number,
  blocks: readonly Uint8Array[],
  rows: number,
  rowBytes: number,
): Promise<readonly Uint8Array[]> {
  const due = rows * rowBytes;
  const old = compression === LZW && blocks.some(isOldLzw);
  if (!old && compression === LZW) return unpackByLibtiff(compression, blocks, rows, rowBytes);
  if (compression === PACKBITS) {
    // libvips has libtiff unpack row by row, which fails where a run goes on in the next row.
    return unpackByLibtiff(compression, blocks, rows, rowBytes).catch(() => unpackRuns(blocks, due));
  }
  const one = (block: Uint8Array): Promise<Uint8Array> | Uint8Array => {
    if (compression === NONE) return block;
    if (compression === DEFLATE || compression === OLD_DEFLATE) return unpackDeflate(block, due);
    if (compression === LZW) return unpackWhole(unpackLzw([block]), due);
    if (compression === ZSTD) return unpackInWorker('zstd', block, due);
    if (compression === LZMA) return unpackInWorker('lzma', block, due);
    throw new Error(`no decoder for compression ${compression}`);
  };
  const unpacked = await Promise.all(blocks.map(one));
  for (const { length } of unpacked) requireBytes(length, due);
  return unpacked.map((bytes) => bytes.subarray(0, due));
}

/** @throws {Error} where too few bytes came out */
export function requireBytes(length: number, due: number): void {
  if (length < due) throw new Error(`it gives ${length} bytes where ${due} are due`);
}

/**
 * PackBits data have no checksum: only their length tells that a count in them is damaged, so more than is due is too much.
 *
 * @throws {Error} where more bytes came out
 */
export function requireNoMore(length: number, due: number): void {
  if (length > due) throw new Error(`it gives more than the ${due} bytes that are due`);
}

async function unpackRuns(blocks: readonly Uint8Array[], due: number): Promise<Uint8Array[]> {
  const unpacked = await Promise.all(blocks.map((block) => unpackWhole(unpackPackBits([block]), due + 1)));
  for (const { length } of unpacked) {
    requireBytes(length, due);
    requireNoMore(length, due);
  }
  return unpacked;
}

async function unpackWhole(pieces: AsyncIterable<Uint8Array>, due: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(due);
  let length = 0;
  for await (const piece of pieces) {
    bytes.set(piece.subarray(0, due - length), length);
    length = Math.min(due, length + piece.length);
  }
  return bytes.subarray(0, length);
}

/**
 * zlib, because it checks the sum at the end of the data, which libtiff does not. Blocks may hold more than is due, as other readers allow,
 * but not much more.
 */
async function unpackDeflate(block: Uint8Array, due: number): Promise<Uint8Array> {
  const room = due + 64;
  try {
    return await inflateAsync(block, { chunkSize: Math.max(64, room), maxOutputLength: room + due });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Error(`it gives more than twice the ${due} bytes that are due`);
    }
    throw cause;
  }
}

/** The blocks as strips of a grey image whose pixels are the bytes: libtiff unpacks them in one call, whatever samples they hold. */
async function unpackByLibtiff(
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

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
});

/** Turns the bits of each byte around, as the tag FillOrder 2 has them, in a copy. */
export function reverseBits(bytes: Uint8Array): Uint8Array {
  const reversed = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) reversed[i] = REVERSED[bytes[i]!]!;
  return reversed;
}
