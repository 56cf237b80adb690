import type { Size } from '../../types.js';
import { squaresAbove } from './squares.js';

/** Dilates the pixels that are 1 with a square of `2 radius + 1` px, in place. `radius` is at most 5. */
export function growSquare(mask: Uint8Array, size: Size, radius: number): void {
  mask.set(squaresAbove(mask, size, radius, 0, 0));
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
