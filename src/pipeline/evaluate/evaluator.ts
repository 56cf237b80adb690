import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { type CommitOptions, refuseExisting, writeWhole } from '../../io/partial-file.js';
import { formatThresholdFile } from '../../plan/labels/threshold-file.js';
import { matchTruths } from '../../truth/match.js';
import type { Size } from '../../types.js';
import { makeFolder } from '../outputs/clashes.js';
import { HISTORY } from '../records/history.js';
import { rememberScores } from '../records/score-history.js';
import { readRoi } from '../tissue/region-flags.js';
import { evaluationCsv } from './csv.js';
import { evaluateMask, evaluateRuns, type SlideScores } from './evaluate-mask.js';
import type { EvaluateOptions } from './options.js';
import type { PredictionFile } from './prediction-files.js';
import { type EvaluateWords, writeEvaluateReport } from './report.js';
import { comparedPaths, evaluateSettings } from './settings.js';
import { type Evaluation, summarizeSlides } from './summary.js';

/** Predictions and the truth that belongs to each, ready to be compared. */
export interface Evaluator {
  readonly predictions: readonly PredictionFile[];
  /**
   * Compares the prediction with this index with its truth, and adds its scores to a history.
   *
   * @param onRows called with the number of finished rows of the prediction, and its size
   */
  score(index: number, onRows: (done: number, size: Size) => void): Promise<SlideScores>;
  /** The summary of everything scored so far; undefined if nothing was. */
  summary(): Evaluation | undefined;
  /**
   * Writes the results that the options ask for: a CSV, a report, thresholds.
   *
   * @param command how the program was called
   * @param noted called with notes on how the file of a slide that the report shows is read
   * @throws {SegtileError} `output` if a file cannot be written; `usage` if thresholds are wanted but the predictions
   *   are masks
   */
  write(evaluation: Evaluation, command: readonly string[], noted: EvaluateWords['noted']): Promise<void>;
}

/**
 * Pairs predictions with their truth, and reads the files that options name.
 *
 * @param paths predictions, followed by the truth if no option names it
 * @throws {SegtileError} `usage` if there is no truth; `input` for a prediction without truth; `output` if a result
 *   exists already
 */
export async function openEvaluator(
  paths: readonly string[],
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Evaluator> {
  const { csv, report, writeThresholds, history } = options;
  const { predictions, truth } = await comparedPaths(paths, options);
  const names = predictions.map(({ shown }) => shown);
  const slideOf = new Map(predictions.map(({ shown, slide }) => [shown, slide]));
  const pairs = await matchTruths(names, truth, (shown) => slideOf.get(shown)!);
  const settings = await evaluateSettings(options);
  const roi = await readRoi(options, names, (shown) => slideOf.get(shown)!);
  const written = [csv, report, writeThresholds].filter((each) => each !== undefined);
  if (!options.overwrite) await refuseExisting(written);
  const all: SlideScores[] = [];
  const patients: string[] = [];
  return {
    predictions,
    async score(index, onRows) {
      const { path, id, place } = predictions[index]!;
      const { truth: own, patient } = pairs[index]!;
      const bounded = { ...settings, roi: roi.of(names[index]!) };
      const scores =
        id === undefined
          ? await evaluateMask(path, own, bounded, onRows, signal)
          : await evaluateRuns({ path, id }, own, bounded, onRows, signal);
      all.push(scores);
      if (patient !== undefined) patients.push(patient);
      await remember(scores, history, place);
      return scores;
    },
    summary: () => (all.length === 0 ? undefined : summarizeSlides(all, patients.length === all.length ? patients : undefined)),
    async write(evaluation, command, noted) {
      const words = { command, tolerance: options.tolerance, config: settings.config, rule: settings.rule, noted };
      await writeResults(evaluation, all, options, words, signal);
    },
  };
}

async function writeResults(
  evaluation: Evaluation,
  all: readonly SlideScores[],
  { csv, report, writeThresholds, overwrite: replace = false }: EvaluateOptions,
  words: EvaluateWords,
  signal: AbortSignal,
): Promise<void> {
  if (csv !== undefined) await writeText(csv, evaluationCsv(evaluation), { replace });
  if (report !== undefined) {
    await makeFolder(report);
    await writeEvaluateReport(report, evaluation, all, words, signal, { replace });
  }
  if (writeThresholds === undefined) return;
  if (evaluation.sweep === undefined) {
    throw new SegtileError(
      'usage',
      '--write-thresholds needs probabilities of every slide, but masks were given',
      'segtile infer --probabilities uint8 writes them',
    );
  }
  const best = new Map(evaluation.sweep.map(({ name, threshold }) => [name, threshold]));
  const notes = {
    measure: 'Dice of each class against all else',
    dice: Object.fromEntries(evaluation.sweep.map(({ name, dice }) => [name, dice])),
    slides: all.map(({ predicted }) => predicted),
  };
  await writeText(writeThresholds, formatThresholdFile(best, notes), { replace });
}

async function writeText(path: string, text: string, placement: CommitOptions): Promise<void> {
  await makeFolder(path);
  await writeWhole(path, (file) => file.append(new TextEncoder().encode(text)), placement);
}

/**
 * Adds the scores of a mask to the history that has its run: the one beside the mask, or above it in the folder of all
 * results.
 */
async function remember(scores: SlideScores, history: string | boolean | undefined, place = ''): Promise<void> {
  if (history === false || scores.histograms) return;
  if (typeof history === 'string') return await rememberScores(history, 'evaluate', scores);
  let folder = dirname(scores.predicted);
  for (const _ of ['', ...place.split('/').filter((each) => each !== '')]) {
    const path = join(folder, HISTORY);
    if (await exists(path)) return await rememberScores(path, 'evaluate', scores);
    folder = dirname(folder);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
