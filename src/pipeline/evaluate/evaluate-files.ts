import type { Size } from '../../types.js';
import { eachFile, type FilesDone } from '../each-file.js';
import type { SlideScores } from './evaluate-mask.js';
import { openEvaluator } from './evaluator.js';
import type { EvaluateOptions } from './options.js';
import type { PredictionFile } from './prediction-files.js';
import type { Evaluation } from './summary.js';

/** Callbacks for progress. Predictions are handled one after the other. */
export interface EvaluationWatcher {
  /** Called with all predictions, before the first is compared. */
  readonly found?: ((predictions: readonly PredictionFile[]) => void) | undefined;
  /** Called with the number of finished rows of a prediction, and its size. */
  readonly rows?: ((prediction: PredictionFile, done: number, size: Size) => void) | undefined;
  readonly scored?: ((scores: SlideScores) => void) | undefined;
  readonly failed?: ((prediction: string, error: unknown) => void) | undefined;
  /** Called with the figures of all slides, before any result is written. */
  readonly summarized?: ((evaluation: Evaluation) => void) | undefined;
  /** Called with notes on how the file of a slide that the report shows is read. */
  readonly noted?: ((slide: string, notes: readonly string[]) => void) | undefined;
}

/** The result of {@link evaluateFiles}. */
export interface EvaluatedFiles extends FilesDone {
  /** The summary of all predictions that could be compared; undefined if none could. */
  readonly evaluation: Evaluation | undefined;
  /** The scores of each prediction. */
  readonly slides: readonly SlideScores[];
}

/**
 * Compares predictions with their truth and writes the results that the options ask for. This does all of `segtile
 * evaluate`, and of `evaluate` in the library, except for progress messages.
 *
 * @param paths predictions, followed by the truth if no option names it
 * @param options of `segtile evaluate`, parsed
 * @param command how the program was called, for the report
 * @throws {SegtileError} as `openEvaluator`; `output` if a result cannot be written
 */
export async function evaluateFiles(
  paths: readonly string[],
  options: EvaluateOptions,
  command: readonly string[],
  watcher: EvaluationWatcher,
  signal: AbortSignal,
): Promise<EvaluatedFiles> {
  const evaluator = await openEvaluator(paths, options, signal);
  const { predictions } = evaluator;
  watcher.found?.(predictions);
  const slides: SlideScores[] = [];
  const files = predictions.map(({ shown }) => ({ path: shown }));
  const ended = await eachFile(files, { failed: watcher.failed, signal }, async (_, index) => {
    const scores = await evaluator.score(index, (done, size) => watcher.rows?.(predictions[index]!, done, size));
    slides.push(scores);
    watcher.scored?.(scores);
    return 'done';
  });
  const evaluation = evaluator.summary();
  if (evaluation === undefined) return { ...ended, evaluation, slides };
  watcher.summarized?.(evaluation);
  await evaluator.write(evaluation, command, (slide, notes) => watcher.noted?.(slide, notes));
  return { ...ended, evaluation, slides };
}
