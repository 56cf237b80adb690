import { SegtileError } from '../../errors.js';
import { bootstrap, LEAST_UNITS, membersOf } from '../../score/bootstrap.js';
import { type BorderPixels, borderScores } from '../../score/boundary.js';
import { addConfusion, type Confusion, emptyConfusion } from '../../score/confusion.js';
import { type ClassMeasures, type MaskMeasures, measure } from '../../score/measures.js';
import { type ObjectCounts, objectF1 } from '../../score/objects.js';
import {
  type BestThreshold,
  bestThreshold,
  type CalibrationBin,
  calibration,
  diceCurve,
  type Histogram,
  leaveOneOut,
  sumHistograms,
} from '../../score/sweep.js';
import type { MaskClass } from '../../types.js';
import type { SlideScores } from './evaluate-mask.js';

/** All measures of one class. */
export interface ClassResult extends ClassMeasures {
  readonly name: string;
  readonly label: number;
  /** Scores of the borders, at the tolerance. */
  readonly boundary: { readonly precision: number; readonly recall: number; readonly f: number };
  readonly objects: ObjectCounts & { readonly f1: number };
}

/** All measures of one mask, or of several together. */
export interface Measured extends Omit<MaskMeasures, 'classes'> {
  readonly classes: readonly ClassResult[];
  /** Means over the classes: of the border score and of the object score. */
  readonly boundaryF: number;
  readonly objectF1: number;
  /** Pixels. Rows are the truth, columns the prediction; background comes first. */
  readonly confusion: readonly (readonly number[])[];
  readonly ignored: number;
}

/** What a sweep over thresholds finds for one class. */
export interface SweepResult extends BestThreshold {
  readonly name: string;
  /** Dice at every threshold from 0 to 1. */
  readonly curve: readonly number[];
  /** Dice to expect on a slide of a patient who was not used to choose the threshold; undefined for one slide or patient. */
  readonly leaveOneOut: number | undefined;
  readonly calibration: { readonly curve: readonly CalibrationBin[]; readonly error: number };
}

/** A mean over slides with its 95 % bootstrap interval, if there are enough slides for one. */
export interface SlideMean {
  readonly mean: number;
  readonly low?: number;
  readonly high?: number;
}

/** How many slides and patients a mean covers. */
export interface MeansFrom {
  readonly slides: number;
  /** Undefined if the patients are not known. */
  readonly patients: number | undefined;
  /** The fewest patients for an interval; the fewest slides if patients are not known. */
  readonly leastForIntervals: number;
}

/** Means over slides, with intervals if there are enough slides. */
export interface SlideMeans {
  readonly from: MeansFrom;
  /** Of the means over classes. */
  readonly dice: SlideMean;
  readonly iou: SlideMean;
  readonly boundaryF: SlideMean;
  readonly objectF1: SlideMean;
  /** Of each class. */
  readonly classes: readonly { readonly name: string; readonly dice: SlideMean; readonly iou: SlideMean }[];
}

/** How predictions and truths agree. */
export interface Evaluation {
  readonly classes: readonly MaskClass[];
  readonly slides: readonly { readonly predicted: string; readonly truth: string; readonly measured: Measured }[];
  /** Measures from the pixels, borders and objects of all slides together. */
  readonly pooled: Measured;
  /** Means over slides of the measures of each slide; undefined for one slide. */
  readonly perSlide: SlideMeans | undefined;
  /** Present if every slide has probabilities. */
  readonly sweep: readonly SweepResult[] | undefined;
}

/**
 * Summarizes slides.
 *
 * @param patients the patient of each slide, if known for all. Slides of the same patient are alike, so intervals are
 *   over patients.
 * @throws {SegtileError} `input` if the slides have different classes
 */
export function summarizeSlides(slides: readonly SlideScores[], patients?: readonly string[]): Evaluation {
  const { classes } = slides[0]!;
  const names = (scores: SlideScores): string => scores.classes.map(({ label, name }) => `${label} ${name}`).join(', ');
  const other = slides.find((scores) => names(scores) !== names(slides[0]!));
  if (other) {
    throw new SegtileError(
      'input',
      `${slides[0]!.predicted} has the classes ${names(slides[0]!)}, but ${other.predicted} has ${names(other)}`,
      'give --classes with the classes that they have in common',
    );
  }
  const single = slides.map((scores) => measured([scores]));
  return {
    classes,
    slides: slides.map(({ predicted, truth }, i) => ({ predicted, truth, measured: single[i]! })),
    pooled: measured(slides),
    perSlide: single.length < 2 ? undefined : slideMeans(single, classes, patients),
    sweep: sweeps(slides, patients),
  };
}

function slideMeans(single: readonly Measured[], classes: readonly MaskClass[], patients?: readonly string[]): SlideMeans {
  const known = patients && membersOf(patients).length;
  const enough = (known ?? single.length) >= LEAST_UNITS;
  const over = (of: (measured: Measured) => number): SlideMean => {
    const values = single.map(of);
    const interval = enough ? bootstrap(values, 0, patients) : undefined;
    return interval ?? { mean: values.reduce((sum, value) => sum + value, 0) / values.length };
  };
  return {
    from: { slides: single.length, patients: known, leastForIntervals: LEAST_UNITS },
    dice: over(({ macro }) => macro.dice),
    iou: over(({ macro }) => macro.iou),
    boundaryF: over(({ boundaryF }) => boundaryF),
    objectF1: over(({ objectF1 }) => objectF1),
    classes: classes.map(({ name }, i) => ({
      name,
      dice: over((measured) => measured.classes[i]!.dice),
      iou: over((measured) => measured.classes[i]!.iou),
    })),
  };
}

/** A title for a table of means: what they cover, and whether it has intervals. */
export function meansTitle(from: MeansFrom): string {
  const enough = (from.patients ?? from.slides) >= from.leastForIntervals;
  const few = `too few for intervals, which need ${from.leastForIntervals}`;
  return `means over ${countedUnits(from)}, ${enough ? 'with 95 % intervals' : few}`;
}

/** What means cover, in words: `12 slides`, or `12 slides of 5 patients`. */
export function countedUnits({ slides, patients }: MeansFrom): string {
  const whose = patients === undefined ? '' : ` of ${patients} patient${patients === 1 ? '' : 's'}`;
  return `${slides} slides${whose}`;
}

/** A mean as text, with its interval if it has one. */
export function meanText({ mean, low, high }: SlideMean): string {
  const interval = low === undefined || high === undefined ? '' : ` (${low.toFixed(3)} to ${high.toFixed(3)})`;
  return `${mean.toFixed(3)}${interval}`;
}

function measured(slides: readonly SlideScores[]): Measured {
  const { classes } = slides[0]!;
  const sum = emptyConfusion(classes.length);
  for (const { confusion } of slides) addConfusion(sum, confusionOf(confusion));
  const { classes: byClass, ...means } = measure(sum);
  const results = classes.map(({ name, label }, i) => {
    const objects = addUp(slides.map((scores) => scores.objects[i]!));
    const boundary = borderScores(addUp(slides.map((scores) => scores.borders[i]!)));
    return { name, label, ...byClass[i]!, boundary, objects: { ...objects, f1: objectF1(objects) } };
  });
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    ...means,
    classes: results,
    boundaryF: mean(results.map(({ boundary }) => boundary.f)),
    objectF1: mean(results.map(({ objects }) => objects.f1)),
    confusion: Array.from({ length: sum.slots }, (_, row) => [...sum.counts.slice(row * sum.slots, (row + 1) * sum.slots)]),
    ignored: sum.ignored,
  };
}

function confusionOf({ slots, counts, ignored }: SlideScores['confusion']): Confusion {
  return { slots, counts: Float64Array.from(counts), ignored };
}

function addUp<Counts extends BorderPixels | ObjectCounts>(all: readonly Counts[]): Counts {
  const keys = Object.keys(all[0]!) as (keyof Counts)[];
  const sum = (key: keyof Counts): number => all.reduce((total, each) => total + (each[key] as number), 0);
  return Object.fromEntries(keys.map((key) => [key, sum(key)])) as unknown as Counts;
}

function sweeps(slides: readonly SlideScores[], patients?: readonly string[]): SweepResult[] | undefined {
  const all = slides.map(({ histograms }) => histograms);
  if (!all.every((each) => each !== undefined)) return undefined;
  const kinds = new Set(all.flatMap((each) => each.map(({ kind }) => kind)));
  if (kinds.size > 1) {
    throw new SegtileError('input', 'some probabilities are uint8 and others float32', 'sweep over one kind at a time');
  }
  return slides[0]!.classes.map(({ name }, i) => {
    const own: readonly Histogram[] = all.map((each) => each[i]!);
    const sum = sumHistograms(own);
    const curve = diceCurve(sum);
    return {
      name,
      ...bestThreshold(curve),
      curve: [...curve],
      leaveOneOut: leaveOneOut(own, patients),
      calibration: calibration(sum),
    };
  });
}
