import type { Pixels } from '../types.js';

/** HSV saturation of every pixel of an RGB image, 0 to 255: `255 (max - min) / max`, rounded; 0 for black. */
export function saturation({ width, height, channels, data }: Pixels): Uint8Array {
  const plane = new Uint8Array(width * height);
  const table = saturations();
  for (let i = 0, at = 0; i < plane.length; i++, at += channels) {
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
    plane[i] = table[(Math.max(red, green, blue) << 8) | Math.min(red, green, blue)]!;
  }
  return plane;
}

/** The saturation by the largest of three values, times 256, plus the smallest. */
function saturations(): Uint8Array {
  return Uint8Array.from({ length: 256 * 256 }, (_, index) => saturationOf(index >> 8, index & 255, index & 255));
}

/** HSV saturation of one colour, 0 to 255, rounded. */
export function saturationOf(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  if (most === 0) return 0;
  return Math.round((255 * (most - Math.min(red, green, blue))) / most);
}

/**
 * The threshold that separates a histogram's two classes best: the largest between-class variance (Otsu 1979, "A threshold
 * selection method from gray-level histograms"). Values above the threshold form the upper class.
 */
export function otsuThreshold(values: Uint8Array): number {
  const counts = new Float64Array(256);
  for (let i = 0; i < values.length; i++) counts[values[i]!]!++;
  let sum = 0;
  for (let v = 0; v < 256; v++) sum += v * counts[v]!;
  let below = 0;
  let sumBelow = 0;
  let best = 0;
  let bestVariance = 0;
  for (let v = 0; v < 255; v++) {
    below += counts[v]!;
    sumBelow += v * counts[v]!;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const variance = below * above * (sumBelow / below - (sum - sumBelow) / above) ** 2;
    if (variance > bestVariance) {
      bestVariance = variance;
      best = v;
    }
  }
  return best;
}

/**
 * Median over a square neighbourhood, cut at the border. `radius` in pixels: 3 is a 7 x 7 filter. From one pixel to the next one column
 * enters the histogram, one leaves, and the median moves a little (Huang, Yang and Tang 1979, "A fast two-dimensional median
 * filtering algorithm").
 */
export function medianFilter(plane: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const out = new Uint8Array(plane.length);
  const counts = new Int32Array(256);
  for (let y = 0; y < height; y++) {
    const top = Math.max(y - radius, 0) * width;
    const bottom = Math.min(y + radius, height - 1) * width;
    const rows = (bottom - top) / width + 1;
    counts.fill(0);
    let total = 0;
    let median = 0;
    let below = 0;
    for (let x = -radius; x < width; x++) {
      const entering = x + radius;
      if (entering < width) {
        for (let at = top + entering; at <= bottom + entering; at += width) {
          const value = plane[at]!;
          counts[value]!++;
          // One more where value < median. A branch here would be guessed wrong half the time.
          below += (value - median) >>> 31;
        }
        total += rows;
      }
      const leaving = x - radius - 1;
      if (leaving >= 0) {
        for (let at = top + leaving; at <= bottom + leaving; at += width) {
          const value = plane[at]!;
          counts[value]!--;
          below -= (value - median) >>> 31;
        }
        total -= rows;
      }
      if (x < 0) continue;
      const rank = (total + 1) >> 1;
      while (below >= rank) below -= counts[--median]!;
      while (below + counts[median]! < rank) below += counts[median++]!;
      out[y * width + x] = median;
    }
  }
  return out;
}
