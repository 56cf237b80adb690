import { SegtileError } from '../../errors.js';
import { predictTiles } from '../../pipeline/noise/predict-tiles.js';
import { failureText } from '../../terminal/failure.js';
import { count } from '../../terminal/format.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { FAILURES_TOLD } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import type { PredictTilesOptions } from './options.js';

/**
 * `segtile predict-tiles`: labels the tiles of a dataset.
 *
 * @param manifest path of the dataset's `manifest.csv`
 * @returns the exit code: 0 when every tile was labelled, else 1
 */
export async function runPredictTiles(manifest: string, options: PredictTilesOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const { model, overwrite = false, json, quiet, ...others } = options;
  if (model === undefined) throw new SegtileError('usage', 'no model was given', 'name it with --model');
  const stage = createProgress(stderr, quiet === true).stage('predict', 'tiles');
  const record = await predictTiles(
    manifest,
    { ...others, model, overwrite },
    (done, total) => stage.update({ done, total }),
    signal,
  ).finally(() => stage.stop());
  const { failures, tiles, output } = record;
  for (const { error } of failures.slice(0, FAILURES_TOLD)) stderr.write(failureText(error, styleFor(stderr)));
  const told = failures.map(({ tile, error: { code, message, hint } }) => ({ tile, error: { code, message, hint } }));
  stdout.write(
    json
      ? `${JSON.stringify({ ...record, failures: told })}\n`
      : `${count(tiles)} tiles predicted: ${styleFor(stdout).good(output)}\n`,
  );
  if (failures.length === 0) return 0;
  const more = failures.length > FAILURES_TOLD ? ` (${count(failures.length - FAILURES_TOLD)} more are named by --json)` : '';
  stderr.write(`segtile: ${count(tiles)} of ${count(tiles + failures.length)} tiles predicted${more}\n`);
  return 1;
}
