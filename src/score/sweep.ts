import { IGNORED } from '../plan/labels/ignored.js';
import { membersOf } from './bootstrap.js';

/** How probabilities are stored: as bytes that mean `k / 255`, or in floating point. */
export type ProbabilityKind = 'uint8' | 'float32';

/**
 * A histogram of the probabilities of one class. Bin `k` counts pixels with a probability `p` such that
 * `(k - 1) / steps < p <= k / steps`: `positive[k]` of the class, and `negative[k]` of anything else. A pixel is
 * above the threshold `k / steps` exactly if its bin is above `k`, so results at these thresholds are exact.
 */
export interface Histogram {
  readonly kind: ProbabilityKind;
  /** 255 for bytes, 1024 for floating point. */
  readonly steps: number;
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

const stepsOf = { uint8: 255, float32: 1024 } as const;

/** A histogram of zeros. */
export function emptyHistogram(kind: ProbabilityKind): Histogram {
  const steps = stepsOf[kind];
  return { kind, steps, positive: new Float64Array(steps + 1), negative: new Float64Array(steps + 1) };
}

/**
 * Counts pixels, in place. A pixel that no window covered (NaN) counts with probability 0; a pixel with 255 in the
 * truth is ignored.
 *
 * @param probabilities one for each label of the truth
 * @param label of the class
 */
export function addProbabilities(histogram: Histogram, probabilities: Float32Array, truth: Uint8Array, label: number): void {
  const { kind, steps, positive, negative } = histogram;
  for (let i = 0; i < truth.length; i++) {
    const is = truth[i]!;
    if (is === IGNORED) continue;
    const p = probabilities[i]!;
    // Bytes are stored as k / 255 rounded to float32, which times 255 may be slightly above k.
    const scaled = kind === 'float32' ? Math.ceil(p * steps) : Math.round(p * steps);
    const bin = p > 0 ? Math.min(steps, scaled) : 0;
    if (is === label) positive[bin]!++;
    else negative[bin]!++;
  }
}

/** The sum of histograms of one kind. */
export function sumHistograms(all: readonly Histogram[]): Histogram {
  const sum = emptyHistogram(all[0]!.kind);
  for (const { positive, negative } of all) {
    for (let k = 0; k <= sum.steps; k++) {
      sum.positive[k]! += positive[k]!;
      sum.negative[k]! += negative[k]!;
    }
  }
  return sum;
}

/** Dice at every threshold `k / steps`, `k` from 0 to `steps`; 1 if the class is in neither. */
export function diceCurve({ steps, positive, negative }: Histogram): Float64Array {
  const curve = new Float64Array(steps + 1);
  const truth = positive.reduce((sum, value) => sum + value, 0);
  let [right, wrong] = [0, 0];
  for (let k = steps; k >= 0; k--) {
    const predicted = right + wrong;
    curve[k] = truth + predicted === 0 ? 1 : (2 * right) / (truth + predicted);
    right += positive[k]!;
    wrong += negative[k]!;
  }
  return curve;
}

/** The threshold with the best Dice, and the range around it that is nearly as good. */
export interface BestThreshold {
  readonly threshold: number;
  readonly dice: number;
  /** The thresholds around it with a Dice at most {@link PLATEAU} lower. */
  readonly plateau: readonly [from: number, to: number];
}

/** How much lower Dice may be on the plateau. */
export const PLATEAU = 0.005;

/**
 * The best threshold of a curve; on a tie, the one nearest to the middle of the plateau, which is the safest for
 * other slides.
 */
export function bestThreshold(curve: Float64Array): BestThreshold {
  const steps = curve.length - 1;
  const dice = curve.reduce((a, b) => Math.max(a, b));
  const first = curve.indexOf(dice);
  let [from, to] = [first, first];
  while (from > 0 && curve[from - 1]! >= dice - PLATEAU) from--;
  while (to < steps && curve[to + 1]! >= dice - PLATEAU) to++;
  const middle = (from + to) / 2;
  let best = first;
  for (let k = from; k <= to; k++) if (curve[k] === dice && Math.abs(k - middle) < Math.abs(best - middle)) best = k;
  return { threshold: best / steps, dice, plateau: [from / steps, to / steps] };
}

/**
 * The Dice to expect on a new slide: the mean over the slides of their Dice at the threshold that is best for the
 * slides of all other units. Undefined for fewer than 2 units.
 *
 * @param units for each slide its unit, such as its patient; if not given, each slide is a unit
 */
export function leaveOneOut(slides: readonly Histogram[], units?: readonly unknown[]): number | undefined {
  const members = membersOf(units ?? slides.map((_, i) => i));
  if (members.length < 2) return undefined;
  const found = members.flatMap((own) => {
    const { threshold } = bestThreshold(diceCurve(sumHistograms(slides.filter((_, j) => !own.includes(j)))));
    return own.map((i) => diceCurve(slides[i]!)[Math.round(threshold * slides[i]!.steps)]!);
  });
  return found.reduce((sum, value) => sum + value, 0) / found.length;
}

/** One bin of a calibration curve: how often pixels with similar probabilities are of the class. */
export interface CalibrationBin {
  /** Mean probability. */
  readonly predicted: number;
  /** Share of its pixels that is of the class. */
  readonly actual: number;
  readonly pixels: number;
}

/** The number of bins of a calibration curve. */
const CALIBRATION_BINS = 20;

/**
 * The calibration curve in 20 bins of equal width, without empty bins, and the expected calibration error: the mean
 * of `|actual - predicted|` weighted by pixels (Naeini et al. 2015). Probabilities count as the middle of their step,
 * so `predicted` is exact to half a step.
 */
export function calibration({ kind, steps, positive, negative }: Histogram): {
  readonly curve: readonly CalibrationBin[];
  readonly error: number;
} {
  const curve: CalibrationBin[] = [];
  let [error, all] = [0, 0];
  for (let bin = 0; bin < CALIBRATION_BINS; bin++) {
    let [pixels, right, sum] = [0, 0, 0];
    for (let k = 0; k <= steps; k++) {
      const p = kind === 'float32' ? Math.max(0, k - 0.5) / steps : k / steps;
      if (Math.min(CALIBRATION_BINS - 1, Math.floor(p * CALIBRATION_BINS)) !== bin) continue;
      pixels += positive[k]! + negative[k]!;
      right += positive[k]!;
      sum += p * (positive[k]! + negative[k]!);
    }
    if (pixels === 0) continue;
    curve.push({ predicted: sum / pixels, actual: right / pixels, pixels });
    error += Math.abs(right - sum);
    all += pixels;
  }
  return { curve, error: all === 0 ? 0 : error / all };
}
