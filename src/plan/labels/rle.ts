import type { RasterRows, Size } from '../../types.js';

/** Takes label rows from top to bottom and gives the RLE of one label. */
export interface RleEncoder {
  add(rows: RasterRows): void;
  /** The text, in pieces of bounded length; when every row was added. */
  text(): Iterable<string>;
}

/** Runs that make one piece of text. */
const PIECE = 4096;

/**
 * Encodes the pixels that have a label as HuBMAP does: pairs of `start length` parted by blanks, in pixels counted from 1 down
 * the first column, then down the second. Rows come from top to bottom although runs go down the columns: memory is 12 bytes
 * for each stretch of a column and 12 for each column, and does not depend on the height.
 *
 * @param size of the whole image, in pixels
 */
export function rleEncoder({ width, height }: Size, label: number): RleEncoder {
  /** First row of the stretch that goes on in each column, or -1. */
  const open = new Int32Array(width).fill(-1);
  const perColumn = new Uint32Array(width + 1);
  /** Column, first row and the row after the last of each stretch, in the order in which they end. */
  let stretches = new Uint32Array(3 * 1024);
  let count = 0;

  function close(x: number, bottom: number): void {
    if (count * 3 === stretches.length) {
      const larger = new Uint32Array(stretches.length * 2);
      larger.set(stretches);
      stretches = larger;
    }
    stretches[count * 3] = x;
    stretches[count * 3 + 1] = open[x]!;
    stretches[count * 3 + 2] = bottom;
    count++;
    perColumn[x + 1]!++;
    open[x] = -1;
  }

  return {
    add: ({ y, height: rows, data }) => {
      for (let row = 0, at = 0; row < rows; row++) {
        for (let x = 0; x < width; x++, at++) {
          if ((data[at] === label) === open[x]! >= 0) continue;
          if (open[x]! < 0) open[x] = y + row;
          else close(x, y + row);
        }
      }
      if (y + rows < height) return;
      for (let x = 0; x < width; x++) if (open[x]! >= 0) close(x, height);
    },
    *text() {
      const order = new Uint32Array(count);
      const next = Float64Array.from(perColumn);
      for (let x = 0; x < width; x++) next[x + 1]! += next[x]!;
      for (let i = 0; i < count; i++) order[next[stretches[i * 3]!]!++] = i;
      let words: string[] = [];
      let blank = '';
      let start = 0;
      let end = 0;
      for (const i of order) {
        const top = stretches[i * 3]! * height + stretches[i * 3 + 1]!;
        // A stretch to the foot of a column and one from the head of the next are one run.
        if (top > end || end === 0) {
          if (end > start) words.push(`${start + 1} ${end - start}`);
          start = top;
        }
        end = stretches[i * 3]! * height + stretches[i * 3 + 2]!;
        if (words.length < PIECE) continue;
        yield blank + words.join(' ');
        blank = ' ';
        words = [];
      }
      if (end > start) words.push(`${start + 1} ${end - start}`);
      if (words.length > 0) yield blank + words.join(' ');
    },
  };
}
