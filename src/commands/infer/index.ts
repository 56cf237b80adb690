import { openSegmenter, type SegmentWatcher } from '../../pipeline/infer/segmenter.js';
import type { InferOptions } from '../../pipeline/prepare/options.js';
import { windowCounts } from '../../pipeline/prepare/passes.js';
import { percent } from '../../terminal/format.js';
import { createProgress, type StageProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { eachFile } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import { deviceText, dryRunFacts, dryRunText, modelText, runText, slidePlanText } from './words.js';

/**
 * `segtile infer`: a mask for every slide. A slide that fails does not stop the others; a model that cannot be loaded does.
 *
 * @returns the exit code: 0 when every slide was done, 2 when every failure was wrong use, else 1
 */
export async function runInfer(slides: readonly string[], options: InferOptions, shell: Shell): Promise<number> {
  const { stdout } = shell;
  const { json, dryRun, previewOnly } = options;
  const watcher = watch(options, shell);
  const segmenter = await openSegmenter(slides, options, watcher, shell.signal);
  const one = async (index: number): Promise<void> => {
    if (dryRun || previewOnly) {
      const { plan, passes, mask, picture } = await segmenter.dryRun(index);
      stdout.write(
        json
          ? `${JSON.stringify({ ...dryRunFacts(plan, passes, mask), ...(picture !== undefined && { picture }) })}\n`
          : dryRunText(plan, passes, mask, picture, styleFor(stdout)),
      );
      return;
    }
    const record = await segmenter.run(index).finally(watcher.stop);
    stdout.write(json ? `${JSON.stringify(record)}\n` : runText(record, segmenter.files[index]!, styleFor(stdout)));
  };
  try {
    return await eachFile(
      slides,
      { what: 'slides', key: 'slide', json },
      shell,
      (_, index) => one(index),
      segmenter.modelFailed,
    );
  } finally {
    await segmenter.close();
  }
}

/** Tells the user what happens. */
function watch({ quiet = false }: InferOptions, { stderr }: Shell): SegmentWatcher & { stop(): void } {
  const say = (text: string): void => {
    if (!quiet) stderr.write(text);
  };
  let stage: StageProgress | undefined;
  return {
    note: (sentence) => say(`${sentence}\n`),
    model: (ensemble) => say(modelText(ensemble)),
    device: (pools) => say(deviceText(pools)),
    planned: (plan, passes) => say(slidePlanText(plan, passes, styleFor(stderr))),
    windows: ({ plan, done, total }) => {
      const { width, height } = plan.grid.window;
      stage ??= createProgress(stderr, quiet).stage(
        'windows',
        'windows',
        `${percent(1 - total / windowCounts(plan).planned)} skipped`,
      );
      stage.update({ done, total, pixels: done * width * height });
    },
    stop: () => {
      stage?.stop();
      stage = undefined;
    },
  };
}
