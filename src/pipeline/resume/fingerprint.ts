import { createHash } from 'node:crypto';
import { openSource } from '../../io/open-source.js';
import type { ByteSource } from '../../io/source.js';

/** The number of bytes that are read at each of three places. */
const PART = 65_536;

/** The number of bytes that are read at a time where all are. */
const PIECE = 2 ** 22;

/**
 * A hash that identifies a file by its content, not by its path: of its length and its first, middle and last 64 KiB. A
 * change elsewhere that keeps the length is not noticed.
 *
 * @throws {SegtileError} as `openSource`
 */
export async function fingerprint(path: string, signal?: AbortSignal): Promise<string> {
  const source = await openSource(path, signal);
  try {
    const { size } = source;
    const hash = createHash('sha256').update(String(size));
    for (const part of await partsOf(source, signal)) hash.update(part);
    return hash.digest('hex').slice(0, 32);
  } finally {
    await source.close();
  }
}

/**
 * A hash that identifies a file by all of its bytes. For files that are changed by hand, such as regions: moving a corner
 * may keep the length.
 *
 * @throws {SegtileError} as `openSource`
 */
export async function digestOf(path: string, signal?: AbortSignal): Promise<string> {
  const source = await openSource(path, signal);
  try {
    const { size } = source;
    const hash = createHash('sha256').update(String(size));
    for (let offset = 0; offset < size; offset += PIECE) {
      const into = new Uint8Array(Math.min(PIECE, size - offset));
      await source.read([{ offset, into }], signal);
      hash.update(into);
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    await source.close();
  }
}

/** The length of a file in bytes; 0 if it cannot be opened. The code that reads the file later reports the error. */
export async function lengthOf(path: string, signal?: AbortSignal): Promise<number> {
  const source = await openSource(path, signal).catch(() => undefined);
  await source?.close();
  return source?.size ?? 0;
}

async function partsOf(source: ByteSource, signal?: AbortSignal): Promise<Uint8Array[]> {
  const { size } = source;
  const starts = size <= 3 * PART ? [0] : [0, Math.floor((size - PART) / 2), size - PART];
  const fetches = starts.map((offset) => ({ offset, into: new Uint8Array(size <= 3 * PART ? size : PART) }));
  await source.read(fetches, signal);
  return fetches.map(({ into }) => into);
}
