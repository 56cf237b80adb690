import { type MasksWatcher, objectsOfMasks } from '../../pipeline/objects/objects-of-masks.js';
import type { ObjectsOptions } from '../../pipeline/objects/options.js';
import { MASKS, PROBABILITIES } from '../../pipeline/slides/kinds.js';
import { fileRequests } from '../../pipeline/slides/requests.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { ListOptions } from '../options/list-option.js';
import { exitCode, type FileWords, reportFailure } from '../running/each-file.js';
import { createRowProgress } from '../running/row-progress.js';
import type { Shell } from '../running/shell.js';
import { objectsText } from './words.js';

/**
 * `segtile objects`: writes outlines and measures of the objects in every mask.
 *
 * @returns the exit code: 0 when every mask was done, 2 when every failure was wrong use, else 1
 */
export async function objects(given: readonly string[], options: ObjectsOptions & ListOptions, shell: Shell): Promise<number> {
  const { from, json, quiet = false } = options;
  const words = { what: 'masks', key: 'mask', json, quiet };
  const note = (sentence: string): void => void (quiet || shell.stderr.write(`segtile: ${oneLine(sentence)}\n`));
  const kind = options.threshold === undefined ? MASKS : PROBABILITIES;
  const masks = await fileRequests(given, { kind, from, columns: ['output'], note });
  return exitCode(await objectsOfMasks(masks, options, watch(words, shell), shell.signal), words, shell);
}

/** Reports progress, notes and failures on standard error, and results on standard output. */
function watch(words: FileWords, shell: Shell): MasksWatcher {
  const { stdout, stderr } = shell;
  const { json, quiet = false } = words;
  const progress = createRowProgress('objects', shell, quiet);
  return {
    rows: (_, done, size) => progress.rows(size, done),
    done: (record, path) => {
      progress.stop();
      if (!quiet) for (const note of record.notes) stderr.write(`segtile: ${oneLine(note)}\n`);
      stdout.write(json ? `${JSON.stringify({ status: 'done', ...record })}\n` : objectsText(record, path, styleFor(stdout)));
    },
    failed: (mask, error) => {
      progress.stop();
      reportFailure(mask, error, words, shell);
    },
  };
}
