import type { BytesCodec } from '../codecs/codec.js';

/**
 * Decompresses blocks, off the main thread. All of them have `rows * rowBytes` bytes before compression.
 *
 * @param blocks compressed bytes
 * @param most bytes that each block may give; where blocks are cut, this is the size of a whole one
 * @returns `rows * rowBytes` bytes for each block
 * @throws {Error} saying what is wrong with the data
 */
export async function unpack(
  codec: BytesCodec,
  blocks: readonly Uint8Array[],
  rows: number,
  rowBytes: number,
  most: number = rows * rowBytes,
): Promise<readonly Uint8Array[]> {
  const due = rows * rowBytes;
  const together = await codec.decodeTogether?.(blocks, rows, rowBytes);
  const unpacked = together ?? (await Promise.all(blocks.map((block) => codec.decode(block, due, most))));
  for (const { length } of unpacked) {
    requireBytes(length, due);
    if (codec.exact && length !== most) requireNoMore(length, due);
  }
  return unpacked.map((bytes) => bytes.subarray(0, due));
}

/**
 * Makes sure that enough bytes came out.
 *
 * @throws {Error} if there are too few
 */
export function requireBytes(length: number, due: number): void {
  if (length < due) throw new Error(`it gives ${length} bytes where ${due} are due`);
}

/**
 * Makes sure that a codec that is exact gave no more bytes than are due.
 *
 * @throws {Error} if there are too many
 */
export function requireNoMore(length: number, due: number): void {
  if (length > due) throw new Error(`it gives more than the ${due} bytes that are due`);
}

/**
 * Collects the first `due` bytes of a stream, or all of a shorter one. The rest is read too, so that checksums are
 * checked.
 */
export async function gather(pieces: AsyncIterable<Uint8Array>, due: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(due);
  let length = 0;
  for await (const piece of pieces) {
    bytes.set(piece.subarray(0, due - length), length);
    length = Math.min(due, length + piece.length);
  }
  return bytes.subarray(0, length);
}

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
});

/** A copy of the bytes with the bits of each byte reversed, for data with 2 as the tag FillOrder. */
export function reverseBits(bytes: Uint8Array): Uint8Array {
  const reversed = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) reversed[i] = REVERSED[bytes[i]!]!;
  return reversed;
}
