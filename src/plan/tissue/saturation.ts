import type { Pixels } from '../../types.js';
import { byteCounts } from './byte-counts.js';
import { squaresAbove } from './squares.js';

/** HSV saturation of every pixel of an RGB image, 0 to 255: `255 (max - min) / max`, rounded; 0 for black. */
export function saturation({ width, height, channels, data }: Pixels): Uint8Array {
  const plane = new Uint8Array(width * height);
  const table = saturations();
  for (let i = 0, at = 0; i < plane.length; i++, at += channels) {
    const red = data[at]!;
    const green = data[at + 1]!;
    const blue = data[at + 2]!;
    plane[i] = table[(largest(red, green, blue) << 8) | smallest(red, green, blue)]!;
  }
  return plane;
}

/** The largest of three bytes, without a branch, which a processor would predict wrongly: colours are noisy. */
export function largest(a: number, b: number, c: number): number {
  const first = a - ((a - b) & ((a - b) >> 31));
  return first - ((first - c) & ((first - c) >> 31));
}

/** The smallest of three bytes, likewise. */
export function smallest(a: number, b: number, c: number): number {
  const first = b + ((a - b) & ((a - b) >> 31));
  return c + ((first - c) & ((first - c) >> 31));
}

/** A table of saturations. The index is `256 * largest + smallest` of the red, green and blue values. */
export function saturations(): Uint8Array {
  const table = new Uint8Array(256 * 256);
  for (let most = 0; most < 256; most++) {
    for (let least = 0; least <= most; least++) table[(most << 8) | least] = saturationOf(most, least, least);
  }
  return table;
}

/** HSV saturation of one colour, 0 to 255, rounded. */
export function saturationOf(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  if (most === 0) return 0;
  return Math.round((255 * (most - Math.min(red, green, blue))) / most);
}

/**
 * The threshold that best separates the two classes of a histogram: it has the largest between-class variance (Otsu
 * 1979, "A threshold selection method from gray-level histograms"). Values above the threshold form the upper class.
 */
export function otsuThreshold(values: Uint8Array): number {
  const counts = byteCounts(values);
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
 * Median over a square neighbourhood, cut off at the border, for every row or every `every`-th row. `radius` is in
 * pixels: 3 makes a 7 × 7 filter. From one pixel to the next, one column enters the histogram, one leaves, and the
 * median moves a little (Huang, Yang and Tang 1979, "A fast two-dimensional median filtering algorithm").
 *
 * @returns the rows 0, `every`, 2 `every` and so on, one after the other
 */
export function medianRows(plane: Uint8Array, width: number, height: number, radius: number, every = 1): Uint8Array {
  const out = new Uint8Array(width * Math.ceil(height / every));
  const counts = new Int32Array(256);
  let at = 0;
  for (let y = 0; y < height; y += every) {
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
        for (let from = top + entering; from <= bottom + entering; from += width) {
          const value = plane[from]!;
          counts[value]!++;
          // Adds 1 if value < median. A branch here would be mispredicted half the time.
          below += (value - median) >>> 31;
        }
        total += rows;
      }
      const leaving = x - radius - 1;
      if (leaving >= 0) {
        for (let from = top + leaving; from <= bottom + leaving; from += width) {
          const value = plane[from]!;
          counts[value]!--;
          below -= (value - median) >>> 31;
        }
        total -= rows;
      }
      if (x < 0) continue;
      const rank = (total + 1) >> 1;
      while (below >= rank) below -= counts[--median]!;
      while (below + counts[median]! < rank) below += counts[median++]!;
      out[at++] = median;
    }
  }
  return out;
}

/**
 * 1 where the median of {@link medianRows} exceeds a threshold, else 0. The median exceeds it exactly where more than
 * half of the neighbourhood does. Counting these pixels takes a small part of the time of finding medians.
 *
 * @param radius in px, at most 5
 * @param threshold a whole number from 0 on
 */
export function medianAbove(plane: Uint8Array, width: number, height: number, radius: number, threshold: number): Uint8Array {
  return squaresAbove(plane, { width, height }, radius, threshold, 0.5);
}
