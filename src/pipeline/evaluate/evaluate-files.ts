import type { Size } from '../../types.js';
import { eachFile, type FilesDone } from '../each-file.js';
import type { SlideScores } from './evaluate-mask.js';
import { openEvaluator } from './evaluator.js';
import type { EvaluateOptions } from './options.js';
import type { PredictionFile } from './prediction-files.js';
import type { Evaluation } from './summary.js';

/** Is told what happens to predictions, one after the other. */
export interface EvaluationWatcher {
  /** All of them, before the first. */
  readonly found?: ((predictions: readonly PredictionFile[]) => void) | undefined;
  /** How many rows of a prediction are done, and its size. */
  readonly rows?: ((prediction: PredictionFile, done: number, size: Size) => void) | undefined;
  readonly scored?: ((scores: SlideScores) => void) | undefined;
  readonly failed?: ((prediction: string, error: unknown) => void) | undefined;
  /** The figures of all, before anything is written of them. */
  readonly summarized?: ((evaluation: Evaluation) => void) | undefined;
  /** How the file of a slide is read that a report shows. */
  readonly noted?: ((slide: string, notes: readonly string[]) => void) | undefined;
}

/** What became of predictions. */
export interface EvaluatedFiles extends FilesDone {
  /** All that could be compared, together; undefined where nothing could. */
  readonly evaluation: Evaluation | undefined;
  /** Each by itself. */
  readonly slides: readonly SlideScores[];
}

/**
 * Compares predictions with their truth and writes what options ask for. This is all of `segtile evaluate`, and of `evaluate` in the library, but for
 * what they tell.
 *
 * @param paths predictions, and behind them the truth where no option names it
 * @param options of `segtile evaluate`, parsed
 * @param command how the program was called, for the report
 * @throws {SegtileError} as `openEvaluator`; `output` where a result cannot be written
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
