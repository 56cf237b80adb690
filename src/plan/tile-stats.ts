import type { Pixels } from '../types.js';

/** What is counted of pictures: sums over samples of 0 to 255 and their squares, by channel, and how many pixels there were. */
export interface Sums {
  pixels: number;
  readonly sums: number[];
  readonly squares: number[];
}

/** Sums of nothing, for so many channels. */
export function emptySums(channels: number): Sums {
  return { pixels: 0, sums: Array<number>(channels).fill(0), squares: Array<number>(channels).fill(0) };
}

/** Sums over one picture. Exact: integers below 2^53. */
export function sumsOf({ width, height, channels, data }: Pixels): Sums {
  const counts = new Uint32Array(channels * 256);
  for (let i = 0; i < data.length; i += channels) {
    for (let c = 0; c < channels; c++) counts[c * 256 + data[i + c]!]!++;
  }
  const total = emptySums(channels);
  total.pixels = width * height;
  for (let c = 0; c < channels; c++) {
    for (let value = 0; value < 256; value++) {
      total.sums[c]! += value * counts[c * 256 + value]!;
      total.squares[c]! += value * value * counts[c * 256 + value]!;
    }
  }
  return total;
}

/** Adds sums to others, in place. */
export function addSums(to: Sums, more: Sums): void {
  to.pixels += more.pixels;
  more.sums.forEach((value, c) => {
    to.sums[c]! += value;
  });
  more.squares.forEach((value, c) => {
    to.squares[c]! += value;
  });
}

/** Mean and standard deviation (of the whole, not of a sample) by channel, of samples scaled to 0 to 1. */
export function momentsOf({ pixels, sums, squares }: Sums): {
  readonly mean: readonly number[];
  readonly std: readonly number[];
} {
  const mean = sums.map((sum) => (pixels > 0 ? sum / pixels : 0));
  const std = squares.map((square, c) => Math.sqrt(Math.max(0, (pixels > 0 ? square / pixels : 0) - mean[c]! ** 2)));
  return { mean: mean.map((value) => value / 255), std: std.map((value) => value / 255) };
}

/** How often each label occurs. */
export function labelsOf({ data }: Pixels): Float64Array {
  const counts = new Float64Array(256);
  for (let i = 0; i < data.length; i++) counts[data[i]!]!++;
  return counts;
}

/** How much of a dataset is of one class. */
export interface ClassArea {
  /** Pixels of the class. */
  readonly pixels: number;
  /** Pixels, of whatever class, of the tiles that hold the class. */
  readonly pixelsWhereSeen: number;
}

/**
 * Weights that make classes count alike in a loss: `median(f) / f`, where `f` is the pixels of a class over the pixels of the tiles that
 * hold it (median frequency balancing; Eigen and Fergus 2015, "Predicting depth, surface normals and semantic labels", section 6.3.2). A
 * class that is nowhere has none.
 */
export function classWeights(areas: readonly ClassArea[]): (number | undefined)[] {
  const frequencies = areas.map(({ pixels, pixelsWhereSeen }) => (pixels > 0 ? pixels / pixelsWhereSeen : undefined));
  const sorted = frequencies.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return frequencies.map((value) => (value === undefined ? undefined : median / value));
}
