/**
 * Text that grows as bytes (UTF-8). Millions of numbers are written this way in a fraction of the time that strings
 * take: no string is made and encoded for each of them.
 */
export interface TextBytes {
  /** The memory; its first `length` bytes are the text. */
  bytes: Uint8Array;
  length: number;
}

/** Creates an empty text. */
export function textBytes(): TextBytes {
  return { bytes: new Uint8Array(2 ** 12), length: 0 };
}

/** Makes room for this many more bytes; `bytes` may be other memory afterwards. */
export function makeRoom(text: TextBytes, more: number): void {
  const needed = text.length + more;
  if (needed <= text.bytes.length) return;
  const bytes = new Uint8Array(Math.max(needed, 2 * text.bytes.length));
  bytes.set(text.bytes.subarray(0, text.length));
  text.bytes = bytes;
}

/** Appends text of any characters. */
export function append(text: TextBytes, more: string): void {
  // A UTF-16 code unit takes at most three bytes.
  makeRoom(text, 3 * more.length);
  text.length += new TextEncoder().encodeInto(more, text.bytes.subarray(text.length)).written;
}

/** The most bytes that a number takes, as {@link putWhole} and {@link putDecimal} write it. */
export const LONGEST_NUMBER = 25;

const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const BILLION = 1e9;

// The functions below write into memory that has room, from index `at` on, and return the index after what they wrote.

/** Copies bytes. */
export function putBytes(bytes: Uint8Array, at: number, more: Uint8Array): number {
  bytes.set(more, at);
  return at + more.length;
}

/** Writes text of ASCII characters. */
export function putAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Writes a whole number from 0 to 2^53 as decimal digits. */
export function putWhole(bytes: Uint8Array, at: number, value: number): number {
  if (value < BILLION) return putDigits(bytes, at, value, digitsOf(value));
  const high = Math.floor(value / BILLION);
  return putDigits(bytes, putWhole(bytes, at, high), value - high * BILLION, 9);
}

function digitsOf(value: number): number {
  if (value < 1e5) return value < 100 ? (value < 10 ? 1 : 2) : value < 1e3 ? 3 : value < 1e4 ? 4 : 5;
  return value < 1e7 ? (value < 1e6 ? 6 : 7) : value < 1e8 ? 8 : 9;
}

/** @param value from 0 up to, but not including, a billion */
function putDigits(bytes: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let place = at + digits - 1; place >= at; place--) {
    const tenth = (rest / 10) | 0;
    bytes[place] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  return at + digits;
}

/** Decimal numbers with more digits than this are not exact as doubles. */
const MOST_EXACT = 1e15;

/**
 * Writes a number that is rounded to so many decimal places, as `String` writes it. A decimal number of at most 15
 * digits is the shortest text of the double nearest to it, so its digits are those of a whole number.
 *
 * @param places from 1 to 6; beyond, `String` writes small numbers with an exponent
 */
export function putDecimal(bytes: Uint8Array, at: number, value: number, places: number): number {
  const unit = UNITS[places]!;
  const all = Math.round(Math.abs(value) * unit);
  if (!(all < MOST_EXACT)) return putAscii(bytes, at, String(value));
  let end = at;
  if (value < 0 && all > 0) bytes[end++] = MINUS;
  const whole = Math.floor(all / unit);
  end = putWhole(bytes, end, whole);
  let rest = all - whole * unit;
  if (rest === 0) return end;
  bytes[end++] = POINT;
  end = putDigits(bytes, end, rest, places);
  for (; rest % 10 === 0; rest /= 10) end--;
  return end;
}

const UNITS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6];
