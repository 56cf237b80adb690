import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/**
 * A frame of a file. It begins with 16 bytes: `stp1`, the length of its text, the length of its body, and the CRC-32 of
 * these 12 bytes, the text and the body. Then come the text, which is JSON, and the body. The checksum shows if a frame
 * is damaged or was not written completely.
 */
export interface Frame {
  /** Offset of its first byte. */
  readonly at: number;
  /** Offset of the next frame. */
  readonly end: number;
  /** Its text, parsed. */
  readonly meta: unknown;
  /** Offset of its body. */
  readonly body: number;
}

const MAGIC = 0x31_70_74_73;
const HEAD = 16;

/** Bytes that are read at a time when the checksum is tested. */
const PIECE = 2 ** 20;

/** Longest text of a frame, in bytes. */
const LONGEST_TEXT = 2 ** 24;

/** Encodes a frame. Gives its bytes in parts, in order; the parts of the body are not copied. */
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
 * Reads the intact frames from the beginning of a file, up to the first frame that is damaged or incomplete.
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

/** Reads `length` bytes of a file from offset `at` on. If the file ends before, the rest are 0. */
export async function bytesAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes;
}
