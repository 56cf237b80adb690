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

/** The options of `segtile evaluate`, named as on its command line, in camel case; `segtile evaluate --help` says what each does. */
export interface EvaluationOptions extends RunControl {
  /** A file, a folder of them matched by name, or a CSV of pairs. */
  readonly truth: string;
  readonly classes?: string | undefined;
  readonly slideSize?: Size | undefined;
  /** The region of interest, outside of which nothing counts: a mask, GeoJSON, COCO or CSV of runs, or a folder or CSV of them. */
  readonly roi?: string | undefined;
  readonly roiClass?: readonly string[] | string | undefined;
  readonly excludeClass?: readonly string[] | string | undefined;
  /** Of the boundary F-score: pixels of the mask, or a text such as `2um`. */
  readonly tolerance?: number | string | undefined;
  readonly threshold?: ThresholdValue | undefined;
  readonly writeThresholds?: string | undefined;
  readonly csv?: string | undefined;
  readonly report?: string | undefined;
  readonly history?: string | boolean | undefined;
  readonly overwrite?: boolean | undefined;
}

/** What {@link evaluate} found. */
export interface EvaluationResult {
  /** All slides together. */
  readonly evaluation: Evaluation;
  /** Each slide by itself. */
  readonly slides: readonly SlideScores[];
}

/**
 * Compares masks, or probabilities, with the truth, as `segtile evaluate` does, and writes what its options ask for. Where a prediction fails, the others are
 * still compared and written; then the reason is thrown.
 *
 * @param predictions files, folders of them, or a CSV of runs
 * @throws {SegtileError} `usage` naming an option that is unknown or wrong, `input` for files that cannot be read or have no truth, `output` where a
 *   result cannot be written; `aborted` when the signal fires
 */
export async function evaluate(predictions: string | readonly string[], options: EvaluationOptions): Promise<EvaluationResult> {
  const { control, options: given } = controlled(options);
  const { signal, onProgress, onNote } = control;
  const { options: parsed, words } = parseGiven<EvaluateOptions>('evaluate', addEvaluateOptions, given, ['json', 'quiet']);
  if (parsed.truth === undefined) throw new SegtileError('usage', 'no truth was given', 'name a file or a folder: truth');
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
