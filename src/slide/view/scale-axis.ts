import type { Factor } from '../../plan/resolution/level-factor.js';
import type { Span } from '../../types.js';
import { between, endOf } from './spans.js';

/**
 * How the pixels of one axis are made from those of the source. Output pixel `i` is the weighted mean of the source
 * pixels `first[i] <= j <= last[i]`. The first has the weight `head[i]`, the last `tail[i]` (0 if it is also the
 * first), and those between have `inner`. The weights of each output pixel add up to `total`.
 *
 * All weights are whole numbers, so sums of whole numbers are exact in float64. Sums of floating-point numbers are
 * always added in the same order. So rows that are resampled alone are the same, to the bit, as in the whole image.
 */
export interface ResampleAxis {
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
 * The weights that resample `from` pixels to `to`. If there are fewer output pixels, a weight is the area of the output
 * pixel that the source pixel covers. If there are more, resampling is bilinear with half-pixel centres, and edge
 * pixels are repeated.
 *
 * @param spans the part of the source that the output covers: `of / by` pixels. It differs from `from` by less than one
 *   pixel. If it is longer, the last pixel is repeated.
 */
export function axis(from: number, to: number, spans: Factor = { of: from, by: 1 }): ResampleAxis {
  const divisor = greatestCommonDivisor(spans.of, to * spans.by);
  const n = spans.of / divisor;
  const m = (to * spans.by) / divisor;
  const first = new Int32Array(to);
  const last = new Int32Array(to);
  const head = new Float64Array(to);
  const tail = new Float64Array(to);
  if (m <= n) {
    // In units of 1/m source pixel, output pixel i covers [i * n, (i + 1) * n) and source pixel j covers [j * m, (j + 1) * m).
    for (let i = 0; i < to; i++) {
      const start = i * n;
      first[i] = Math.min(Math.floor(start / m), from - 1);
      last[i] = Math.min(Math.ceil((start + n) / m), from) - 1;
      head[i] = first[i] === last[i] ? n : (first[i]! + 1) * m - start;
      tail[i] = first[i] === last[i] ? 0 : start + n - last[i]! * m;
    }
    return { from, to, total: n, inner: m, first, last, head, tail };
  }
  for (let i = 0; i < to; i++) {
    // The centre of output pixel i lies (i + 1/2) * n / m - 1/2 source pixels from the centre of the first source
    // pixel; here in units of 1/(2m).
    const centre = (2 * i + 1) * n - m;
    const left = Math.floor(centre / (2 * m));
    first[i] = Math.min(Math.max(0, left), from - 1);
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

/** The source pixels that some output pixels are made from. */
export function sourceOf(axis: ResampleAxis, output: Span): Span {
  return between(axis.first[output.start]!, axis.last[endOf(output) - 1]! + 1);
}

/** The output pixels that some source pixels contribute to. */
export function outputOf(axis: ResampleAxis, source: Span): Span {
  const start = firstIndex(axis.to, (i) => axis.last[i]! >= source.start);
  return between(
    start,
    Math.max(
      start,
      firstIndex(axis.to, (i) => axis.first[i]! >= endOf(source)),
    ),
  );
}

/** The lowest index from which on `holds` is true; `length` if there is none. */
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

/** The weight of source pixel `j` in output pixel `i`. The pixel must contribute to it. */
export function weightOf(axis: ResampleAxis, i: number, j: number): number {
  if (j === axis.first[i]) return axis.head[i]!;
  return j === axis.last[i] ? axis.tail[i]! : axis.inner;
}
