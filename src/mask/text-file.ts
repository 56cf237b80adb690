import { createGzip } from 'node:zlib';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import { append, textBytes } from '../plan/text/text-bytes.js';
import type { Sink } from '../types.js';

/** Short texts are joined to pieces of about this many bytes. */
const PIECE = 2 ** 16;

/**
 * Writes a text file from texts, or from bytes, whose memory is no longer used when a write has resolved. It is packed
 * with gzip if its name ends in `.gz`. The complete file appears when `finish` resolves.
 *
 * @throws {SegtileError} `output` if the file cannot be written; `aborted` after `abort`
 */
export async function writeText(path: string, placement?: CommitOptions): Promise<Sink<string | Uint8Array>> {
  const file = await openPartialFile(path, placement);
  const packer = /\.gz$/i.test(path) ? createGzip() : undefined;
  const packed = packer && appendAll(packer);
  // This promise is awaited when the file ends; until then a failure must not be reported as unhandled.
  packed?.catch(() => {});

  async function appendAll(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const each of bytes) await file.append(each);
  }

  const ready = textBytes();

  async function put(bytes: Uint8Array): Promise<void> {
    if (packer === undefined) await file.append(bytes);
    // If text is packed faster than it can be written, the writer has to wait.
    else if (!packer.write(bytes.slice()))
      await Promise.race([new Promise((resolve) => packer.once('drain', resolve)), packed]);
  }

  async function flush(): Promise<void> {
    const { bytes, length } = ready;
    ready.length = 0;
    if (length > 0) await put(bytes.subarray(0, length));
  }

  return {
    write: async (more) => {
      if (typeof more === 'string') append(ready, more);
      if (ready.length >= PIECE || typeof more !== 'string') await flush();
      if (typeof more !== 'string') await put(more);
    },
    finish: async () => {
      await flush();
      packer?.end();
      await packed;
      await file.commit();
    },
    abort: async () => {
      packer?.destroy();
      await packed?.catch(() => undefined);
      await file.discard();
    },
  };
}
