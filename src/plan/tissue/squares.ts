import type { Size } from '../../types.js';

// Four pixels are handled at a time, as the bytes of a word. Sums of bytes never carry into the next byte, because a square
// has few pixels.

/** A word of which each byte is 1, and one of which each byte has all bits but the highest. */
const ONES = 0x0101_0101;
const LOW = 0x7f7f_7f7f;

/**
 * 1 where more than a share of the pixels of a square around a pixel exceed a threshold, else 0. A square has
 * `2 radius + 1` px and is cut off at the border.
 *
 * @param radius in px, at most 5
 * @param threshold a whole number from 0 on
 */
export function squaresAbove(
  plane: Uint8Array,
  { width, height }: Size,
  radius: number,
  threshold: number,
  share: 0 | 0.5,
): Uint8Array {
  const out = new Uint8Array(plane.length);
  const line = wordsOf(width);
  const offsets = wordsOf(width);
  // How many pixels of each column exceed the threshold, in the rows of the square. The columns outside the image, on both
  // sides, count 0.
  const margin = 4 * Math.ceil(radius / 4);
  const columns = new DataView(new ArrayBuffer(margin + line.bytes.length + margin));
  const counts = new Int32Array(columns.buffer, margin, line.words.length);
  const count = (y: number, change: 1 | -1): void => {
    line.bytes.set(plane.subarray(y * width, (y + 1) * width));
    countAbove(line.words, threshold, change, counts);
  };
  for (let y = 0; y < Math.min(radius, height); y++) count(y, 1);
  for (let y = 0, before = 0; y < height; y++) {
    if (y + radius < height) count(y + radius, 1);
    if (y > radius) count(y - radius - 1, -1);
    const rows = extent(y, radius, height);
    if (rows !== before)
      for (let x = 0; x < width; x++) offsets.bytes[x] = 127 - Math.floor(rows * extent(x, radius, width) * share);
    before = rows;
    markAbove(columns, margin - radius, 2 * radius + 1, offsets.words, line.words);
    out.set(line.bytes.subarray(0, width), y * width);
  }
  return out;
}

/** Bytes for a row of pixels, the same memory as words, and perhaps some bytes more, which are 0. */
function wordsOf(width: number): { readonly bytes: Uint8Array; readonly words: Int32Array } {
  const words = new Int32Array(Math.ceil(width / 4));
  return { bytes: new Uint8Array(words.buffer), words };
}

/** How many pixels of an axis are at most `radius` away from one of them. */
function extent(at: number, radius: number, length: number): number {
  return Math.min(at + radius, length - 1) - Math.max(at - radius, 0) + 1;
}

/** Adds `change` to the count of each column whose value exceeds a threshold. */
function countAbove(row: Int32Array, threshold: number, change: 1 | -1, counts: Int32Array): void {
  const least = Math.min(threshold, 255);
  // Added to the lower bits of a value, it sets the highest bit if they exceed those of the threshold. If that bit of the
  // threshold is set, it must be set in the value, too; if not, it is enough that it is.
  const offset = (127 - (least & 127)) * ONES;
  const enough = least < 128 ? -1 : 0;
  for (let i = 0; i < row.length; i++) {
    const word = row[i]!;
    const above = ((word & LOW) + offset) | 0;
    counts[i]! += ((((above & (word | enough)) | (word & enough)) >>> 7) & ONES) * change;
  }
}

/**
 * Sums up the counts of `across` columns, for each pixel from those at byte `from` on. Writes 1 where a sum and its offset
 * exceed 127.
 */
function markAbove(columns: DataView, from: number, across: number, offsets: Int32Array, out: Int32Array): void {
  for (let i = 0; i < out.length; i++) {
    let sum = offsets[i]!;
    for (let column = 0, at = from + 4 * i; column < across; column++, at++) sum = (sum + columns.getInt32(at, true)) | 0;
    out[i] = (sum >>> 7) & ONES;
  }
}
