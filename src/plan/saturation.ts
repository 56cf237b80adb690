import type { Pixels } from '../types.js';

/** HSV saturation of every pixel of an RGB image, 0 to 255: `255 (max - min) / max`, rounded; 0 for black. */
export function saturation({ width, height, channels, data }: Pixels): Uint8Array {
  const plane = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < plane.length; i++, at += channels) {
    plane[i] = saturationOf(data[at]!, data[at + 1]!, data[at + 2]!);
  }
  return plane;
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
  for (const value of values) counts[value]!++;
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

/** Median over a square neighbourhood, cut at the border. `radius` in pixels: 3 is a 7 x 7 filter. */
export function medianFilter(plane: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const out = new Uint8Array(plane.length);
  const counts = new Int32Array(256);
  for (let y = 0; y < height; y++) {
    const top = Math.max(y - radius, 0);
    const bottom = Math.min(y + radius, height - 1);
    counts.fill(0);
    let total = 0;
    const countColumn = (x: number, by: 1 | -1): void => {
      if (x < 0 || x >= width) return;
      for (let r = top; r <= bottom; r++) counts[plane[r * width + x]!]! += by;
      total += by * (bottom - top + 1);
    };
    for (let x = 0; x < radius; x++) countColumn(x, 1);
    for (let x = 0; x < width; x++) {
      countColumn(x + radius, 1);
      countColumn(x - radius - 1, -1);
      let rank = (total + 1) >> 1;
      let value = 0;
      while (rank > counts[value]!) rank -= counts[value++]!;
      out[y * width + x] = value;
    }
  }
  return out;
}
