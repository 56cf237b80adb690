import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createInflate, inflate, inflateRaw } from 'node:zlib';
import type { BytesCodec } from './codec.js';

/** Deflate by Node's zlib, which checks the checksum at the end of the data; libtiff does not. */
export const deflate: BytesCodec = {
  gives: 'bytes',
  numbers: [8, 32946],
  name: 'deflate',
  predictors: [1, 2, 3],
  decode: unpack,
  stream: unpackStream,
};

const inflateAsync = promisify<Uint8Array, object, Buffer>(inflate);
const inflateRawAsync = promisify<Uint8Array, object, Buffer>(inflateRaw);

/** Bytes of a zlib header, which come before the deflate data (RFC 1950). */
const ZLIB_HEADER = 2;

/**
 * Decompresses a block. It may hold more than is due, as other readers allow, but not much more. If the data are
 * complete and only the checksum after them is cut, as in a file that lost its last bytes, the pixels are used. Data
 * without an end are damaged, however many pixels they give.
 */
async function unpack(block: Uint8Array, due: number, most: number): Promise<Uint8Array> {
  const room = { chunkSize: Math.max(64, due + 64), maxOutputLength: most + due + 64 };
  try {
    return await inflateAsync(block, room);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new Error(`it gives more than twice the ${most} bytes that are due`);
    if (code !== 'Z_BUF_ERROR') throw cause;
    return await inflateRawAsync(block.subarray(ZLIB_HEADER), room).catch(() => Promise.reject(cause));
  }
}

async function* unpackStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const inflated = createInflate({ chunkSize: 2 ** 18 });
  const fed = pipeline(Readable.from(chunks), inflated);
  // It fails together with the loop below, or because the loop was left early. Both are handled elsewhere.
  fed.catch(() => undefined);
  for await (const chunk of inflated) yield chunk as Uint8Array;
  await fed;
}
