import type { PseudoLabelOptions } from '../../pipeline/probabilities/options.js';
import type { PseudoLabelRecord } from '../../pipeline/probabilities/pseudo-label.js';
import { pseudoLabelFiles } from '../../pipeline/probabilities/pseudo-label-files.js';
import { styleFor } from '../../terminal/style.js';
import type { ListOptions } from '../options/list-option.js';
import { exitCode } from '../running/each-file.js';
import { probabilityRequests } from '../running/probability-files.js';
import { probabilityWords, watchProbabilities } from '../running/probability-run.js';
import type { Shell } from '../running/shell.js';
import { pseudoLabelText } from './words.js';

/**
 * `segtile pseudo-label`: makes a mask of the certain predictions in every file of probabilities. Beside the masks it
 * writes `classes.json`, which tells `make-dataset` what their values mean.
 *
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export async function runPseudoLabel(
  given: readonly string[],
  options: PseudoLabelOptions & ListOptions,
  shell: Shell,
): Promise<number> {
  const watcher = watchProbabilities<PseudoLabelRecord>('pseudo-label', options, shell, (record, _, files) =>
    pseudoLabelText(record, files, styleFor(shell.stdout)),
  );
  const files = await probabilityRequests(given, options, shell);
  return exitCode(await pseudoLabelFiles(files, options, watcher, shell.signal), probabilityWords(options), shell);
}
