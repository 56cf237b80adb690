import { SegtileError } from '../../errors.js';
import { emptyLabelCount, type LabelRule, labelRows } from '../../plan/labels/labels.js';
import { findMpp, ownMpp } from '../../slide/mpp/mpp.js';
import { openProbabilities, type Probabilities } from '../../slide/probabilities.js';
import { configOf, type TruthConfig } from '../../truth/config.js';
import { readMaskHead } from '../../truth/images/mask-classes.js';
import { slideName } from '../../truth/match.js';
import { openLabels } from '../../truth/open.js';
import { openRleCsv } from '../../truth/shapes/rle-csv.js';
import type { Truth } from '../../truth/truth.js';
import type { MaskClass, Mpp, ScoreRows, Size, SpanningSize } from '../../types.js';
import { type LabelRows, viewRows } from './paired-rows.js';

/** Predicted labels, with the scores they were made from, if any. */
export interface PredictedRows extends LabelRows {
  readonly scores: ScoreRows | undefined;
}

/** A label mask or probabilities, open. */
export interface Prediction extends SpanningSize {
  readonly path: string;
  /** Micrometres per pixel, if the file states it. */
  readonly mpp: Mpp | undefined;
  /** The classes that the file names; undefined if it does not say what its labels mean. */
  readonly classes: readonly MaskClass[] | undefined;
  /** How the file was read if it can be read in more than one way, as sentences for the user. */
  readonly notes: readonly string[];
  readonly probabilities: Probabilities | undefined;
  /** All rows, top to bottom, with the labels of the file. */
  rows(signal: AbortSignal): AsyncIterable<PredictedRows>;
  close(): Promise<void>;
}

/** Names of files of probabilities, as `segtile infer` makes them. */
const PROBABILITIES = /\.probabilities(\.ome)?\.tiff?$/i;

/** The name of the slide that a mask or a file of probabilities belongs to: the file name without its ending. */
export function predictedName(path: string): string {
  return slideName(path).replace(/\.(mask|probabilities)$/i, '');
}

/**
 * Opens a prediction for a slide: probabilities if the file name says so, otherwise a mask.
 *
 * @param config the meaning of the labels of a mask that does not state it
 * @param rule how probabilities become labels
 * @throws {SegtileError} `input` if the file cannot be read
 */
export async function openPrediction(
  path: string,
  config: TruthConfig,
  rule: (probabilities: Probabilities) => LabelRule,
  signal: AbortSignal,
): Promise<Prediction> {
  if (PROBABILITIES.test(path)) return predictedScores(await openProbabilities(path, signal), rule);
  const { classes, ...clues } = await readMaskHead(path, signal);
  const image = await openLabels(path, classes ? configOf(classes, path) : config, signal);
  const { width, height } = image;
  return {
    path,
    mpp: classes ? ownMpp(clues) : findMpp(undefined, clues).mpp,
    classes,
    ...predictedLabels(image, { width, height }),
  };
}

/**
 * Opens the runs of a slide in a CSV.
 *
 * @param size level 0 of the slide in px, which the runs do not state
 * @param config what the runs mean
 * @throws {SegtileError} `input` if the file cannot be read, or the runs do not fit the slide
 */
export async function openRuns(
  { path, id }: RunsOfSlide,
  size: Size,
  config: TruthConfig,
  signal: AbortSignal,
): Promise<Prediction> {
  const runs = await openRleCsv(path, id, size, config, signal);
  return { ...predictedLabels(runs, size), path: shownRuns({ path, id }), mpp: undefined, classes: undefined };
}

/** A slide in a CSV of runs, by its id. */
export interface RunsOfSlide {
  readonly path: string;
  readonly id: string;
}

/** The name of the runs of a slide in messages. */
export function shownRuns({ path, id }: RunsOfSlide): string {
  return `${path}: ${id}`;
}

function predictedLabels(image: Truth, { width, height }: Size) {
  return {
    width,
    height,
    probabilities: undefined,
    notes: image.notes,
    async *rows(reading: AbortSignal): AsyncGenerator<PredictedRows> {
      for await (const rows of viewRows(image.view({ width, height }), reading)) yield { ...rows, scores: undefined };
    },
    close: () => image.close(),
  };
}

function predictedScores(probabilities: Probabilities, ruleOf: (probabilities: Probabilities) => LabelRule): Prediction {
  const { path, width, height, spans, mpp, map } = probabilities;
  const rule = ruleOf(probabilities);
  return {
    path,
    width,
    height,
    spans,
    mpp,
    classes: map.classes,
    notes: [],
    probabilities,
    async *rows(reading) {
      for await (const scores of probabilities.readScores(reading)) {
        yield { ...labelRows(scores, width, rule, emptyLabelCount()), scores };
      }
    },
    close: () => probabilities.close(),
  };
}

/**
 * For each label of a prediction: the label in the truth, matched by class names. If the prediction names no classes,
 * labels stay the same.
 *
 * @throws {SegtileError} `input` naming a class that the truth does not know
 */
export function translation({ path, classes }: Pick<Prediction, 'path' | 'classes'>, config: TruthConfig): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, label) => label);
  for (const { label, name } of classes ?? []) {
    if (!config.names.has(name)) {
      throw new SegtileError(
        'input',
        `${path} has the class "${name}", but the truth has ${config.classes.map((each) => each.name).join(', ')}`,
        'list it under the "names" of a class in the file of --classes, or under "skip"',
      );
    }
    table[label] = config.names.get(name) ?? 0;
  }
  return table;
}
