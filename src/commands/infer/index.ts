import { planSlides, type SlidesWatcher, segmentSlides } from '../../pipeline/infer/segment-slides.js';
import type { DryRun } from '../../pipeline/infer/slide-outcome.js';
import type { InferOptions } from '../../pipeline/prepare/options.js';
import { SLIDES } from '../../pipeline/slides/kinds.js';
import { fileRequests } from '../../pipeline/slides/requests.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { ListOptions } from '../options/list-option.js';
import { exitCode } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import { ending, watchSlides } from './watch.js';
import { dryRunFacts, dryRunText } from './words.js';

/**
 * `segtile infer`: makes a mask of every slide. A slide that fails does not stop the others, but a model that cannot be
 * loaded does.
 *
 * @param given slides, folders of slides and patterns of their names
 * @returns the exit code: 0 when every slide was done, 3 when the run was stopped, 2 when every failure was wrong use,
 *   else 1
 */
export async function runInfer(given: readonly string[], options: InferOptions & ListOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { from, json, quiet, dryRun, previewOnly } = options;
  const words = { what: 'slides', key: 'slide', json, quiet };
  let list: string | undefined;
  const watcher: SlidesWatcher = {
    ...watchSlides(options, shell, words),
    listed: (path) => {
      list = path;
    },
  };
  const except = [options.output, options.roi, options.tissue];
  const slides = await fileRequests(given, { kind: SLIDES, from, except, note: watcher.note });
  const planned = (dry: DryRun): void => {
    stdout.write(json ? `${JSON.stringify(dryRunFacts(dry))}\n` : dryRunText(dry, styleFor(stdout)));
  };
  if (dryRun || previewOnly) return exitCode(await planSlides(slides, options, watcher, signal, planned), words, shell);
  const code = await ending(() => segmentSlides(slides, options, watcher, signal), words, shell);
  if (list !== undefined && code !== 0) stderr.write(`  run them again with --from ${oneLine(list)}\n`);
  return code;
}
