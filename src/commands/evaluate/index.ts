import { openEvaluator } from '../../pipeline/evaluate/evaluator.js';
import type { EvaluateOptions } from '../../pipeline/evaluate/options.js';
import { count } from '../../terminal/format.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { Size } from '../../types.js';
import { eachFile } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import { allFacts, evaluationText, scoreFacts } from './words.js';

/**
 * `segtile evaluate`: how masks, or probabilities, and their truth agree. What cannot be compared is told, and is in no figure.
 *
 * @param command how the program was called, for the report
 * @returns the exit code: 0 when every file was compared, 2 when every failure was wrong use, else 1
 */
export async function runEvaluate(
  paths: readonly string[],
  options: EvaluateOptions,
  command: readonly string[],
  shell: Shell,
): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { json, quiet = false } = options;
  const evaluator = await openEvaluator(paths, options, signal);
  const names = evaluator.predictions.map(({ shown }) => shown);
  let scored = 0;
  const code = await eachFile(names, { what: 'files', key: 'prediction', json }, shell, async (_, index) => {
    const stage = createProgress(stderr, quiet).stage(evaluator.predictions[index]!.slide, 'rows');
    const onRows = (done: number, { width, height }: Size): void => stage.update({ done, total: height, pixels: done * width });
    const scores = await evaluator.score(index, onRows).finally(() => stage.stop());
    scored++;
    if (!quiet) for (const note of scores.notes) stderr.write(`segtile: ${oneLine(note)}\n`);
    if (json) stdout.write(`${JSON.stringify(scoreFacts(scores))}\n`);
  });
  const evaluation = evaluator.summary();
  if (evaluation === undefined) return code;
  // Said before it is written down: a full disk must not take it with it.
  stdout.write(json ? `${JSON.stringify(allFacts(evaluation))}\n` : evaluationText(evaluation, styleFor(stdout)));
  if (scored < names.length) {
    stderr.write(`segtile: the figures are of ${count(scored)} of ${count(names.length)} files\n`);
  }
  await evaluator.write(evaluation, command);
  return code;
}
