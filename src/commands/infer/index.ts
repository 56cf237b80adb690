import { reason, SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { processors } from '../../io/processors.js';
import { planSlides, type SlidesWatcher, segmentSlides } from '../../pipeline/infer/segment-slides.js';
import type { DryRun } from '../../pipeline/infer/segmenter.js';
import type { InferOptions } from '../../pipeline/prepare/options.js';
import { windowCounts } from '../../pipeline/prepare/passes.js';
import { SLIDES } from '../../pipeline/slides/kinds.js';
import { fileRequests } from '../../pipeline/slides/requests.js';
import { failureText } from '../../terminal/failure.js';
import { percent } from '../../terminal/format.js';
import { createProgress, type StageProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { ListOptions } from '../options/list-option.js';
import { exitCode, type FileWords, reportFailure } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import { deviceText, dryRunFacts, dryRunText, elsewhereText, keptText, modelText, runText, slidePlanText } from './words.js';

/**
 * `segtile infer`: a mask for every slide. A slide that fails does not stop the others; a model that cannot be loaded does.
 *
 * @param given slides, folders of them and patterns of their names
 * @returns the exit code: 0 when every slide was done, 3 when the run was stopped, 2 when every failure was wrong use, else 1
 */
export async function runInfer(given: readonly string[], options: InferOptions & ListOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { from, json, quiet, dryRun, previewOnly } = options;
  const words = { what: 'slides', key: 'slide', json, quiet };
  let list: string | undefined;
  const watcher: SlidesWatcher = {
    ...watch(options, shell, words),
    listed: (path) => {
      list = path;
    },
  };
  const except = [options.output, options.roi, options.tissue];
  const slides = await fileRequests(given, { kind: SLIDES, from, except, note: watcher.note });
  const planned = (run: DryRun): void => {
    stdout.write(json ? `${JSON.stringify(dryRunFacts(run))}\n` : dryRunText(run, styleFor(stdout)));
  };
  if (dryRun || previewOnly) return exitCode(await planSlides(slides, options, watcher, signal, planned), words, shell);
  try {
    const ended = await segmentSlides(slides, options, watcher, signal);
    const code = exitCode(ended, words, shell);
    if (list !== undefined && code !== 0) stderr.write(`  run them again with --from ${oneLine(list)}\n`);
    return ended.failures.some(({ error }) => isStop(error, signal)) ? STOPPED : code;
  } catch (error) {
    if (!isStop(error, signal)) throw error;
    stderr.write(failureText(stopped(error), styleFor(stderr)));
    return STOPPED;
  }
}

/** The exit code of a run that was stopped and goes on when it is started again. */
const STOPPED = 3;

/** Whether something failed because the user, or a scheduler, wanted it to stop. */
function isStop(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error instanceof SegtileError && error.code === 'aborted';
}

/** The same failure, with what is to be done next. */
function stopped(error: unknown): SegtileError {
  return new SegtileError('aborted', reason(error), 'run it again to go on', error);
}

/** Tells the user what happens. */
function watch({ quiet = false, json, workers }: InferOptions, shell: Shell, words: FileWords): SlidesWatcher {
  const { stdout, stderr, signal } = shell;
  const say = (text: string): void => {
    if (!quiet) stderr.write(text);
  };
  let stage: StageProgress | undefined;
  const stop = (): void => {
    stage?.stop();
    stage = undefined;
  };
  return {
    note: (sentence) => say(`${sentence}\n`),
    model: (ensemble) => say(modelText(ensemble)),
    device: (pools) => say(deviceText(pools, workers === undefined ? processors().limit : undefined)),
    planned: (plan, passes, memory) => say(slidePlanText(plan, passes, memory, styleFor(stderr))),
    windows: ({ plan, done, total }) => {
      const { width, height } = plan.grid.window;
      stage ??= createProgress(stderr, quiet).stage(
        'windows',
        'windows',
        `${percent(1 - total / windowCounts(plan).planned)} skipped`,
      );
      stage.update({ done, total, pixels: done * width * height });
    },
    done: (record, files) => {
      stop();
      stdout.write(json ? `${JSON.stringify({ status: 'done', ...record })}\n` : runText(record, files, styleFor(stdout)));
    },
    kept: (record, files) => {
      stop();
      stdout.write(json ? `${JSON.stringify({ status: 'kept', ...record })}\n` : keptText(record, files, styleFor(stdout)));
    },
    elsewhere: (slide, holder) => {
      stop();
      const facts = { status: 'elsewhere', slide: { path: shownPath(slide) }, by: holder };
      stdout.write(json ? `${JSON.stringify(facts)}\n` : elsewhereText(slide, holder, styleFor(stdout)));
    },
    failed: (slide, error) => {
      stop();
      reportFailure(slide, isStop(error, signal) ? stopped(error) : error, words, shell);
    },
  };
}
