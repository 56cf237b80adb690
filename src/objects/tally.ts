import type { OutlineRing } from './corners.js';

/** Measures of the samples of one channel over the pixels of an object. */
export interface SampleMeasures {
  /** Mean over all pixels with a value; 0 if no pixel has one. */
  readonly mean: number;
  /** Standard deviation over all pixels with a value. */
  readonly deviation: number;
  readonly largest: number;
}

/** Adds up the samples of several channels over the pixels of a region. */
export interface Tally {
  /**
   * Adds the columns from `start` up to, but not including, `end` of a row. `samples` has the values of the row in
   * each channel; NaN values are left out. `y` is the row, for tallies that tell parts of a region apart.
   */
  add(samples: readonly ArrayLike<number>[], start: number, end: number, y: number): void;
  /** Adds the sums of another tally, which must not be used afterwards. Returns this tally. */
  join(other: Tally): Tally;
  /** The measures of each channel. */
  measures(): SampleMeasures[];
  /** The tally of a part of the region, if this tally keeps samples. */
  within?(part: readonly (readonly OutlineRing[])[]): Tally;
  /** For each channel: count, sum, sum of squares, and largest value. */
  readonly sums: Float64Array;
}

/** How many numbers `sums` has for each channel: count, sum, sum of squares, and largest value. */
const EACH = 4;

/** Creates a tally of nothing for this many channels. */
export function createTally(channels: number): Tally {
  const sums = new Float64Array(EACH * channels);
  for (let c = 0; c < channels; c++) sums[EACH * c + 3] = -Infinity;
  const tally: Tally = {
    sums,
    add(samples, start, end) {
      for (let c = 0; c < channels; c++) {
        const channel = samples[c]!;
        let [count, sum, squares, largest] = [0, 0, 0, sums[EACH * c + 3]!];
        for (let x = start; x < end; x++) {
          const value = channel[x]!;
          // Pixels without a value are left out.
          if (Number.isNaN(value)) continue;
          count++;
          sum += value;
          squares += value * value;
          if (value > largest) largest = value;
        }
        sums[EACH * c]! += count;
        sums[EACH * c + 1]! += sum;
        sums[EACH * c + 2]! += squares;
        sums[EACH * c + 3] = largest;
      }
    },
    join(other) {
      for (let c = 0; c < channels; c++) {
        for (let i = 0; i < 3; i++) sums[EACH * c + i]! += other.sums[EACH * c + i]!;
        sums[EACH * c + 3] = Math.max(sums[EACH * c + 3]!, other.sums[EACH * c + 3]!);
      }
      return tally;
    },
    measures: () =>
      Array.from({ length: channels }, (_, c) => {
        const count = sums[EACH * c]!;
        if (count === 0) return { mean: 0, deviation: 0, largest: 0 };
        const mean = sums[EACH * c + 1]! / count;
        const variance = sums[EACH * c + 2]! / count - mean * mean;
        return { mean, deviation: Math.sqrt(Math.max(variance, 0)), largest: sums[EACH * c + 3]! };
      }),
  };
  return tally;
}
