import type { ZSTDDecoder } from 'zstddec';
import { requireWasmMemory } from '../../io/machine/wasm-memory.js';
import type { BytesCodec } from './codec.js';
import { inThread } from './threads/in-thread.js';

/** ZSTD, by a decoder in WebAssembly. */
export const zstd: BytesCodec = {
  gives: 'bytes',
  // The second number is from before the first one was registered.
  numbers: [50000, 34926],
  name: 'ZSTD',
  predictors: [1, 2, 3],
  decode: (block, _, most) => inThread<Uint8Array>(DECODER, block, most),
  stream: unpackStream,
};

/**
 * WebAssembly memories that are needed: one for the decoder, and one for Node's `fetch`, which loads the decoder and is
 * WebAssembly too.
 */
const MEMORIES = 2;

const DECODER = { name: 'ZSTD', module: import.meta.url, export: 'unpackZstd', memories: MEMORIES };

/** Loaded only when it is needed, because few files need it. */
let loaded: Promise<ZSTDDecoder> | undefined;

async function load(): Promise<ZSTDDecoder> {
  const decoder = new (await import('zstddec')).ZSTDDecoder();
  await decoder.init();
  return decoder;
}

/** Decompresses a block in the thread that calls it. See `BytesCodec.decode`. */
export async function unpackZstd(block: Uint8Array, due: number): Promise<Uint8Array> {
  loaded ??= load();
  const decoder = await loaded;
  const length = contentBytes(block) ?? due;
  if (length > 2 * due + 64) throw new Error(`it gives more than twice the ${due} bytes that are due`);
  // If the decoder fails, it gives a wrong number of bytes.
  return Uint8Array.from(decoder.decode(block, Math.max(due, length)));
}

/** What the header of a ZSTD frame says of the bytes in it (RFC 8878, section 3.1.1.1); undefined where it says nothing. */
function contentBytes(frame: Uint8Array): number | undefined {
  const head = new Uint8Array(18);
  head.set(frame.subarray(0, head.length));
  const view = new DataView(head.buffer);
  const descriptor = view.getUint8(4);
  const single = (descriptor & 32) !== 0;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  const kind = descriptor >> 6;
  if (kind === 0) return single ? view.getUint8(at) : undefined;
  if (kind === 1) return view.getUint16(at, true) + 256;
  return kind === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

/** Empty pieces that the decoder may give in a row; more mean that it is stuck in damaged data. */
const MOST_EMPTY = 16;

async function* unpackStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  requireWasmMemory('the decoder of ZSTD', MEMORIES);
  const { ZSTDDecoder } = await import('zstddec/stream');
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
