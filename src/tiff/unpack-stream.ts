import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflate } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec/stream';
import { DEFLATE, LZMA, LZW, OLD_DEFLATE, PACKBITS, ZSTD } from './codecs.js';
import { unpackLzw } from './lzw.js';
import { unpackPackBits } from './packbits.js';
import { requireWasmMemory } from './wasm-memory.js';
import { xzStream } from './xz.js';

/**
 * Undoes the compression of a block piece by piece, so that it is never in memory as a whole.
 *
 * @throws {Error} where the data are damaged or end too early
 */
export function unpackStream(compression: number, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (compression === DEFLATE || compression === OLD_DEFLATE) return unpackDeflate(chunks);
  if (compression === LZW) return unpackLzw(chunks);
  if (compression === PACKBITS) return unpackPackBits(chunks);
  if (compression === ZSTD) return unpackZstd(chunks);
  if (compression === LZMA) {
    requireWasmMemory('the decoder of LZMA');
    return xzStream(chunks);
  }
  throw new Error(`no decoder for compression ${compression}`);
}

async function* unpackDeflate(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const inflate = createInflate({ chunkSize: 2 ** 18 });
  const fed = pipeline(Readable.from(chunks), inflate);
  // It fails as the loop below does, or because that was left.
  fed.catch(() => undefined);
  for await (const chunk of inflate) yield chunk as Uint8Array;
  await fed;
}

/** Pieces without a byte that the decoder may give one after the other; more mean that it is stuck in damaged data. */
const MOST_EMPTY = 16;

async function* unpackZstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  // It is fetched, by something that is WebAssembly, too.
  requireWasmMemory('the decoder of ZSTD', 2);
  const decoder = new ZSTDDecoder();
  await decoder.init();
  const source = chunks[Symbol.asyncIterator]();
  const fetched: Uint8Array[] = [];
  let ended = false;
  // The decoder takes at most one chunk for each piece that it gives.
  const pieces = decoder.decodeStreaming({
    [Symbol.iterator]: () => ({
      next: () => {
        const value = fetched.shift();
        return value === undefined ? { done: true, value } : { done: false, value };
      },
    }),
  } as Iterable<Uint8Array>);
  try {
    for (let empty = 0; empty <= MOST_EMPTY; ) {
      if (fetched.length === 0 && !ended) {
        const { done, value } = await source.next();
        if (done) ended = true;
        else fetched.push(value);
        if (!done) empty = 0;
      }
      const piece = pieces.next();
      if (piece.done) return;
      empty = piece.value.length === 0 ? empty + 1 : 0;
      if (piece.value.length > 0) yield piece.value;
    }
    throw new Error('its ZSTD data are damaged');
  } finally {
    await source.return?.();
  }
}
