import { createRandom } from '../plan/sampling/random.js';

/** The mean of a measure, and the range of means to expect for other slides of the same kind. */
export interface Interval {
  readonly mean: number;
  /** 95 % of the means of resampled slides lie between these. */
  readonly low: number;
  readonly high: number;
}

/**
 * The fewest patients (or slides, if patients are not known) for which an interval is given. With few of them,
 * resampled means vary too little: two units give only three means, and the 95 % range contains the true mean far
 * less often than 95 % of the time.
 */
export const LEAST_UNITS = 10;

/** The number of samples drawn. */
const SAMPLES = 2000;

/**
 * The mean of a measure over slides with its 95 % interval by the percentile bootstrap (Efron 1979): each sample
 * draws as many units as there are, with replacement, each with all of its slides. Undefined for fewer than 2 units.
 * The same values and seed give the same interval.
 *
 * @param units for each slide its unit, such as its patient, since slides of one patient are alike; if not given,
 *   each slide is a unit
 */
export function bootstrap(values: readonly number[], seed = 0, units?: readonly unknown[]): Interval | undefined {
  const members = membersOf(units ?? values.map((_, i) => i));
  const count = members.length;
  if (count < 2) return undefined;
  const sums = members.map((own) => own.reduce((sum, i) => sum + values[i]!, 0));
  const random = createRandom(seed, 'bootstrap');
  const means = Float64Array.from({ length: SAMPLES }, (_, sample) => {
    let [sum, slides] = [0, 0];
    for (let i = 0; i < count; i++) {
      const drawn = Math.floor(random.pair(sample * count + i)[0] * count);
      sum += sums[drawn]!;
      slides += members[drawn]!.length;
    }
    return sum / slides;
  }).sort();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, low: means[Math.floor(0.025 * SAMPLES)]!, high: means[Math.ceil(0.975 * SAMPLES) - 1]! };
}

/** For each unit the indices of its entries, with units in the order of their first entry. */
export function membersOf(units: readonly unknown[]): readonly (readonly number[])[] {
  const found = new Map<unknown, number[]>();
  units.forEach((unit, i) => {
    const own = found.get(unit);
    if (own) own.push(i);
    else found.set(unit, [i]);
  });
  return [...found.values()];
}
