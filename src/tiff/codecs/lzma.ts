import { requireWasmMemory } from '../../io/machine/wasm-memory.js';
import { gather } from '../samples/unpack.js';
import type { BytesCodec } from './codec.js';
import { inThread } from './threads/in-thread.js';
import { undoDelta, withoutDelta } from './xz-delta.js';

/** LZMA. This is TIFF's name for data in the xz format. */
export const lzma: BytesCodec = {
  gives: 'bytes',
  numbers: [34925],
  name: 'LZMA',
  predictors: [1, 2, 3],
  decode: (block, due) => inThread<Uint8Array>(DECODER, block, due),
  stream: (chunks) => {
    requireWasmMemory('the decoder of LZMA');
    return unpackStream(chunks);
  },
};

const DECODER = { name: 'LZMA', module: import.meta.url, export: 'unpackXz', memories: 1 };

async function* unpackStream(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  const start = await iterator.next();
  if (start.done) return;
  const { data, distance } = withoutDelta(start.value);
  let first: Uint8Array | undefined = data;
  const compressed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = first ? { done: false, value: first } : await iterator.next();
      first = undefined;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  // Loaded only when it is needed, because few files need it.
  const { default: xz } = await import('xz-decompress');
  const reader = new xz.XzReadableStream(compressed).getReader();
  let before: Uint8Array = new Uint8Array(distance);
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (distance > 0) before = undoDelta(next.value, before);
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Decompresses a block in the thread that calls it, to the `due` bytes that are needed. See `BytesCodec.decode`. */
export function unpackXz(block: Uint8Array, due: number): Promise<Uint8Array> {
  return gather(unpackStream([block]), due);
}
