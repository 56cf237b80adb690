// The inner loops of the stitch, in AssemblyScript (assemblyscript.org): `npm run build` compiles this file to
// WebAssembly. It handles four floats at a time. V8 handles one at a time and computes with doubles, which takes
// three times as long. Every product, sum and quotient is rounded once, as Math.fround does.
//
// A rectangle has `rows` rows of `length` bytes of float32. The start of its first row and the stride from one row to
// the next are given in bytes of the memory.

/** Bytes of four floats, and of one float. */
const FOUR: usize = 16;
const ONE: usize = 4;

/** Adds weights times scores to sums. Weights and scores have the same `stride`. */
export function add(
  sums: usize,
  weights: usize,
  scores: usize,
  sumStride: usize,
  stride: usize,
  length: usize,
  rows: i32,
): void {
  const wide = length & -FOUR;
  for (; rows > 0; rows--) {
    let at: usize = 0;
    for (; at < wide; at += FOUR) {
      const products = f32x4.mul(v128.load(weights + at), v128.load(scores + at));
      v128.store(sums + at, f32x4.add(v128.load(sums + at), products));
    }
    for (; at < length; at += ONE) {
      const product = load<f32>(weights + at) * load<f32>(scores + at);
      store<f32>(sums + at, load<f32>(sums + at) + product);
    }
    sums += sumStride;
    weights += stride;
    scores += stride;
  }
}

/**
 * Divides sums by weights and sets the sums to zero.
 *
 * @returns false if all quotients are finite numbers; true if some are NaN, and perhaps also if some are infinite
 */
export function divide(
  sums: usize,
  weights: usize,
  quotients: usize,
  sumStride: usize,
  weightStride: usize,
  quotientStride: usize,
  length: usize,
  rows: i32,
): bool {
  const wide = length & -FOUR;
  const zeros = f32x4.splat(0);
  // All quotients are added up: a sum is NaN if one of its terms is NaN.
  let totals = zeros;
  let total: f32 = 0;
  for (; rows > 0; rows--) {
    let at: usize = 0;
    for (; at < wide; at += FOUR) {
      const four = f32x4.div(v128.load(sums + at), v128.load(weights + at));
      v128.store(quotients + at, four);
      v128.store(sums + at, zeros);
      totals = f32x4.add(totals, four);
    }
    for (; at < length; at += ONE) {
      const one: f32 = load<f32>(sums + at) / load<f32>(weights + at);
      store<f32>(quotients + at, one);
      store<f32>(sums + at, 0);
      total += one;
    }
    sums += sumStride;
    weights += weightStride;
    quotients += quotientStride;
  }
  totals = f32x4.add(totals, f32x4.splat(total));
  // NaN is not equal to itself.
  return v128.any_true(f32x4.ne(totals, totals));
}
