import { basename, dirname, join, resolve } from 'node:path';
import { SegtileError } from '../../errors.js';
import { findNoise, type NoiseSettings } from '../../pipeline/noise/find-noise.js';
import { failureText } from '../../terminal/failure.js';
import { count } from '../../terminal/format.js';
import { createProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import { FAILURES_TOLD } from '../running/each-file.js';
import type { Shell } from '../running/shell.js';
import type { FindNoiseOptions } from './options.js';
import { noiseFacts, noiseText } from './words.js';

/**
 * `segtile find-noise`: measures how the truth and the predictions of a dataset's tiles agree.
 *
 * @param manifest path of the dataset's `manifest.csv`
 * @returns the exit code: 0 when every tile was compared and every picture was drawn, else 1
 */
export async function runFindNoise(manifest: string, options: FindNoiseOptions, shell: Shell): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const settings = noiseSettings(manifest, options);
  const stage = createProgress(stderr, options.quiet === true).stage('compare', 'tiles');
  const record = await findNoise(manifest, settings, (done, total) => stage.update({ done, total }), signal).finally(() =>
    stage.stop(),
  );
  const { failures, undrawn, strays, notes, tiles, patients } = record;
  if (!options.quiet) stderr.write(notesText(notes));
  if (patients && patients.shared.length > 0) {
    const told = `segtile: warning: ${count(patients.shared.length)} of ${count(patients.patients)} patients have tiles in several parts or folds, so a model trained on the other parts has seen these patients, and may repeat the errors of their truth`;
    stderr.write(`${styleFor(stderr).warn(told)}\n`);
  }
  if (strays.length > 0 && !options.quiet) {
    stderr.write(`segtile: ${count(strays.length)} predictions belong to no tile, such as ${strays[0]}\n`);
  }
  for (const { error } of [...undrawn, ...failures.slice(0, FAILURES_TOLD)]) stderr.write(failureText(error, styleFor(stderr)));
  stdout.write(options.json ? `${JSON.stringify(noiseFacts(record))}\n` : noiseText(record, styleFor(stdout)));
  if (failures.length === 0) return undrawn.length === 0 ? 0 : 1;
  const more = failures.length > FAILURES_TOLD ? ` (${count(failures.length - FAILURES_TOLD)} more are named by --json)` : '';
  stderr.write(`segtile: ${count(tiles)} of ${count(tiles + failures.length)} tiles compared${more}\n`);
  if (settings.drop)
    stderr.write(`segtile: ${oneLine(settings.drop.path)} was not written, since tiles could not be compared\n`);
  return 1;
}

/** The first note, and how many others there are; empty if there are none. */
function notesText(notes: readonly string[]): string {
  if (notes.length === 0) return '';
  return `segtile: ${notes[0]}${notes.length === 1 ? '' : `; the same is true of ${count(notes.length - 1)} more files`}\n`;
}

function noiseSettings(manifest: string, options: FindNoiseOptions): NoiseSettings {
  const { predictions, dropBelow, output, pictures } = options;
  if (predictions === undefined) {
    throw new SegtileError('usage', 'no predictions were given', 'name their folder with --predictions');
  }
  if (/\.parquet$/i.test(manifest)) {
    const hint = `give ${basename(manifest).replace(/parquet$/i, 'csv')}, which says the same`;
    throw new SegtileError('usage', `expected a manifest as CSV but got ${manifest}`, hint);
  }
  if (output !== undefined && dropBelow === undefined) {
    throw new SegtileError(
      'usage',
      '--output is the name of the manifest that --drop-below writes, but --drop-below is not given',
      'add --drop-below 0.2',
    );
  }
  const folder = dirname(manifest);
  const name = output ?? `${basename(manifest).replace(/\.csv$/i, '')}.clean.csv`;
  const path = basename(name) === name ? join(folder, name) : name;
  if (resolve(dirname(path)) !== resolve(folder)) {
    throw new SegtileError(
      'usage',
      `expected a name in the folder ${folder} for --output but got "${output}"`,
      'the paths in a manifest are relative to its folder',
    );
  }
  if (resolve(path) === resolve(manifest)) {
    throw new SegtileError('usage', `--output is the manifest itself, ${manifest}`, 'give another name');
  }
  return {
    predictions,
    report: options.report ?? join(folder, 'noise'),
    pictures,
    drop: dropBelow === undefined ? undefined : { below: dropBelow, path },
    overwrite: options.overwrite === true,
  };
}
