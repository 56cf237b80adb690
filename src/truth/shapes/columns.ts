import type { Size } from '../../types.js';
import type { PixelColumns } from './shapes.js';

/** A list of whole numbers below 2^32 that grows. */
interface Growing {
  push(value: number): void;
  replaceLast(value: number): void;
  taken(): Uint32Array;
}

function growing(): Growing {
  let values = new Uint32Array(1024);
  let length = 0;
  return {
    push: (value) => {
      if (length === values.length) {
        const larger = new Uint32Array(length * 2);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    replaceLast: (value) => {
      values[length - 1] = value;
    },
    taken: () => values.subarray(0, length),
  };
}

/** Collects runs of pixels and makes a shape of them. */
export interface ColumnsBuilder {
  /**
   * Adds `length` pixels from pixel `start` on, counted from 0 down the first column, then down the second. Runs must
   * come in rising order, without overlap, and inside the image.
   */
  add(start: number, length: number): void;
  /** The shape of all runs that were added. */
  build(label: number): PixelColumns;
}

/**
 * Makes a shape of runs that go down the columns, as in the RLE of HuBMAP and COCO. It takes 8 bytes per run and 4 per
 * column, however many pixels the runs have.
 *
 * @param image size of the image that the runs belong to, in pixels
 * @param slide size of level 0, in pixels; the image shows the whole slide
 */
export function columnsBuilder(image: Size, slide: Size): ColumnsBuilder {
  const { width, height } = image;
  const first = new Uint32Array(width + 1);
  const tops = growing();
  const bottoms = growing();
  let count = 0;
  let column = 0;
  let lastEnd = -1;
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];

  function addPiece(x: number, from: number, to: number): void {
    while (column < x) first[++column] = count;
    tops.push(from);
    bottoms.push(to);
    count++;
    if (from < top) top = from;
    if (to > bottom) bottom = to;
    if (x < left) left = x;
    right = x + 1;
  }

  return {
    add: (start, length) => {
      if (length === 0) return;
      const end = start + length;
      let x = Math.floor(start / height);
      let from = start - x * height;
      if (start === lastEnd && from > 0) {
        // A run that starts where the last one ended is joined to it, so that the pieces of a column never touch.
        const to = Math.min(end - x * height, height);
        bottoms.replaceLast(to);
        bottom = Math.max(bottom, to);
        x++;
        from = 0;
      }
      for (; x * height + from < end; x++, from = 0) addPiece(x, from, Math.min(end - x * height, height));
      lastEnd = end;
    },
    build: (label) => {
      while (column < width) first[++column] = count;
      const across = slide.width / width;
      const down = slide.height / height;
      const extent = { left: left * across, right: right * across, top: top * down, bottom: bottom * down };
      return { kind: 'columns', label, image, first, tops: tops.taken(), bottoms: bottoms.taken(), extent };
    },
  };
}
