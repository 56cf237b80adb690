import { addEvaluateOptions } from '../commands/evaluate/options.js';
import { parseGiven } from '../commands/options/given.js';
import { SegtileError } from '../errors.js';
import { evaluateFiles } from '../pipeline/evaluate/evaluate-files.js';
import type { SlideScores } from '../pipeline/evaluate/evaluate-mask.js';
import type { EvaluateOptions } from '../pipeline/evaluate/options.js';
import type { Evaluation } from '../pipeline/evaluate/summary.js';
import type { Size } from '../types.js';
import { controlled, type RunControl } from './control.js';
import type { ThresholdValue } from './segment-options.js';
import type { RegionOptions } from './slide-options.js';

/**
 * The options of `segtile evaluate`. Names are those of its command line, in camel case; `segtile evaluate --help`
 * explains each.
 */
export interface EvaluationOptions extends RunControl, RegionOptions {
  /** The truth: a file, a folder of files that are matched to predictions by name, or a CSV of pairs. */
  readonly truth: string;
  readonly classes?: string | undefined;
  readonly slideSize?: Size | undefined;
  /** The tolerance of the boundary F-score: pixels of the mask, or a text such as `2um`. */
  readonly tolerance?: number | string | undefined;
  readonly threshold?: ThresholdValue | undefined;
  readonly writeThresholds?: string | undefined;
  readonly csv?: string | undefined;
  readonly report?: string | undefined;
  readonly history?: string | boolean | undefined;
  readonly overwrite?: boolean | undefined;
}

/** The result of {@link evaluate}. */
export interface EvaluationResult {
  /** All slides together. */
  readonly evaluation: Evaluation;
  /** The scores of each slide. */
  readonly slides: readonly SlideScores[];
}

/**
 * Compares masks or probabilities with the truth, as `segtile evaluate` does, and writes the files that the options ask
 * for. If a prediction fails, the others are still compared and written; then the error of the first failed one is
 * thrown.
 *
 * @param predictions paths of files, of folders of files, or of a CSV of runs
 * @returns the scores of all slides together, and those of each slide
 * @throws {SegtileError} `usage` for an option that is unknown or wrong, which it names; `input` for files that cannot
 *   be read or have no truth; `output` if a result cannot be written; `aborted` when the signal fires
 */
export async function evaluate(predictions: string | readonly string[], options: EvaluationOptions): Promise<EvaluationResult> {
  const { control, options: given } = controlled(options);
  const { signal, onProgress, onNote } = control;
  const { options: parsed, words } = parseGiven<EvaluateOptions>('evaluate', addEvaluateOptions, given, ['json', 'quiet']);
  if (parsed.truth === undefined)
    throw new SegtileError('usage', 'no truth was given', 'name a file or a folder with the option truth');
  const paths = typeof predictions === 'string' ? [predictions] : predictions;
  const { evaluation, slides, failures } = await evaluateFiles(
    paths,
    parsed,
    ['evaluate', ...paths, ...words],
    {
      rows: ({ shown }, done, { height }) => onProgress?.({ name: shown, unit: 'rows', done, total: height }),
      scored: ({ notes }) => notes.forEach((note) => void onNote?.(note)),
      noted: (_, notes) => notes.forEach((note) => void onNote?.(note)),
    },
    signal,
  );
  if (failures.length > 0) throw failures[0]!.error;
  if (evaluation !== undefined) return { evaluation, slides };
  throw new SegtileError('usage', 'no prediction was given', 'name masks or probabilities');
}
