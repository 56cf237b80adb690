/** Bytes of the header of an xz stream; the first block's header follows (xz file format 1.2.1, section 2.1.1). */
const STREAM_HEADER = 12;
const DELTA = 3;
const LZMA2 = 0x21;

/**
 * Removes the delta filter from the header of xz data. libtiff puts it before LZMA2, and the decoder used here does not
 * know it. The caller has to undo the differences with {@link undoDelta}.
 *
 * @param data the start of xz data, at least their first two headers; they stay unchanged
 * @returns the data, as a changed copy if there is such a filter, and how many bytes apart the differences are: 0
 *   without one
 * @throws {Error} for a delta filter together with a checksum of the bytes before it, which libtiff does not write
 */
export function withoutDelta(data: Uint8Array): { readonly data: Uint8Array; readonly distance: number } {
  const at = STREAM_HEADER;
  const length = (data[at]! + 1) * 4;
  // Expected: two filters and no sizes; the delta filter with one property, its distance - 1; LZMA2 with one property,
  // its dictionary.
  const found =
    data[at + 1] === 1 && data[at + 2] === DELTA && data[at + 3] === 1 && data[at + 5] === LZMA2 && data[at + 6] === 1;
  if (!found || data.length < at + length) return { data, distance: 0 };
  if (data[7] !== 0) throw new Error('it has a delta filter and a checksum');
  const copy = Uint8Array.from(data);
  copy.fill(0, at + 1, at + length);
  copy.set([0, LZMA2, 1, data[at + 7]!], at + 1);
  const sumAt = at + length - 4;
  new DataView(copy.buffer).setUint32(sumAt, crc32(copy.subarray(at, sumAt)), true);
  return { data: copy, distance: data[at + 4]! + 1 };
}

/** CRC-32 of IEEE 802.3, as xz uses it. Made for a few bytes only. */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/**
 * Undoes the delta filter, in place: each byte is stored as its difference from the one `before.length` bytes earlier.
 *
 * @param before the bytes before these, oldest first; zeros at the start of the data
 * @returns the bytes to hand over with the next piece
 */
export function undoDelta(bytes: Uint8Array, before: Uint8Array): Uint8Array {
  const distance = before.length;
  for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i]! + (i < distance ? before[i]! : bytes[i - distance]!);
  if (bytes.length >= distance) return bytes.slice(bytes.length - distance);
  return Uint8Array.of(...before.subarray(bytes.length), ...bytes);
}
