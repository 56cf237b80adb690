/**
 * Updates running means with one more value each: `mean += (value - mean) * share`. Here `share` is the weight of the
 * new value divided by the weight of all values so far, including the new one. Unlike a sum that is divided at the
 * end, this gives the mean of equal values as that value to the last bit.
 *
 * @param mean changed in place; its content does not matter if `share` is 1
 */
export function moveMean(mean: Float32Array, values: Float32Array, share: number): void {
  if (share === 1) mean.set(values);
  else for (let i = 0; i < mean.length; i++) mean[i]! += (values[i]! - mean[i]!) * share;
}
