import { createGzip } from 'node:zlib';
import { type CommitOptions, openPartialFile } from '../io/partial-file.js';
import type { Sink } from '../types.js';

/** Text is written in pieces of about this many characters. */
const PIECE = 2 ** 16;

/**
 * Writes a text file. It is packed with gzip if its name ends in `.gz`. The complete file appears when `finish`
 * resolves.
 *
 * @throws {SegtileError} `output` if the file cannot be written; `aborted` after `abort`
 */
export async function writeText(path: string, placement?: CommitOptions): Promise<Sink<string>> {
  const file = await openPartialFile(path, placement);
  const packer = /\.gz$/i.test(path) ? createGzip() : undefined;
  const packed = packer && appendAll(packer);
  // This promise is awaited when the file ends; until then a failure must not be reported as unhandled.
  packed?.catch(() => {});
  let ready: string[] = [];
  let length = 0;

  async function appendAll(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const each of bytes) await file.append(each);
  }

  async function flush(): Promise<void> {
    const bytes = new TextEncoder().encode(ready.join(''));
    [ready, length] = [[], 0];
    if (packer === undefined) await file.append(bytes);
    // If text is packed faster than it can be written, the writer has to wait.
    else if (!packer.write(bytes)) await Promise.race([new Promise((resolve) => packer.once('drain', resolve)), packed]);
  }

  return {
    write: async (text) => {
      ready.push(text);
      length += text.length;
      if (length >= PIECE) await flush();
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
