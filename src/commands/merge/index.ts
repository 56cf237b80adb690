import { mergeSlides } from '../../pipeline/infer/merge-slides.js';
import { ending, watchSlides } from '../infer/watch.js';
import type { Shell } from '../running/shell.js';
import type { MergeCommandOptions } from './options.js';

/**
 * `segtile merge`: makes the results of all slides whose shards are complete. A slide that lacks shards fails, but does
 * not stop the others.
 *
 * @returns the exit code: 0 when every result was made, 3 when the run was stopped, 2 when every failure was wrong use,
 *   else 1
 */
export async function runMerge(folders: readonly string[], options: MergeCommandOptions, shell: Shell): Promise<number> {
  const words = { what: 'slides', key: 'slide', json: options.json, quiet: options.quiet };
  const watcher = watchSlides(options, shell, words);
  const merged = await ending(() => mergeSlides(folders, options, watcher, shell.signal), words, shell);
  return merged;
}
