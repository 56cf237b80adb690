import type { ThresholdOptions } from '../../pipeline/probabilities/options.js';
import type { ThresholdRecord } from '../../pipeline/probabilities/threshold.js';
import { thresholdFiles } from '../../pipeline/probabilities/threshold-files.js';
import { styleFor } from '../../terminal/style.js';
import type { ListOptions } from '../options/list-option.js';
import { exitCode } from '../running/each-file.js';
import { probabilityRequests } from '../running/probability-files.js';
import { probabilityWords, watchProbabilities } from '../running/probability-run.js';
import type { Shell } from '../running/shell.js';
import { ruleText, thresholdText } from './words.js';

/**
 * `segtile threshold`: makes a mask from every file of probabilities.
 *
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export async function runThreshold(
  given: readonly string[],
  options: ThresholdOptions & ListOptions,
  shell: Shell,
): Promise<number> {
  const watcher = watchProbabilities<ThresholdRecord>('threshold', options, shell, (record, { map }, files) =>
    thresholdText(record, ruleText(record.settings.labels, map), files, styleFor(shell.stdout)),
  );
  const files = await probabilityRequests(given, options, shell);
  return exitCode(await thresholdFiles(files, options, watcher, shell.signal), probabilityWords(options), shell);
}
