/** What is known of the samples of one channel over the pixels of an object. */
export interface SampleMeasures {
  readonly mean: number;
  /** Standard deviation over all pixels. */
  readonly deviation: number;
  readonly largest: number;
}

/** Adds up samples of some channels over the pixels of a region. */
export interface Tally {
  /** The columns from `start` to before `end` of a row, given its channels. */
  add(samples: readonly ArrayLike<number>[], start: number, end: number): void;
  /** Takes in what another one, which is given up, has added up; gives itself. */
  join(other: Tally): Tally;
  /** One for each channel. */
  measures(): SampleMeasures[];
  /** Pixels, and of each channel sum, sum of squares and largest. */
  readonly sums: Float64Array;
}

const EACH = 3;

export function createTally(channels: number): Tally {
  const sums = new Float64Array(1 + EACH * channels);
  for (let c = 0; c < channels; c++) sums[EACH * c + 3] = -Infinity;
  const tally: Tally = {
    sums,
    add(samples, start, end) {
      sums[0]! += end - start;
      for (let c = 0; c < channels; c++) {
        const channel = samples[c]!;
        let [sum, squares, largest] = [0, 0, sums[EACH * c + 3]!];
        for (let x = start; x < end; x++) {
          const value = channel[x]!;
          sum += value;
          squares += value * value;
          if (value > largest) largest = value;
        }
        sums[EACH * c + 1]! += sum;
        sums[EACH * c + 2]! += squares;
        sums[EACH * c + 3] = largest;
      }
    },
    join(other) {
      sums[0]! += other.sums[0]!;
      for (let c = 0; c < channels; c++) {
        sums[EACH * c + 1]! += other.sums[EACH * c + 1]!;
        sums[EACH * c + 2]! += other.sums[EACH * c + 2]!;
        sums[EACH * c + 3] = Math.max(sums[EACH * c + 3]!, other.sums[EACH * c + 3]!);
      }
      return tally;
    },
    measures: () =>
      Array.from({ length: channels }, (_, c) => {
        const mean = sums[EACH * c + 1]! / sums[0]!;
        const variance = sums[EACH * c + 2]! / sums[0]! - mean * mean;
        return { mean, deviation: Math.sqrt(Math.max(variance, 0)), largest: sums[EACH * c + 3]! };
      }),
  };
  return tally;
}
