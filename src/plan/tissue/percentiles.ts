import type { Pixels, Samples } from '../../types.js';

/** A low and a high percentile: only few samples are lower than `least` or higher than `most`. */
export interface Percentiles {
  readonly least: number;
  readonly most: number;
}

/** The share of the samples that may be lower, and the share that may be higher: dead and hot pixels, and dust. */
const OUTLIERS = 0.001;

/** Floating-point samples are sorted, at most about this many. If there are more, only every n-th sample is used. */
const MOST_SORTED = 2 ** 20;

/**
 * The 0.1th and the 99.9th percentile of samples. NaN and infinite samples are left out. Undefined if the two are
 * equal.
 */
export function percentilesOf(data: Samples): Percentiles | undefined {
  const [least, most] = data instanceof Float32Array ? sortedEnds(data) : countedEnds(data);
  return most > least ? { least, most } : undefined;
}

function countedEnds(data: Uint8Array | Uint16Array): readonly [number, number] {
  const counts = new Uint32Array(65_536);
  for (let i = 0; i < data.length; i++) counts[data[i]!]!++;
  const valueAt = (rank: number): number => {
    let value = 0;
    for (let seen = counts[0]!; seen <= rank; ) seen += counts[++value]!;
    return value;
  };
  return ranksOf(data.length).map(valueAt) as [number, number];
}

function sortedEnds(data: Float32Array): readonly [number, number] {
  const step = Math.ceil(data.length / MOST_SORTED);
  const some = new Float32Array(Math.ceil(data.length / step));
  let count = 0;
  for (let i = 0; i < data.length; i += step) if (Number.isFinite(data[i])) some[count++] = data[i]!;
  if (count === 0) return [0, 0];
  const sorted = some.subarray(0, count).sort();
  return ranksOf(count).map((rank) => sorted[rank]!) as [number, number];
}

/** The indices of the percentiles among `count` sorted values, from 0. */
function ranksOf(count: number): readonly [number, number] {
  const rank = (share: number): number => Math.max(0, Math.ceil(share * count) - 1);
  return [rank(OUTLIERS), rank(1 - OUTLIERS)];
}

/**
 * Turns samples of one or of three channels into 8-bit RGB: the percentiles become 0 and 255, or 255 and 0 with
 * `whiteIsZero`. NaN becomes 0.
 */
export function stretchedRgb(
  { width, height, channels, data }: Pixels<Samples>,
  { least, most }: Percentiles,
  whiteIsZero: boolean,
): Pixels {
  const rgb = new Uint8ClampedArray(width * height * 3);
  const [from, to] = whiteIsZero ? [most, least] : [least, most];
  const gain = 255 / (to - from);
  const step = channels >= 3 ? 1 : 0;
  for (let i = 0, at = 0; i < rgb.length; i += 3, at += channels) {
    for (let c = 0; c < 3; c++) rgb[i + c] = gain * (data[at + c * step]! - from);
  }
  return { width, height, channels: 3, data: new Uint8Array(rgb.buffer) };
}
