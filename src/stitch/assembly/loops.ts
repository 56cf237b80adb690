// The inner loops of the stitch, in AssemblyScript (assemblyscript.org): `npm run build` compiles this file to
// WebAssembly. It handles four floats at a time. V8 handles one at a time and computes with doubles, which takes
// three times as long. Every product, sum and quotient is rounded once, as Math.fround does.
//
// A rectangle has `rows` rows of `length` bytes of float32. The start of its first row and the stride from one row to
// the next are given in bytes of the memory.

/** Bytes of four floats, and of one float. */
const FOUR: usize = 16;
const ONE: usize = 4;

/** How many labels are written at once: so many bytes, for four times four floats. */
const LABELS: usize = 16;

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
 * @returns bits: 1 if some weights are 0; 2 if some quotients with a weight are NaN, and perhaps also if some are infinite
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
): i32 {
  const wide = length & -FOUR;
  const zeros = f32x4.splat(0);
  let gaps = zeros;
  let gap: bool = false;
  // All quotients are added up: a sum is NaN if one of its terms is NaN.
  let totals = zeros;
  let total: f32 = 0;
  for (; rows > 0; rows--) {
    let at: usize = 0;
    for (; at < wide; at += FOUR) {
      const four = v128.load(weights + at);
      const missing = f32x4.eq(four, zeros);
      const results = f32x4.div(v128.load(sums + at), four);
      v128.store(quotients + at, results);
      v128.store(sums + at, zeros);
      gaps = v128.or(gaps, missing);
      totals = f32x4.add(totals, v128.andnot(results, missing));
    }
    for (; at < length; at += ONE) {
      const one = load<f32>(weights + at);
      const result: f32 = load<f32>(sums + at) / one;
      store<f32>(quotients + at, result);
      store<f32>(sums + at, 0);
      if (one === 0) gap = true;
      else total += result;
    }
    sums += sumStride;
    weights += weightStride;
    quotients += quotientStride;
  }
  totals = f32x4.add(totals, f32x4.splat(total));
  // NaN is not equal to itself.
  const doubtful = v128.any_true(f32x4.ne(totals, totals));
  return i32(gap || v128.any_true(gaps)) | (i32(doubtful) << 1);
}

// Loops that turn scores into labels: over planes of `pixels` float32 scores, and one byte for each label. They handle
// 16 pixels at a time. For the last ones, what lies beyond a plane is read, and what lies beyond the labels and the best
// scores is written.

/** The bytes that belong to 16 floats which are compared: all bits of a byte are set where those of the float are. */
function bytesOf(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/**
 * Gives each pixel whose score exceeds the threshold the label, and any other pixel 0.
 *
 * @returns how many exceed it
 */
export function mark(scores: usize, labels: usize, threshold: f32, label: i32, pixels: i32): i32 {
  const thresholds = f32x4.splat(threshold);
  const given = i8x16.splat(i8(label));
  let hits = 0;
  for (; pixels > 0; pixels -= i32(LABELS)) {
    const hit = bytesOf(
      f32x4.gt(v128.load(scores), thresholds),
      f32x4.gt(v128.load(scores, FOUR), thresholds),
      f32x4.gt(v128.load(scores, 2 * FOUR), thresholds),
      f32x4.gt(v128.load(scores, 3 * FOUR), thresholds),
    );
    v128.store(labels, v128.and(hit, given));
    hits += popcnt(firstOf(hit, pixels));
    scores += LABELS * ONE;
    labels += LABELS;
  }
  return hits;
}

/** A bit for each byte that is set, of at most the first `count` bytes. */
function firstOf(bytes: v128, count: i32): i32 {
  const bits = i8x16.bitmask(bytes);
  return count < i32(LABELS) ? bits & ((1 << count) - 1) : bits;
}

/** Gives each pixel whose score exceeds the best one the label; its score is the best one then. */
export function rise(scores: usize, best: usize, labels: usize, label: i32, pixels: i32): void {
  const given = i8x16.splat(i8(label));
  for (; pixels > 0; pixels -= i32(LABELS)) {
    const hit = bytesOf(
      raised(v128.load(scores), best),
      raised(v128.load(scores, FOUR), best + FOUR),
      raised(v128.load(scores, 2 * FOUR), best + 2 * FOUR),
      raised(v128.load(scores, 3 * FOUR), best + 3 * FOUR),
    );
    v128.store(labels, v128.bitselect(given, v128.load(labels), hit));
    scores += LABELS * ONE;
    best += LABELS * ONE;
    labels += LABELS;
  }
}

/** Replaces four best scores by larger ones, and returns which. */
function raised(scores: v128, best: usize): v128 {
  const former = v128.load(best);
  v128.store(best, f32x4.pmax(former, scores));
  return f32x4.gt(scores, former);
}

/**
 * {@link rise} for scores that exceed the threshold, multiplied by the scale. The products are rounded to float64 and then
 * to float32.
 */
export function contend(scores: usize, best: usize, labels: usize, threshold: f32, scale: f64, label: i32, pixels: i32): void {
  const thresholds = f32x4.splat(threshold);
  const scales = f64x2.splat(scale);
  const given = i8x16.splat(i8(label));
  for (; pixels > 0; pixels -= i32(LABELS)) {
    const hit = bytesOf(
      raised(shares(v128.load(scores), thresholds, scales), best),
      raised(shares(v128.load(scores, FOUR), thresholds, scales), best + FOUR),
      raised(shares(v128.load(scores, 2 * FOUR), thresholds, scales), best + 2 * FOUR),
      raised(shares(v128.load(scores, 3 * FOUR), thresholds, scales), best + 3 * FOUR),
    );
    v128.store(labels, v128.bitselect(given, v128.load(labels), hit));
    scores += LABELS * ONE;
    best += LABELS * ONE;
    labels += LABELS;
  }
}

/** Four scores times the scale; NaN, which exceeds nothing, for those that do not exceed the threshold. */
function shares(scores: v128, thresholds: v128, scales: v128): v128 {
  const left = f64x2.mul(f64x2.promote_low_f32x4(scores), scales);
  const right = f64x2.mul(f64x2.promote_low_f32x4(i64x2.shuffle(scores, scores, 1, 0)), scales);
  const four = i64x2.shuffle(f32x4.demote_f64x2_zero(left), f32x4.demote_f64x2_zero(right), 0, 2);
  return v128.bitselect(four, f32x4.splat(NaN), f32x4.gt(scores, thresholds));
}

/** How many pixels have a label. */
export function tally(labels: usize, label: i32, pixels: i32): i32 {
  const wanted = i8x16.splat(i8(label));
  let count = 0;
  for (; pixels > 0; pixels -= i32(LABELS)) {
    count += popcnt(firstOf(i8x16.eq(v128.load(labels), wanted), pixels));
    labels += LABELS;
  }
  return count;
}

/** How many scores are numbers. */
export function countNumbers(scores: usize, pixels: i32): i32 {
  let numbers = 0;
  for (; pixels > 0; pixels -= i32(LABELS)) {
    const a = v128.load(scores);
    const b = v128.load(scores, FOUR);
    const c = v128.load(scores, 2 * FOUR);
    const d = v128.load(scores, 3 * FOUR);
    numbers += popcnt(firstOf(bytesOf(f32x4.eq(a, a), f32x4.eq(b, b), f32x4.eq(c, c), f32x4.eq(d, d)), pixels));
    scores += LABELS * ONE;
  }
  return numbers;
}
