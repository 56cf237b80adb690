import { fileName } from '../../io/location.js';
import { type EvaluationWatcher, evaluateFiles } from '../../pipeline/evaluate/evaluate-files.js';
import type { EvaluateOptions } from '../../pipeline/evaluate/options.js';
import { count } from '../../terminal/format.js';
import { createProgress, type StageProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import { exitCode, type FileWords, reportFailure } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import { allFacts, evaluationText, scoreFacts } from './words.js';

/**
 * `segtile evaluate`: measures how masks or probabilities agree with the truth. Files that cannot be compared are
 * reported, and left out of all figures.
 *
 * @param paths files, folders of files, or a CSV of runs
 * @param command the command line that was typed, for the report
 * @returns the exit code: 0 when every file was compared, 2 when every failure was wrong use, else 1
 */
export async function runEvaluate(
  paths: readonly string[],
  options: EvaluateOptions,
  command: readonly string[],
  shell: Shell,
): Promise<number> {
  const words: FileWords = { what: 'files', key: 'prediction', json: options.json, quiet: options.quiet };
  const watcher = watch(options, shell, words);
  return exitCode(await evaluateFiles(paths, options, command, watcher, shell.signal), words, shell);
}

/** Reports progress, notes and failures on standard error, and results on standard output. */
function watch({ json, quiet = false }: EvaluateOptions, shell: Shell, words: FileWords): EvaluationWatcher {
  const { stdout, stderr } = shell;
  const progress = createProgress(stderr, quiet);
  let [total, scored] = [0, 0];
  let stage: StageProgress | undefined;
  const stop = (): void => {
    stage?.stop();
    stage = undefined;
  };
  return {
    found: ({ length }) => {
      total = length;
    },
    rows: ({ slide }, done, { width, height }) => {
      stage ??= progress.stage(slide, 'rows');
      stage.update({ done, total: height, pixels: done * width });
    },
    scored: (scores) => {
      stop();
      scored++;
      if (!quiet) for (const note of scores.notes) stderr.write(`segtile: ${oneLine(note)}\n`);
      if (json) stdout.write(`${JSON.stringify({ status: 'done', ...scoreFacts(scores) })}\n`);
    },
    failed: (prediction, error) => {
      stop();
      reportFailure(prediction, error, words, shell);
    },
    summarized: (evaluation) => {
      stdout.write(json ? `${JSON.stringify(allFacts(evaluation))}\n` : evaluationText(evaluation, styleFor(stdout)));
      if (scored < total) stderr.write(`segtile: the figures cover ${count(scored)} of ${count(total)} files\n`);
    },
    noted: (slide, notes) => {
      if (!quiet) for (const note of notes) stderr.write(`segtile: ${oneLine(`${fileName(slide)}: ${note}`)}\n`);
    },
  };
}
