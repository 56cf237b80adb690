import { putWhole } from '../../text/text-bytes.js';

/** Writes runs of pixels as text: `start length` pairs separated by blanks, with pixels counted from 1. */
export interface RunText {
  /**
   * Adds the pixels from `start` up to but not including `end`, counted from 0. They come after all pixels added
   * before. A run that begins where the last one ended is joined to it.
   */
  run(start: number, end: number): void;
  /**
   * The text since the last call as bytes, once there is enough of it; undefined before that. With `all`, at the end,
   * all remaining text, or undefined if there is none.
   */
  take(all: boolean): Uint8Array | undefined;
}

/** About how many bytes are returned at a time. */
const PIECE = 2 ** 16;

/** The most bytes that one run takes: two blanks and two numbers of at most 16 digits. */
const LONGEST = 34;

/** Creates an empty text of runs. */
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
    length = putWhole(bytes, length, start + 1);
    bytes[length++] = BLANK;
    length = putWhole(bytes, length, end - start);
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
