// Rows of sums. V8 does not unroll loops; four at a time take three quarters of the time.

/** Adds `count` weights to sums of weights. The two begin at the given indices. */
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

/**
 * Puts `count` quotients of sums and weights into `out`. The three begin at the given indices.
 *
 * @returns whether one of the quotients may not be a number
 */
export function divide(
  sums: Float32Array,
  from: number,
  weights: Float32Array,
  weightsFrom: number,
  out: Float32Array,
  to: number,
  count: number,
): boolean {
  let i = 0;
  let total = 0;
  for (; i + 4 <= count; i += 4) {
    const a = sums[from + i]! / weights[weightsFrom + i]!;
    const b = sums[from + i + 1]! / weights[weightsFrom + i + 1]!;
    const c = sums[from + i + 2]! / weights[weightsFrom + i + 2]!;
    const d = sums[from + i + 3]! / weights[weightsFrom + i + 3]!;
    out[to + i] = a;
    out[to + i + 1] = b;
    out[to + i + 2] = c;
    out[to + i + 3] = d;
    total += a + b + c + d;
  }
  for (; i < count; i++) {
    const quotient = sums[from + i]! / weights[weightsFrom + i]!;
    out[to + i] = quotient;
    total += quotient;
  }
  return Number.isNaN(total);
}
