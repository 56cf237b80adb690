import type { Size } from '../../types.js';

/** Dilates the pixels that are 1 with a square of `2 radius + 1` px, in place. */
export function growSquare(mask: Uint8Array, { width, height }: Size, radius: number): void {
  const line = new Uint8Array(Math.max(width, height));
  for (let y = 0; y < height; y++) growLine(mask, y * width, 1, width, radius, line);
  growColumns(mask, width, height, radius);
}

/** Dilates one row: every 1 spreads `radius` pixels to both sides. */
function growLine(mask: Uint8Array, start: number, step: number, length: number, radius: number, line: Uint8Array): void {
  let until = -1;
  line.fill(0, 0, length);
  for (let i = 0; i < length; i++) {
    if (mask[start + i * step] === 0) continue;
    for (let to = Math.max(until + 1, i - radius); to <= Math.min(i + radius, length - 1); to++) line[to] = 1;
    until = Math.min(i + radius, length - 1);
  }
  for (let i = 0; i < length; i++) mask[start + i * step] = line[i]!;
}

/** Dilates all columns, one row at a time, because rows are contiguous in memory. */
function growColumns(mask: Uint8Array, width: number, height: number, radius: number): void {
  // For each column, the number of pixels that are 1 within `radius` rows.
  const counts = new Uint16Array(width);
  const source = mask.slice();
  const change = (y: number, by: 1 | -1): void => {
    for (let x = 0, at = y * width; x < width; x++, at++) counts[x]! += by * source[at]!;
  };
  for (let y = 0; y < Math.min(radius, height); y++) change(y, 1);
  for (let y = 0; y < height; y++) {
    if (y + radius < height) change(y + radius, 1);
    if (y > radius) change(y - radius - 1, -1);
    for (let x = 0, at = y * width; x < width; x++, at++) mask[at] = counts[x]! > 0 ? 1 : 0;
  }
}

/**
 * Finds the regions of 1 that touch the border of the picture (4-neighbourhood), and then dilates them with a cross
 * `steps` times, over pixels of any value.
 *
 * @returns a mask of the pixels that are reached: 1, else 0
 */
export function fromBorder(mask: Uint8Array, { width, height }: Size, steps: number): Uint8Array {
  const reached = new Uint8Array(mask.length);
  // All reached pixels in order. The neighbours of those from `from` on are not visited yet.
  const queue = new Int32Array(mask.length);
  let to = 0;
  const visit = (at: number, inside: boolean): void => {
    if (reached[at] !== 0 || (inside && mask[at] === 0)) return;
    reached[at] = 1;
    queue[to++] = at;
  };
  const neighbours = (at: number, inside: boolean): void => {
    const x = at % width;
    if (x > 0) visit(at - 1, inside);
    if (x < width - 1) visit(at + 1, inside);
    if (at >= width) visit(at - width, inside);
    if (at < width * (height - 1)) visit(at + width, inside);
  };
  for (let x = 0; x < width; x++) for (const y of [0, height - 1]) visit(y * width + x, true);
  for (let y = 0; y < height; y++) for (const x of [0, width - 1]) visit(y * width + x, true);
  for (let next = 0; next < to; next++) neighbours(queue[next]!, true);
  for (let step = 0, from = 0; step < steps; step++) {
    const end = to;
    for (let next = from; next < end; next++) neighbours(queue[next]!, false);
    from = end;
  }
  return reached;
}
