import { dirname } from 'node:path';
import { SegtileError } from '../../errors.js';
import type { LabelRule } from '../../plan/labels/labels.js';
import { scoreLine } from '../../plan/scores/score-planes.js';
import { type BorderPixels, scoreBorders } from '../../score/boundary.js';
import { addLabels, emptyConfusion, slotTable } from '../../score/confusion.js';
import { type ErrorGrid, errorCounter } from '../../score/error-grid.js';
import { type ObjectCounts, scoreObjects } from '../../score/objects.js';
import { addProbabilities, emptyHistogram, type Histogram } from '../../score/sweep.js';
import type { Probabilities } from '../../slide/probabilities.js';
import { requireSameShape } from '../../truth/aspect.js';
import { configOf, defaultConfig, type TruthConfig } from '../../truth/config.js';
import { openTruth, sizeOfTruth, type TruthOptions } from '../../truth/open.js';
import { openRegion, type RegionFile, truthWithin } from '../../truth/region.js';
import { slideOfId } from '../../truth/slide-names.js';
import type { Truth } from '../../truth/truth.js';
import type { MaskClass, Size } from '../../types.js';
import { type PairedRows, pairRows, viewRows } from './paired-rows.js';
import {
  openPrediction,
  openRuns,
  type PredictedRows,
  type Prediction,
  predictedName,
  type RunsOfSlide,
  shownRuns,
  translation,
} from './prediction.js';
import { slideBeside, slideNamed } from './slide-beside.js';

/** How far apart matching borders may be, in px of the mask or in micrometres. */
export interface Tolerance {
  readonly value: number;
  readonly unit: 'px' | 'um';
}

/** How a mask is compared with its truth. */
export interface EvaluateSettings {
  /** How to read the truth; if not given, by the names of the mask's classes. */
  readonly config: TruthConfig | undefined;
  /**
   * Size of level 0 of the slide in px. Coordinates of drawn truth are in these pixels. By default it is taken from the
   * record beside the mask; without a record, it is the size of the mask.
   */
  readonly slideSize: Size | undefined;
  /** Tolerance of the border score. */
  readonly tolerance: Tolerance;
  /** Whether errors are counted by position, so that the worst regions can be shown. */
  readonly errorsByPlace: boolean;
  /** The region of interest: pixels outside it are not counted. */
  readonly roi?: RegionFile | undefined;
  /** How probabilities become the labels that are compared. */
  readonly rule: (probabilities: Probabilities) => LabelRule;
}

/** How one mask and its truth agree, as counts that add up over slides. Lists are in the order of the classes. */
export interface SlideScores extends Size {
  readonly predicted: string;
  readonly truth: string;
  readonly classes: readonly MaskClass[];
  /** For each label 0 to 255 of the prediction: the label of the same class in the truth. */
  readonly labels: readonly number[];
  /** See `Confusion`. */
  readonly confusion: { readonly slots: number; readonly counts: readonly number[]; readonly ignored: number };
  readonly borders: readonly BorderPixels[];
  readonly objects: readonly ObjectCounts[];
  /** For probabilities: their histograms against the truth. */
  readonly histograms: readonly Histogram[] | undefined;
  readonly errors: ErrorGrid | undefined;
  /** Sentences for the user that say what was assumed. */
  readonly notes: readonly string[];
}

/**
 * Compares a label mask, or probabilities, with the truth of the same slide. Both are read once, a few rows at a time.
 * The truth is read at the size of the mask: a label image is shrunk by majority and enlarged by nearest neighbour.
 *
 * @param onRows called with the number of finished rows
 * @throws {SegtileError} `input` if a file cannot be read, or a label or a name belongs to no class; `aborted` when the
 *   signal fires
 */
export async function evaluateMask(
  path: string,
  truthPath: string,
  settings: EvaluateSettings,
  onRows: (done: number, of: Size) => void,
  signal: AbortSignal,
): Promise<SlideScores> {
  const prediction = await openPrediction(path, settings.config ?? defaultConfig(), settings.rule, signal);
  try {
    const config = settings.config ?? (prediction.classes ? configOf(prediction.classes, path) : defaultConfig());
    const { width, height } = prediction;
    const known = settings.slideSize ?? (await slideBeside(path));
    const size = known ?? { width, height };
    requireSameShape(path, prediction, size, 'mask');
    const truth = await openInside(truthPath, settings.roi, { size, config, slideName: predictedName(path), signal });
    const drawn = truth.kind !== 'label image' || settings.roi !== undefined;
    const assumed = `${path}: the slide is taken to be as large as the mask, ${width} × ${height} px; if it is not, give --slide-size`;
    try {
      const scores = await compare(prediction, truth, config, settings, onRows, signal);
      return { ...scores, notes: [...(drawn && known === undefined ? [assumed] : []), ...scores.notes] };
    } finally {
      await truth.close();
    }
  } finally {
    await prediction.close();
  }
}

/**
 * Compares the predictions for a slide in a CSV of runs with the truth, like {@link evaluateMask}. The size of the
 * slide comes from the settings, from the record `<slide>.run.json` beside the CSV, or from the truth if that is an
 * image.
 *
 * @throws {SegtileError} `usage` if the size of the slide is not known; otherwise like {@link evaluateMask}
 */
export async function evaluateRuns(
  runs: RunsOfSlide,
  truthPath: string,
  settings: EvaluateSettings,
  onRows: (done: number, of: Size) => void,
  signal: AbortSignal,
): Promise<SlideScores> {
  const shown = shownRuns(runs);
  const slideName = slideOfId(runs.id);
  const known = settings.slideSize ?? (await slideNamed(dirname(runs.path), slideName));
  const size = known ?? (await sizeOfTruth(truthPath, slideName, signal));
  if (size === undefined) {
    throw new SegtileError(
      'usage',
      `the size of the slide of ${shown} is not known`,
      'give --slide-size WxH, the size of level 0 in px',
    );
  }
  const config = settings.config ?? defaultConfig();
  const prediction = await openRuns(runs, size, config, signal);
  const truth = await openInside(truthPath, settings.roi, { size, config, slideName, signal });
  try {
    const scores = await compare(prediction, truth, config, settings, onRows, signal);
    const assumed = `${shown}: the slide is taken to be as large as its truth, ${size.width} × ${size.height} px; if it is not, give --slide-size`;
    return { ...scores, notes: [...(known === undefined ? [assumed] : []), ...scores.notes] };
  } finally {
    await truth.close();
  }
}

/** Opens the truth; pixels outside the region of interest are ignored. */
async function openInside(path: string, roi: RegionFile | undefined, options: TruthOptions): Promise<Truth> {
  const truth = await openTruth(path, options);
  if (roi === undefined) return truth;
  try {
    return truthWithin(truth, await openRegion(roi, options.size, options.slideName, options.signal));
  } catch (error) {
    await truth.close();
    throw error;
  }
}

async function compare(
  prediction: Prediction,
  truth: Truth,
  { classes, ...config }: TruthConfig,
  { tolerance, errorsByPlace }: EvaluateSettings,
  onRows: (done: number, of: Size) => void,
  signal: AbortSignal,
): Promise<SlideScores> {
  const { width, height, path } = prediction;
  const table = slotTable(classes.map(({ label }) => label));
  const confusion = emptyConfusion(classes.length);
  const borders = scoreBorders(width, tolerancePixels(tolerance, prediction));
  const objects = scoreObjects();
  const errors = errorsByPlace ? errorCounter({ width, height }, errorSide(prediction)) : undefined;
  const labels = translation(prediction, { classes, ...config });
  const histograms = histogramsOf(prediction, labels, classes);

  const truthRows = viewRows(truth.view({ width, height, spans: prediction.spans }), signal);
  for await (const rows of pairRows(truthRows, prediction.rows(signal), signal)) {
    const is = rows.truth;
    const predicted = rows.predicted.map((label) => labels[label]!);
    const unlisted = addLabels(confusion, table, is, predicted);
    if (unlisted !== undefined) throw unlistedLabel(path, rows, unlisted);
    for (let start = 0; start < is.length; start += width) {
      const [line, predictedLine] = [is.subarray(start, start + width), predicted.subarray(start, start + width)];
      borders.row(line, predictedLine);
      objects.row(line, predictedLine);
    }
    errors?.add(rows.y, is, predicted);
    histograms?.add(rows);
    onRows(rows.y + rows.height, prediction);
  }
  const [ofBorders, ofObjects] = [borders.finish(), objects.finish()];
  return {
    predicted: path,
    truth: truth.path,
    width,
    height,
    classes,
    labels: [...labels],
    confusion: { ...confusion, counts: [...confusion.counts] },
    borders: classes.map(({ label }) => ofBorders.get(label) ?? { truth: 0, predicted: 0, found: 0, right: 0 }),
    objects: classes.map(({ label }) => ofObjects.get(label) ?? { truth: 0, predicted: 0, matched: 0 }),
    histograms: histograms?.all,
    errors: errors?.grid(),
    notes: [...prediction.notes, ...truth.notes],
  };
}

/**
 * Errors are counted in squares: this many along the longer side of a mask, and the smallest side of a square in px.
 * Smaller squares would show too little.
 */
const ERROR_SQUARES = 24;
const LEAST_SIDE = 384;

function errorSide({ width, height }: Size): number {
  return Math.max(LEAST_SIDE, Math.ceil(Math.max(width, height) / ERROR_SQUARES));
}

function tolerancePixels({ value, unit }: Tolerance, { mpp, path }: Prediction): number {
  if (unit === 'px') return value;
  if (mpp) return value / Math.sqrt(mpp.x * mpp.y);
  throw new SegtileError(
    'usage',
    `the tolerance is ${value} µm, but ${path} does not state the size of its pixels`,
    `give the tolerance in pixels, for example --tolerance 4px`,
  );
}

function histogramsOf({ probabilities }: Prediction, labels: Uint8Array, classes: readonly MaskClass[]) {
  if (probabilities === undefined) return undefined;
  const { map, width } = probabilities;
  const all = classes.map(() => emptyHistogram(map.samples));
  return {
    all,
    add({ y, height, truth, from }: PairedRows<PredictedRows>): void {
      for (const [channel, own] of map.labels.entries()) {
        const label = labels[own]!;
        const histogram = all[classes.findIndex((each) => each.label === label)];
        if (histogram === undefined || from.scores === undefined) continue;
        for (let row = 0; row < height; row++) {
          const line = truth.subarray(row * width, (row + 1) * width);
          addProbabilities(histogram, scoreLine(from.scores, channel, y + row, width), line, label);
        }
      }
    },
  };
}

function unlistedLabel(path: string, { y, width, predicted }: PairedRows<PredictedRows>, at: number): SegtileError {
  const x = at % width;
  return new SegtileError(
    'input',
    `${path} has the label ${predicted[at]} at pixel (${x}, ${y + (at - x) / width}), which stands for no class`,
    'list it under the "values" of a class in the file of --classes',
  );
}
