import type { MaskClass } from '../../../types.js';

/** The borders of the areas of a label in a tile: four numbers a line, x and y of both ends, in px of the tile. */
export type OutlineLines = readonly number[];

/**
 * Finds the lines at which labels change, by label. They run along the sides of pixels.
 *
 * @param labels the labels of a rectangle that is larger than the tile by one pixel on each side
 * @param width the width of the tile, in px
 * @param height the height of the tile, in px
 */
export function outlinesOf(labels: Uint8Array, width: number, height: number): ReadonlyMap<number, OutlineLines> {
  const lines = new Map<number, number[]>();
  const stride = width + 2;
  const line = (label: number, x1: number, y1: number, x2: number, y2: number): void => {
    if (label === 0) return;
    const own = lines.get(label) ?? [];
    if (own.length === 0) lines.set(label, own);
    own.push(x1, y1, x2, y2);
  };
  // Consecutive pixel sides that are on one line and separate the same two labels become one stroke.
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x < width; ) {
      const [above, below] = [labels[y * stride + x + 1]!, labels[(y + 1) * stride + x + 1]!];
      let end = x + 1;
      if (above !== below) {
        while (end < width && labels[y * stride + end + 1] === above && labels[(y + 1) * stride + end + 1] === below) end++;
        if (y > 0) line(above, x, y, end, y);
        if (y < height) line(below, x, y, end, y);
      }
      x = end;
    }
  }
  for (let x = 0; x <= width; x++) {
    for (let y = 0; y < height; ) {
      const at = (y + 1) * stride + x;
      const [left, right] = [labels[at]!, labels[at + 1]!];
      let end = y + 1;
      if (left !== right) {
        while (end < height && labels[(end + 1) * stride + x] === left && labels[(end + 1) * stride + x + 1] === right) end++;
        if (x > 0) line(left, x, y, x, end);
        if (x < width) line(right, x, y, x, end);
      }
      y = end;
    }
  }
  return lines;
}

/** Black, of little more than half the opacity. */
const DARK = 0x8c000000;

/**
 * Paints outlines as pixels, four bytes each: the outermost pixels of an area in the colour of its class. This takes as
 * long for a million objects as for one.
 *
 * @param labels like those of {@link outlinesOf}
 * @param classes those that are shown
 * @param rim whether the pixels around an area are darkened, so that every colour is visible on every stain
 */
export function paintOutlines(
  labels: Uint8Array,
  width: number,
  height: number,
  classes: readonly MaskClass[],
  rim: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const colors = new Uint32Array(256);
  const bytes = new Uint8Array(colors.buffer);
  for (const { label, color } of classes) bytes.set([...color, 255], label * 4);
  const out = new Uint32Array(width * height);
  const stride = width + 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y + 1) * stride + x + 1;
      const label = labels[at]!;
      const [left, right, above, below] = [labels[at - 1]!, labels[at + 1]!, labels[at - stride]!, labels[at + stride]!];
      if (left === label && right === label && above === label && below === label) continue;
      if (label !== 0) out[y * width + x] = colors[label]!;
      else if (rim && (colors[left] || colors[right] || colors[above] || colors[below])) out[y * width + x] = DARK;
    }
  }
  return new Uint8ClampedArray(out.buffer);
}
