/** Puts runs of pixels together as text: `start length` pairs with blanks between, pixels counted from 1. */
export interface RunText {
  /** Pixels from `start` up to but not including `end`, counted from 0, behind all that came before. A run that begins where the last one ended goes on with it. */
  run(start: number, end: number): void;
  /** The text since the last call as bytes, once there is much of it, or `all` of it at the end; else undefined. */
  take(all: boolean): Uint8Array | undefined;
}

/** Bytes that are handed on together. */
const PIECE = 2 ** 16;

/** A blank and two numbers of 16 digits each take no more. */
const LONGEST = 34;

export function runLine(): RunText {
  let bytes = new Uint8Array(PIECE);
  let length = 0;
  let first = true;
  let start = 0;
  let end = 0;

  function write(): void {
    if (end === start) return;
    if (length + LONGEST > bytes.length) {
      const more = new Uint8Array(2 * bytes.length);
      more.set(bytes);
      bytes = more;
    }
    if (!first) bytes[length++] = BLANK;
    first = false;
    length = writeNumber(bytes, length, start + 1);
    bytes[length++] = BLANK;
    length = writeNumber(bytes, length, end - start);
  }

  return {
    run(from, to) {
      if (from === end && end > start) {
        end = to;
        return;
      }
      write();
      start = from;
      end = to;
    },
    take(all) {
      if (all) {
        write();
        end = start;
      }
      if (length === 0 || (!all && length < PIECE - LONGEST)) return undefined;
      const piece = bytes.slice(0, length);
      length = 0;
      return piece;
    },
  };
}

const BLANK = 32;
const ZERO = 48;
const BILLION = 1e9;

/** Writes a whole number as decimal digits, and gives the place after them. */
function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  if (value < BILLION) {
    let digits = 1;
    for (let power = 10; value >= power; power *= 10) digits++;
    return writeDigits(bytes, at, value, digits);
  }
  const high = Math.floor(value / BILLION);
  return writeDigits(bytes, writeNumber(bytes, at, high), value - high * BILLION, 9);
}

function writeDigits(bytes: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let place = at + digits - 1; place >= at; place--) {
    const tenth = (rest / 10) | 0;
    bytes[place] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  return at + digits;
}
