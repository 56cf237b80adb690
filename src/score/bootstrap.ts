import { createRandom } from '../plan/sampling/random.js';

/** Where the mean of a measure would be for other slides of the same kind. */
export interface Interval {
  readonly mean: number;
  /** 95 % of the means of samples drawn anew lie between these. */
  readonly low: number;
  readonly high: number;
}

/**
 * Patients (or slides, where nobody says whose they are) that an interval is told of, at least. Means of few are too much alike: of two there are three,
 * and the range that 95 % of them lie in holds the true mean far less often than that.
 */
export const LEAST_UNITS = 10;

/** Samples that are drawn. */
const SAMPLES = 2000;

/**
 * The mean of a measure over slides with its 95 % interval by the percentile bootstrap (Efron 1979): units are drawn anew, with replacement,
 * as many as there are, each with all of its slides. Undefined for fewer than 2 units. The same values and seed give the same interval.
 *
 * @param units for each slide what it belongs to, such as its patient, since slides of one patient are alike; without it each is a unit of its own
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

/** The places in a list of those that belong to each unit, units in the order in which they come first. */
export function membersOf(units: readonly unknown[]): readonly (readonly number[])[] {
  const found = new Map<unknown, number[]>();
  units.forEach((unit, i) => {
    const own = found.get(unit);
    if (own) own.push(i);
    else found.set(unit, [i]);
  });
  return [...found.values()];
}
