import type { BytesCodec } from '../codecs/codec.js';

/**
 * Undoes the compression of blocks that are all `rows * rowBytes` bytes before it, off the main thread.
 *
 * @param blocks compressed bytes
 * @param most bytes that each may give: those of a block that is whole, where these are cut
 * @returns the bytes of each block, as many as are due
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

/** @throws {Error} where too few bytes came out */
export function requireBytes(length: number, due: number): void {
  if (length < due) throw new Error(`it gives ${length} bytes where ${due} are due`);
}

/** @throws {Error} where more bytes came out, of a codec that is exact */
export function requireNoMore(length: number, due: number): void {
  if (length > due) throw new Error(`it gives more than the ${due} bytes that are due`);
}

/** The first bytes of a stream, as many as are due where it has them; the rest of it is read, too, for the sake of checksums. */
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

/** Turns the bits of each byte around, as the tag FillOrder 2 has them, in a copy. */
export function reverseBits(bytes: Uint8Array): Uint8Array {
  const reversed = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) reversed[i] = REVERSED[bytes[i]!]!;
  return reversed;
}
