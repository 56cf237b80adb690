/**
 * Moves a mean towards one more value of each kind: `mean += (value - mean) * share`, with `share` the weight of the value over the weight
 * of all values so far, itself included. The mean of equal values is that value to the last bit, which a sum that is divided is not.
 *
 * @param mean what is changed; anything where `share` is 1
 */
export function moveMean(mean: Float32Array, values: Float32Array, share: number): void {
  if (share === 1) mean.set(values);
  else for (let i = 0; i < mean.length; i++) mean[i]! += (values[i]! - mean[i]!) * share;
}
