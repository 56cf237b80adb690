import type { Span } from '../types.js';
import type { Slab } from './rows.js';
import { between, endOf } from './spans.js';

/**
 * How the pixels of one axis are made from those of the source: output pixel `i` is the weighted mean of the source pixels
 * `first[i] <= j <= last[i]`, with weight `head[i]` on the first, `tail[i]` on the last (0 where that is the first) and `inner` on those
 * between. The weights of each output pixel add up to `total`.
 *
 * All weights are whole numbers, so the sums are exact in float64 and do not depend on the order of the additions: rows that are
 * resampled alone come out the same, to the bit, as those of the whole image.
 */
export interface Axis {
  /** Length of the source, in pixels. */
  readonly from: number;
  /** Length of the output, in pixels. */
  readonly to: number;
  readonly total: number;
  readonly inner: number;
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly head: Float64Array;
  readonly tail: Float64Array;
}

/**
 * The weights that take `from` pixels to `to`: the area that each source pixel covers of the output pixel where there are fewer,
 * bilinear with half-pixel centres, edge pixels repeated, where there are more.
 */
export function axis(from: number, to: number): Axis {
  const divisor = greatestCommonDivisor(from, to);
  const n = from / divisor;
  const m = to / divisor;
  const first = new Int32Array(to);
  const last = new Int32Array(to);
  const head = new Float64Array(to);
  const tail = new Float64Array(to);
  if (m <= n) {
    // In units of 1/m source pixel, output pixel i covers [i * n, (i + 1) * n) and source pixel j covers [j * m, (j + 1) * m).
    for (let i = 0; i < to; i++) {
      const start = i * n;
      first[i] = Math.floor(start / m);
      last[i] = Math.ceil((start + n) / m) - 1;
      head[i] = Math.min(n, (first[i]! + 1) * m - start);
      tail[i] = first[i] === last[i] ? 0 : start + n - last[i]! * m;
    }
    return { from, to, total: n, inner: m, first, last, head, tail };
  }
  for (let i = 0; i < to; i++) {
    // The centre of output pixel i lies at (i + 1/2) * n / m - 1/2 source pixels from the centre of the first, here in units of 1/(2m).
    const centre = (2 * i + 1) * n - m;
    const left = Math.floor(centre / (2 * m));
    first[i] = Math.max(0, left);
    last[i] = Math.min(from - 1, left + 1);
    const toRight = centre - left * 2 * m;
    head[i] = first[i] === last[i] ? 2 * m : 2 * m - toRight;
    tail[i] = first[i] === last[i] ? 0 : toRight;
  }
  return { from, to, total: 2 * m, inner: 0, first, last, head, tail };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** The source pixels from which some output pixels are made. */
export function sourceOf(axis: Axis, output: Span): Span {
  return between(axis.first[output.start]!, axis.last[endOf(output) - 1]! + 1);
}

/** The output pixels in which some source pixels take part. */
export function outputOf(axis: Axis, source: Span): Span {
  const start = firstIndex(axis.to, (i) => axis.last[i]! >= source.start);
  return between(
    start,
    Math.max(
      start,
      firstIndex(axis.to, (i) => axis.first[i]! >= endOf(source)),
    ),
  );
}

/** The lowest index from which on `holds` is true, `length` if there is none. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Resamples a rectangle of RGB pixels, rounding half up.
 *
 * @param columns columns of the output
 * @param rows rows of the output
 * @param slab gives source pixels: row `y` with at least the given columns
 * @returns `columns.length * rows.length` interleaved RGB pixels
 */
export function resample(x: Axis, y: Axis, columns: Span, rows: Span, slab: (y: number, columns: Span) => Slab): Uint8Array {
  const source = sourceOf(x, columns);
  const out = new Uint8Array(columns.length * rows.length * 3);
  // A sum is at most 255 * y.total, and the total at most twice the longer side: below 2^31 for sides of up to 2^22 pixels.
  const sums = new Int32Array(source.length * 3);
  let upper: Slab | undefined;
  let lower: Slab | undefined;
  for (let r = 0; r < rows.length; r++) {
    const row = rows.start + r;
    const first = y.first[row]!;
    const last = y.last[row]!;
    sums.fill(0);
    // Two rows at a time: twice as fast as one, since each sum is fetched and stored half as often.
    for (let j = first; j <= last; j += 2) {
      upper = holds(lower, j) ? lower : slab(j, source);
      lower = j === last || holds(upper, j + 1) ? upper : slab(j + 1, source);
      const second = Math.min(j + 1, last);
      addRows(
        sums,
        upper.data,
        offsetOf(upper, source.start, j),
        weightOf(y, row, j),
        lower.data,
        offsetOf(lower, source.start, second),
        second === j ? 0 : weightOf(y, row, second),
      );
    }
    mixColumns(x, columns, sums, source.start, y.total, out, r * columns.length * 3);
  }
  return out;
}

function holds(slab: Slab | undefined, y: number): slab is Slab {
  return slab !== undefined && y >= slab.y && y < slab.y + slab.height;
}

function offsetOf(slab: Slab, x: number, y: number): number {
  return ((y - slab.y) * slab.width + x - slab.x) * 3;
}

/** The weight of source pixel `j` in output pixel `i`, which it takes part in. */
function weightOf(axis: Axis, i: number, j: number): number {
  if (j === axis.first[i]) return axis.head[i]!;
  return j === axis.last[i] ? axis.tail[i]! : axis.inner;
}

function addRows(
  sums: Int32Array,
  a: Uint8Array,
  fromA: number,
  weightA: number,
  b: Uint8Array,
  fromB: number,
  weightB: number,
) {
  const count = sums.length;
  for (let k = 0; k < count; k++) {
    sums[k] = (sums[k]! + Math.imul(weightA, a[fromA + k]!) + Math.imul(weightB, b[fromB + k]!)) | 0;
  }
}

/** Takes weighted sums of columns, divides by the sum of all weights, and rounds. `sums` starts at source column `start`. */
function mixColumns(
  x: Axis,
  columns: Span,
  sums: Int32Array,
  start: number,
  rowTotal: number,
  out: Uint8Array,
  offset: number,
): void {
  const { first, last, head, tail, inner } = x;
  // The mean is sum / total; (sum + total / 2) / total, cut off, rounds it half up. Another quarter keeps the quotient off the whole numbers, to
  // which it comes no nearer than 1 / (4 total), so that the rounding of the multiplication cannot carry it across one.
  const total = x.total * rowTotal;
  const half = total / 2 + 0.25;
  const scale = 1 / total;
  const end = endOf(columns);
  for (let i = columns.start, o = offset; i < end; i++, o += 3) {
    const from = (first[i]! - start) * 3;
    const to = (last[i]! - start) * 3;
    let red = 0;
    let green = 0;
    let blue = 0;
    for (let k = from + 3; k < to; k += 3) {
      red += sums[k]!;
      green += sums[k + 1]!;
      blue += sums[k + 2]!;
    }
    const h = head[i]!;
    const t = tail[i]!;
    red = inner * red + h * sums[from]! + t * sums[to]!;
    green = inner * green + h * sums[from + 1]! + t * sums[to + 1]!;
    blue = inner * blue + h * sums[from + 2]! + t * sums[to + 2]!;
    out[o] = (red + half) * scale;
    out[o + 1] = (green + half) * scale;
    out[o + 2] = (blue + half) * scale;
  }
}
