import type { Box } from '../../types.js';

/**
 * Updates running means with one more value each: `mean += (value - mean) * share`. Here `share` is the weight of the
 * new value divided by the weight of all values so far, including the new one. Unlike a sum that is divided at the
 * end, this gives the mean of equal values as that value to the last bit.
 *
 * @param mean changed in place; its content does not matter if `share` is 1
 */
function moveMean(mean: Float32Array, values: Float32Array, share: number): void {
  if (share === 1) mean.set(values);
  else for (let i = 0; i < mean.length; i++) mean[i]! += (values[i]! - mean[i]!) * share;
}

/**
 * {@link moveMean} for a part of a plane.
 *
 * @param width of the plane, in px
 * @param part in px of the plane
 */
export function moveMeanWithin(mean: Float32Array, values: Float32Array, share: number, width: number, part: Box): void {
  for (let y = part.y; y < part.y + part.height; y++) {
    const [from, to] = [y * width + part.x, y * width + part.x + part.width];
    moveMean(mean.subarray(from, to), values.subarray(from, to), share);
  }
}
