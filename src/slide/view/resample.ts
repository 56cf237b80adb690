import { newSamples, typeOf } from '../../tiff/samples/native.js';
import type { Pixels, Samples, Span } from '../../types.js';
import type { Slab } from './rows.js';
import { type ResampleAxis, sourceOf, weightOf } from './scale-axis.js';
import { endOf } from './spans.js';

/**
 * Resamples a rectangle of pixels. Samples keep their type; whole numbers are rounded half up.
 *
 * @param columns columns of the output
 * @param rows rows of the output, at least one
 * @param slab gives source pixels: row `y` with at least the given columns. All slabs have the same channels and type
 */
export function resample<Data extends Samples>(
  x: ResampleAxis,
  y: ResampleAxis,
  columns: Span,
  rows: Span,
  slab: (y: number, columns: Span) => Slab<Data>,
): Pixels<Data> {
  const source = sourceOf(x, columns);
  let upper: Slab | undefined;
  let lower: Slab | undefined = slab(y.first[rows.start]!, source);
  const { channels } = lower;
  const type = typeOf(lower.data);
  const out = newSamples(type, columns.length * rows.length * channels);
  // A sum of bytes is at most 255 * y.total, and y.total is at most twice the longer side: below 2^31 for sides of up
  // to 2^22 pixels.
  const sums = new (type === 'uint8' ? Int32Array : Float64Array)(source.length * channels);
  for (let r = 0; r < rows.length; r++) {
    const row = rows.start + r;
    const first = y.first[row]!;
    const last = y.last[row]!;
    sums.fill(0);
    // Two rows at a time. This is twice as fast as one, because each sum is loaded and stored half as often.
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
    const at = r * columns.length * channels;
    if (sums instanceof Int32Array && channels === 3) mixColours(x, columns, sums, source.start, y.total, out, at);
    else mixColumns(x, columns, sums, source.start, channels, y.total, out, at);
  }
  return { width: columns.length, height: rows.length, channels, data: out as Samples as Data };
}

function holds(slab: Slab | undefined, y: number): slab is Slab {
  return slab !== undefined && y >= slab.y && y < slab.y + slab.height;
}

function offsetOf(slab: Slab, x: number, y: number): number {
  return ((y - slab.y) * slab.width + x - slab.x) * slab.channels;
}

function addRows(
  sums: Int32Array | Float64Array,
  a: Samples,
  fromA: number,
  weightA: number,
  b: Samples,
  fromB: number,
  weightB: number,
) {
  const count = sums.length;
  // The same loop twice: each copy sees (almost) only one type of array, which makes it fast.
  if (sums instanceof Int32Array) {
    for (let k = 0; k < count; k++) {
      sums[k] = (sums[k]! + Math.imul(weightA, a[fromA + k]!) + Math.imul(weightB, b[fromB + k]!)) | 0;
    }
  } else {
    for (let k = 0; k < count; k++) sums[k] = sums[k]! + (weightA * a[fromA + k]! + weightB * b[fromB + k]!);
  }
}

/**
 * The numbers that turn a weighted sum into a mean: `(sum + half) * scale`. Whole numbers are truncated afterwards. The
 * mean is sum / total, and (sum + total / 2) / total, truncated, is the mean rounded half up. The additional quarter
 * keeps the quotient at least 1 / (4 total) away from whole numbers, so that the rounding error of the multiplication
 * cannot move it across one.
 */
function meanOf(total: number, out: Samples): { readonly half: number; readonly scale: number } {
  return { half: out instanceof Float32Array ? 0 : total / 2 + 0.25, scale: 1 / total };
}

/**
 * Computes the weighted sums of columns, and divides them by the sum of all weights. `sums` starts at source column
 * `start`.
 */
function mixColumns(
  { first, last, head, tail, inner, total }: ResampleAxis,
  columns: Span,
  sums: Int32Array | Float64Array,
  start: number,
  channels: number,
  rowTotal: number,
  out: Samples,
  offset: number,
): void {
  const { half, scale } = meanOf(total * rowTotal, out);
  const end = endOf(columns);
  for (let i = columns.start, o = offset; i < end; i++) {
    const from = (first[i]! - start) * channels;
    const to = (last[i]! - start) * channels;
    for (let c = 0; c < channels; c++, o++) {
      let sum = 0;
      for (let k = from + channels + c; k < to; k += channels) sum += sums[k]!;
      out[o] = (inner * sum + head[i]! * sums[from + c]! + tail[i]! * sums[to + c]! + half) * scale;
    }
  }
}

/** {@link mixColumns} for bytes of red, green and blue. Most slides are of this kind, and it takes half the time. */
function mixColours(
  { first, last, head, tail, inner, total }: ResampleAxis,
  columns: Span,
  sums: Int32Array,
  start: number,
  rowTotal: number,
  out: Samples,
  offset: number,
): void {
  const { half, scale } = meanOf(total * rowTotal, out);
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
