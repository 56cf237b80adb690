import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createInflate, inflate } from 'node:zlib';
import type { BytesCodec } from './codec.js';

/** zlib, because it checks the sum at the end of the data, which libtiff does not. */
export const deflate: BytesCodec = {
  gives: 'bytes',
  numbers: [8, 32946],
  name: 'deflate',
  predictors: [1, 2, 3],
  decode: unpack,
  stream: unpackStream,
};

const inflateAsync = promisify<Uint8Array, object, Buffer>(inflate);

/**
 * Blocks may hold more than is due, as other readers allow, but not much more. Where they end before their checksum, but with all their
 * pixels, as in a file that lost its last bytes, those are taken.
 */
async function unpack(block: Uint8Array, due: number, most: number): Promise<Uint8Array> {
  const room = { chunkSize: Math.max(64, due + 64), maxOutputLength: most + due + 64 };
  try {
    return await inflateAsync(block, room);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new Error(`it gives more than twice the ${most} bytes that are due`);
    if (code !== 'Z_BUF_ERROR') throw cause;
    const whole = await inflateAsync(block, { ...room, finishFlush: constants.Z_SYNC_FLUSH });
    if (whole.length < due) throw cause;
    return whole;
  }
}

async function* unpackStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const inflated = createInflate({ chunkSize: 2 ** 18 });
  const fed = pipeline(Readable.from(chunks), inflated);
  // It fails as the loop below does, or because that was left.
  fed.catch(() => undefined);
  for await (const chunk of inflated) yield chunk as Uint8Array;
  await fed;
}
