import { createRandom } from '../plan/random.js';

/** Where the mean of a measure would be for other slides of the same kind. */
export interface Interval {
  readonly mean: number;
  /** 95 % of the means of samples drawn anew lie between these. */
  readonly low: number;
  readonly high: number;
}

/** Samples that are drawn. */
const SAMPLES = 2000;

/**
 * The mean of a measure over slides with its 95 % interval by the percentile bootstrap (Efron 1979): slides are drawn anew, with replacement,
 * as many as there are. Undefined for fewer than 2 slides. The same values and seed give the same interval.
 */
export function bootstrap(values: readonly number[], seed = 0): Interval | undefined {
  if (values.length < 2) return undefined;
  const random = createRandom(seed, 'bootstrap');
  const means = Float64Array.from({ length: SAMPLES }, (_, sample) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      const [draw] = random.pair(sample * values.length + i);
      sum += values[Math.floor(draw * values.length)]!;
    }
    return sum / values.length;
  }).sort();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, low: means[Math.floor(0.025 * SAMPLES)]!, high: means[Math.ceil(0.975 * SAMPLES) - 1]! };
}
