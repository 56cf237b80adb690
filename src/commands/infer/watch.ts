import { reason, SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { processors } from '../../io/machine/processors.js';
import type { FilesDone } from '../../pipeline/each-file.js';
import type { SlidesWatcher } from '../../pipeline/infer/segment-slides.js';
import { windowCounts } from '../../pipeline/prepare/models/passes.js';
import type { InferOptions } from '../../pipeline/prepare/options.js';
import { failureText } from '../../terminal/failure.js';
import { percent } from '../../terminal/format.js';
import { createProgress, type StageProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { exitCode, type FileWords, reportFailure } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import { deviceText } from './device-words.js';
import { elsewhereText, keptText, modelText, runText, shardFacts, shardText, slidePlanText } from './words.js';

/** The options that decide what is printed. */
export type ToldOptions = Pick<InferOptions, 'quiet' | 'json' | 'workers'>;

/** Reports progress, notes and failures on standard error, and results on standard output. */
export function watchSlides({ quiet = false, json, workers }: ToldOptions, shell: Shell, words: FileWords): SlidesWatcher {
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
    shard: (shard, status) => {
      stop();
      stdout.write(json ? `${JSON.stringify(shardFacts(shard, status))}\n` : shardText(shard, status, styleFor(stdout)));
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

/** The exit code of a run that was stopped. It continues when the same command is run again. */
const STOPPED = 3;

/**
 * Runs slides, and reports how the run ended.
 *
 * @returns the exit code: 0 when every slide was done, 3 when the run was stopped, 2 when every failure was wrong use, else 1
 */
export async function ending(run: () => Promise<FilesDone>, words: FileWords, shell: Shell): Promise<number> {
  const { stderr, signal } = shell;
  try {
    const ended = await run();
    const code = exitCode(ended, words, shell);
    return ended.failures.some(({ error }) => isStop(error, signal)) ? STOPPED : code;
  } catch (error) {
    if (!isStop(error, signal)) throw error;
    stderr.write(failureText(stopped(error), styleFor(stderr)));
    return STOPPED;
  }
}

/** Whether something failed because the user or a scheduler stopped the run. */
function isStop(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error instanceof SegtileError && error.code === 'aborted';
}

/** The same failure, with a hint to run the command again. */
function stopped(error: unknown): SegtileError {
  return new SegtileError('aborted', reason(error), 'run it again to go on', error);
}
