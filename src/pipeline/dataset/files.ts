import { mkdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeImageFolder } from '../../dataset/image-folder.js';
import { type Form, PREVIEW, SHARDS, WORK } from '../../dataset/layout.js';
import { type ManifestRow, manifestColumns, writeCsv, writeParquet } from '../../dataset/manifest.js';
import { packedRow, packShards } from '../../dataset/shards.js';
import type { Totals } from '../../dataset/totals.js';
import type { WorkFolder } from '../../dataset/work.js';
import { SegtileError } from '../../errors.js';
import { outputError } from '../../io/partial-file.js';
import type { MaskClass } from '../../types.js';

/** How the files of a dataset are arranged on disk. */
interface ManifestSettings {
  readonly form: Form;
  /** The number of tiles, including copies. */
  readonly tiles: number;
  /** Whether some copies are mixed with other tiles. */
  readonly mixed: boolean;
  /** Tiles per shard. */
  readonly shardSize: number;
  readonly seed: number;
}

/**
 * Writes the lists of the tiles of a dataset: `manifest.csv`, `manifest.parquet`, and for Hugging Face a
 * `metadata.jsonl` in each part. If tiles go into shards, packs them first.
 *
 * @param names the slides whose records list the tiles, in order
 * @throws {SegtileError} `output` if a file cannot be written; `aborted` when the signal fires
 */
export async function writeManifests(
  root: string,
  work: WorkFolder,
  names: readonly string[],
  classes: readonly MaskClass[],
  totals: ReadonlyMap<string, Totals>,
  { form, tiles, mixed, shardSize, seed }: ManifestSettings,
  onPacked: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  async function* recorded(): AsyncGenerator<ManifestRow> {
    for (const name of names) yield* work.rows(name);
  }
  let rows = recorded;
  if (form === 'webdataset') {
    const shards = await packShards(root, recorded(), { size: shardSize, seed }, (done) => onPacked(done, tiles), signal);
    rows = async function* () {
      for await (const row of recorded()) yield packedRow(row, shards.get(String(row.tile))!);
    };
  }
  const columns = manifestColumns(classes);
  if (form === 'imagefolder') {
    for (const split of totals.keys()) {
      if (split !== 'all') await writeImageFolder(join(root, split, 'metadata.jsonl'), columns, rows(), { split, mixed });
    }
  }
  await writeCsv(join(root, 'manifest.csv'), columns, rows());
  await writeParquet(join(root, 'manifest.parquet'), columns, rows());
}

/**
 * Makes folders in a dataset.
 *
 * @throws {SegtileError} `output` if a folder cannot be made
 */
export async function makeFolders(root: string, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const path = join(root, folder);
    await mkdir(path, { recursive: true }).catch((error: unknown) => {
      throw outputError(path, error);
    });
  }
}

/**
 * Checks, before any work is done, that the dataset will not replace files that it should not replace.
 *
 * @param existing what to do with a complete or unfinished dataset in the folder: refuse, resume it, or delete it
 * @throws {SegtileError} `output` if the folder has a dataset and `existing` is `refuse`, or has files that are not
 *   part of a dataset
 */
export async function prepareRoot(
  root: string,
  existing: 'refuse' | 'resume' | 'overwrite',
  splits: readonly string[],
): Promise<void> {
  const isThere = (path: string): Promise<boolean> => stands(join(root, path));
  const own = (await isThere('dataset.json')) || (await isThere(WORK));
  if (own && existing === 'refuse') throw heldError(root, await isThere('dataset.json'));
  const parts = ['images', 'masks', 'masks2', SHARDS, PREVIEW, ...splits, 'manifest.csv', 'manifest.parquet'];
  if (!own) {
    for (const part of parts) {
      if (!(await isThere(part))) continue;
      throw new SegtileError(
        'output',
        `${join(root, part)} exists already and is not part of a dataset`,
        'choose another --output',
      );
    }
  }
  if (own && existing === 'overwrite') {
    // The file that marks a dataset is deleted last, so that the rest can still be overwritten if the run is killed here.
    for (const part of [...parts, WORK, 'dataset.json']) {
      const path = join(root, part);
      await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
        throw outputError(path, error);
      });
    }
  }
}

/**
 * Begins a dataset in an existing folder.
 *
 * @throws {SegtileError} `output` if another process has begun or finished a dataset there since {@link prepareRoot}
 */
export async function beginRoot(root: string): Promise<void> {
  const work = join(root, WORK);
  await mkdir(work).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? heldError(root, false) : outputError(work, error);
  });
  if (!(await stands(join(root, 'dataset.json')))) return;
  await rmdir(work).catch(() => undefined);
  throw heldError(root, true);
}

function heldError(root: string, whole: boolean): SegtileError {
  return new SegtileError(
    'output',
    `${root} already has ${whole ? 'a dataset' : 'an unfinished dataset'}`,
    'continue it with --resume, replace it with --overwrite, or choose another --output',
  );
}

function stands(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
