import type { Pixels } from '../../types.js';

/**
 * Statistics of pictures: for each channel the sum of its samples (0 to 255) and of their squares, and the number of
 * pixels.
 */
export interface Sums {
  pixels: number;
  readonly sums: number[];
  readonly squares: number[];
}

/** Sums of zero. */
export function emptySums(): Sums {
  return { pixels: 0, sums: [0, 0, 0], squares: [0, 0, 0] };
}

/** The sums of one picture with three channels. They are exact: integers below 2^53. */
export function sumsOf({ width, height, data }: Pixels): Sums {
  const total = emptySums();
  total.pixels = width * height;
  const { sums, squares } = total;
  for (let y = 0, i = 0; y < height; y++) {
    // For up to 33,025 pixels, sums of squares stay below 2^31, so that they fit into the machine's 32-bit integers.
    for (const end = i + width * 3; i < end; ) {
      const part = Math.min(end, i + 33_000 * 3);
      let [r, g, b] = [0, 0, 0];
      let [rr, gg, bb] = [0, 0, 0];
      for (; i < part; i += 3) {
        const red = data[i]!;
        const green = data[i + 1]!;
        const blue = data[i + 2]!;
        r = (r + red) | 0;
        g = (g + green) | 0;
        b = (b + blue) | 0;
        rr = (rr + red * red) | 0;
        gg = (gg + green * green) | 0;
        bb = (bb + blue * blue) | 0;
      }
      sums[0]! += r;
      sums[1]! += g;
      sums[2]! += b;
      squares[0]! += rr;
      squares[1]! += gg;
      squares[2]! += bb;
    }
  }
  return total;
}

/** Adds `more` to `to`, in place. */
export function addSums(to: Sums, more: Sums): void {
  to.pixels += more.pixels;
  more.sums.forEach((value, c) => {
    to.sums[c]! += value;
  });
  more.squares.forEach((value, c) => {
    to.squares[c]! += value;
  });
}

/**
 * Mean and standard deviation of each channel, for samples scaled to 0 to 1. It is the population standard deviation
 * (divided by the number of pixels). Both are 0 without pixels.
 */
export function momentsOf({ pixels, sums, squares }: Sums): {
  readonly mean: readonly number[];
  readonly std: readonly number[];
} {
  const mean = sums.map((sum) => (pixels > 0 ? sum / pixels : 0));
  const std = squares.map((square, c) => Math.sqrt(Math.max(0, (pixels > 0 ? square / pixels : 0) - mean[c]! ** 2)));
  return { mean: mean.map((value) => value / 255), std: std.map((value) => value / 255) };
}

/** How often each label occurs. */
export function labelCounts({ data }: Pixels): Float64Array {
  const counts = new Float64Array(256);
  // Labels come in runs, so each run is counted at once.
  for (let i = 0; i < data.length; ) {
    const label = data[i]!;
    const first = i++;
    while (i < data.length && data[i] === label) i++;
    counts[label]! += i - first;
  }
  return counts;
}

/** How much of a dataset is of one class. */
export interface ClassArea {
  /** Pixels of the class. */
  readonly pixels: number;
  /** All pixels, of any class, of the tiles that have the class. */
  readonly pixelsWhereSeen: number;
}

/**
 * Weights that make classes count equally in a loss: `median(f) / f`. Here `f` is the number of pixels of a class
 * divided by the number of pixels of the tiles that have it (median frequency balancing; Eigen and Fergus 2015,
 * "Predicting depth, surface normals and semantic labels", section 6.3.2). A class without pixels has no weight.
 */
export function classWeights(areas: readonly ClassArea[]): (number | undefined)[] {
  const frequencies = areas.map(({ pixels, pixelsWhereSeen }) => (pixels > 0 ? pixels / pixelsWhereSeen : undefined));
  const sorted = frequencies.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return frequencies.map((value) => (value === undefined ? undefined : median / value));
}
