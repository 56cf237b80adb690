import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/**
 * A file of frames: each has a head of 16 bytes, `stp1`, the lengths of its text and its body, and the CRC-32 of all that; then the text, which is JSON,
 * and the body. A frame that was not written whole, or was damaged since, is told by its checksum.
 */
export interface Frame {
  /** Where it begins, in bytes. */
  readonly at: number;
  /** Where the next one begins. */
  readonly end: number;
  /** Its text, parsed. */
  readonly meta: unknown;
  /** Where its body begins. */
  readonly body: number;
}

const MAGIC = 0x31_70_74_73;
const HEAD = 16;

/** Bytes that are read at a time to check them. */
const PIECE = 2 ** 20;

/** Longest text of a frame, in bytes. */
const LONGEST_TEXT = 2 ** 24;

/** The bytes of a frame, in order. The parts of the body are not copied. */
export function frameBytes(meta: object, body: readonly Uint8Array[]): Uint8Array[] {
  const text = new TextEncoder().encode(JSON.stringify(meta));
  const head = new DataView(new ArrayBuffer(HEAD));
  head.setUint32(0, MAGIC, true);
  head.setUint32(4, text.length, true);
  head.setUint32(
    8,
    body.reduce((sum, { length }) => sum + length, 0),
    true,
  );
  const lengths = new Uint8Array(head.buffer, 0, 12);
  head.setUint32(
    12,
    [lengths, text, ...body].reduce((sum, part) => crc32(part, sum), 0),
    true,
  );
  return [new Uint8Array(head.buffer), text, ...body];
}

/**
 * The whole frames of a file from its beginning on, up to the first that is not.
 *
 * @param size of the file, in bytes
 */
export async function* wholeFrames(file: FileHandle, size: number): AsyncGenerator<Frame> {
  for (let at = 0; at + HEAD <= size; ) {
    const head = await bytesAt(file, at, HEAD);
    const view = new DataView(head.buffer, head.byteOffset);
    const [text, body] = [view.getUint32(4, true), view.getUint32(8, true)];
    const end = at + HEAD + text + body;
    if (view.getUint32(0, true) !== MAGIC || text > LONGEST_TEXT || end > size) return;
    const words = await bytesAt(file, at + HEAD, text);
    let sum = crc32(words, crc32(head.subarray(0, 12), 0));
    for (let from = end - body; from < end; from += PIECE) {
      sum = crc32(await bytesAt(file, from, Math.min(PIECE, end - from)), sum);
    }
    if (sum !== view.getUint32(12, true)) return;
    yield { at, end, meta: JSON.parse(new TextDecoder().decode(words)), body: end - body };
    at = end;
  }
}

/** Bytes of a file; the last of them 0 where it ends before. */
export async function bytesAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes;
}
