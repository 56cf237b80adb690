// A loop over rows of sums. It handles four values at a time, which takes three quarters of the time: V8 does not
// unroll loops.

/** Adds `count` weights to sums of weights. `to` and `from` are the indices of the first ones. */
export function addWeights(sums: Float32Array, to: number, weights: Float32Array, from: number, count: number): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    sums[to + i]! += weights[from + i]!;
    sums[to + i + 1]! += weights[from + i + 1]!;
    sums[to + i + 2]! += weights[from + i + 2]!;
    sums[to + i + 3]! += weights[from + i + 3]!;
  }
  for (; i < count; i++) sums[to + i]! += weights[from + i]!;
}
