import type { Pixels, Samples } from '../../types.js';

/** Values of which a few samples only are lower, or higher. */
export interface Percentiles {
  readonly least: number;
  readonly most: number;
}

/** Shares of the samples that may be lower and higher: dead and hot pixels, and dust. */
const OUTLIERS = 0.001;

/** Floating point is sorted; of more samples every so many are. */
const MOST_SORTED = 2 ** 20;

/** The 0.1 and the 99.9 percentile of samples; what is no number is left out. Undefined where nothing lies between them. */
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

/** Which of so many sorted values are the percentiles, counted from 0. */
function ranksOf(count: number): readonly [number, number] {
  const rank = (share: number): number => Math.max(0, Math.ceil(share * count) - 1);
  return [rank(OUTLIERS), rank(1 - OUTLIERS)];
}

/** Samples of one channel, or of three, as 8-bit RGB: the percentiles become 0 and 255. What is no number becomes 0. */
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
