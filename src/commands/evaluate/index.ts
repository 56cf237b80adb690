import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SegtileError } from '../../errors.js';
import { type CommitOptions, refuseExisting, writeWhole } from '../../io/partial-file.js';
import { evaluateMask, evaluateRuns, type SlideScores } from '../../pipeline/evaluate/evaluate-mask.js';
import { type EvaluateWords, writeEvaluateReport } from '../../pipeline/evaluate/report.js';
import { type Evaluation, summarizeSlides } from '../../pipeline/evaluate/summary.js';
import { makeFolder } from '../../pipeline/outputs/clashes.js';
import { HISTORY } from '../../pipeline/records/history.js';
import { rememberScores } from '../../pipeline/records/score-history.js';
import { formatThresholdFile } from '../../plan/labels/threshold-file.js';
import { count } from '../../terminal/format.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import { matchTruths } from '../../truth/match.js';
import { eachFile } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import type { EvaluateOptions } from './options.js';
import { comparedPaths, evaluateSettings } from './settings.js';
import { allFacts, csvText, evaluationText, scoreFacts } from './words.js';

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
  const { json, quiet = false, csv, report, writeThresholds } = options;
  const { predictions, truth } = await comparedPaths(paths, options);
  const names = predictions.map(({ shown }) => shown);
  const slideOf = new Map(predictions.map(({ shown, slide }) => [shown, slide]));
  const pairs = await matchTruths(names, truth, (shown) => slideOf.get(shown)!);
  const settings = await evaluateSettings(options);
  const written = [csv, report, writeThresholds].filter((each) => each !== undefined);
  if (!options.overwrite) await refuseExisting(written);

  const all: SlideScores[] = [];
  const patients: string[] = [];
  const code = await eachFile(names, { what: 'files', key: 'prediction', json }, shell, async (_, index) => {
    const { path, id, slide } = predictions[index]!;
    const stage = createProgress(stderr, quiet).stage(slide, 'rows');
    const onRows = (done: number, { width, height }: { width: number; height: number }): void =>
      stage.update({ done, total: height, pixels: done * width });
    const { truth: own, patient } = pairs[index]!;
    const scoring =
      id === undefined
        ? evaluateMask(path, own, settings, onRows, signal)
        : evaluateRuns({ path, id }, own, settings, onRows, signal);
    const scores = await scoring.finally(() => stage.stop());
    all.push(scores);
    if (patient !== undefined) patients.push(patient);
    if (!quiet) for (const note of scores.notes) stderr.write(`segtile: ${oneLine(note)}\n`);
    await remember(scores, options.history);
    if (json) stdout.write(`${JSON.stringify(scoreFacts(scores))}\n`);
  });
  if (all.length === 0) return code;

  const evaluation = summarizeSlides(all, patients.length === all.length ? patients : undefined);
  // Said before it is written down: a full disk must not take it with it.
  stdout.write(json ? `${JSON.stringify(allFacts(evaluation))}\n` : evaluationText(evaluation, styleFor(stdout)));
  if (all.length < predictions.length) {
    stderr.write(`segtile: the figures are of ${count(all.length)} of ${count(predictions.length)} files\n`);
  }
  const words = { command, tolerance: options.tolerance, config: settings.config, rule: settings.rule };
  await writeResults(evaluation, all, options, words, shell);
  return code;
}

async function writeResults(
  evaluation: Evaluation,
  all: readonly SlideScores[],
  { csv, report, writeThresholds, overwrite: replace = false }: EvaluateOptions,
  words: EvaluateWords,
  { signal }: Shell,
): Promise<void> {
  if (csv !== undefined) await writeText(csv, csvText(evaluation), { replace });
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

/** Scores of a mask go to the history that its run is in. */
async function remember(scores: SlideScores, history: string | boolean | undefined): Promise<void> {
  if (history === false || scores.histograms) return;
  if (typeof history === 'string') return await rememberScores(history, 'evaluate', scores);
  const beside = join(dirname(scores.predicted), HISTORY);
  if (await exists(beside)) await rememberScores(beside, 'evaluate', scores);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
