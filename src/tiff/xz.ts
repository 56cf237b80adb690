import { undoDelta, withoutDelta } from './xz-delta.js';

/**
 * Unpacks xz data as they come (TIFF calls them LZMA).
 *
 * @throws {Error} where the data are damaged
 */
export async function* xzStream(
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
  // Loaded where it is wanted, as few files are.
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

/**
 * Unpacks a whole block of xz data. Stops when the bytes that are due have come.
 *
 * @throws {Error} where the data are damaged or give too little
 */
export async function unpackXz(block: Uint8Array, due: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(due);
  let length = 0;
  for await (const chunk of xzStream([block])) {
    bytes.set(chunk.subarray(0, due - length), length);
    length = Math.min(due, length + chunk.length);
  }
  if (length < due) throw new Error(`it gives ${length} bytes where ${due} are due`);
  return bytes;
}
