/** What is known of the samples of one channel over the pixels of an object. */
export interface SampleMeasures {
  /** Over all pixels with a value; 0 where none has one. */
  readonly mean: number;
  /** Standard deviation over all pixels with a value. */
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
  /** Of each channel count, sum, sum of squares and largest. */
  readonly sums: Float64Array;
}

/** Counts, sums, sums of squares and the largest value, of each channel. */
const EACH = 4;

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
          // What is not known is left out.
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
