import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { isRemote } from '../../io/location.js';
import { eachFile, type FilesDone, type Outcome } from '../each-file.js';
import { wantsObjects } from '../outputs/kinds/objects.js';
import { runOutputs } from '../outputs/table.js';
import type { InferOptions } from '../prepare/options.js';
import { HISTORY } from '../records/history.js';
import { summarizeResults } from '../records/object-summary.js';
import { stemOf } from '../resume/leftovers.js';
import { type FoundShard, type ShardOrigin, type ShardSet, shardAt, shardOptionsOf, shardSets } from '../resume/shards.js';
import { type SlidesWatcher, tellOutcome } from './segment-slides.js';
import { openSegmenter } from './segmenter.js';

/** The options of `segtile merge`, parsed. */
export interface MergeOptions {
  readonly overwrite?: boolean;
  /** Absent: the file that the shards were told to use. False: no history. */
  readonly history?: string | boolean;
}

/**
 * Makes the results of all slides that have shards in some folders or their subfolders.
 *
 * @param options of `segtile merge`, parsed
 * @throws {SegtileError} `input` for a folder that cannot be read, or has neither shards nor results
 */
export async function mergeSlides(
  folders: readonly string[],
  options: MergeOptions,
  watcher: SlidesWatcher,
  signal: AbortSignal,
): Promise<FilesDone> {
  const sets = (await Promise.all(folders.map(setsIn))).flat();
  const files = sets.map(({ stem }) => ({ path: stem }));
  const told = new Set<string>();
  const note = (sentence: string): void => {
    if (!told.has(sentence)) watcher.note?.(sentence);
    told.add(sentence);
  };
  const once: SlidesWatcher = { ...watcher, note, model: undefined };
  const withObjects = new Map<string, Outcome[]>();
  const work = async (set: FolderSet): Promise<Outcome> => {
    const { outcome, objects } = await merge(set, options, once, signal);
    if (objects) withObjects.set(set.folder, [...(withObjects.get(set.folder) ?? []), outcome]);
    return outcome;
  };
  const ended = await eachFile(files, { failed: watcher.failed, signal }, async (_, index) => work(sets[index]!));
  for (const [folder, outcomes] of withObjects) await summarizeResults(folder, outcomes);
  return ended;
}

/** The shards of a slide, and the folder that the user named. */
interface FolderSet extends ShardSet {
  readonly folder: string;
}

/** The sets of shards in a folder and its subfolders. */
async function setsIn(folder: string): Promise<FolderSet[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((cause: unknown) => {
    const hint = 'name the folder that the shards were written to';
    throw new SegtileError('input', `cannot read the folder ${folder}: ${reason(cause)}`, hint, cause);
  });
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const found = (await Promise.all([folder, ...below.sort()].map(shardSets))).flat();
  const sets = found.map((set) => ({ ...set, folder }));
  if (sets.length > 0 || entries.some(({ name }) => name.endsWith('.run.json'))) return sets;
  throw new SegtileError('input', `there are no shards in ${folder}`, 'segtile infer --shard 1/4 --shard-rows writes them');
}

async function merge(
  { folder, stem, count, paths, missing }: FolderSet,
  options: MergeOptions,
  watcher: SlidesWatcher,
  signal: AbortSignal,
): Promise<{ readonly outcome: Outcome; readonly objects: boolean }> {
  const lacking = missing.length > 0 ? lackingError(stem, missing, count) : undefined;
  // A merge that was killed while it deleted the shards has left its result and some of them.
  if (lacking && !(await stat(`${stem}.run.json`).catch(() => undefined))) throw lacking;
  const shards: FoundShard[] = [];
  for (const path of paths) shards.push((await shardAt(path))!);
  const { origin } = shards[0]!;
  await requireSlide(origin, paths[0]!);
  const ending = origin.maskEnding;
  const output = ending === runOutputs.mask.ending ? dirname(stem) : stem + ending;
  const given = shardOptionsOf<InferOptions>(origin.options);
  const { shard: _, shardRows: __, wait: ___, overwrite: ____, ...lasting } = given;
  const told = typeof options.history === 'string' || options.history === false ? options.history : given.history;
  const history = told === undefined || told === true ? join(folder, HISTORY) : told;
  const own: InferOptions = { ...lasting, history, overwrite: options.overwrite === true, output };
  const request = { path: origin.slide, ...origin.said };
  const segmenter = await openSegmenter([request], own, watcher, signal);
  try {
    const [files] = segmenter.files;
    if (stemOf(files!) !== stem) {
      throw new SegtileError(
        'input',
        `${paths[0]} was renamed: it would be merged to ${stemOf(files!)}`,
        'give it its old name',
      );
    }
    const outcome = tellOutcome(await segmenter.merge(0, shards, lacking), origin.slide, files!, watcher);
    return { outcome, objects: wantsObjects(own) };
  } finally {
    await segmenter.close();
  }
}

function lackingError(stem: string, missing: readonly number[], count: number): SegtileError {
  const [first] = missing;
  const which = `${missing.length === 1 ? 'shard' : 'shards'} ${missing.join(', ')} of ${count}`;
  const lack = missing.length === 1 ? 'is' : 'are';
  return new SegtileError(
    'input',
    `${stem}: ${which} ${lack} missing`,
    `run what is missing, such as --shard ${first}/${count}`,
  );
}

/**
 * Checks that the slide of a shard is there. A relative path is looked up from the current folder, so the merge must be
 * started in the folder where the shards were run.
 */
async function requireSlide({ slide, folder }: ShardOrigin, path: string): Promise<void> {
  if (isRemote(slide) || (await stat(slide).catch(() => undefined))) return;
  throw new SegtileError(
    'input',
    `the slide ${slide} of ${path} is not here`,
    `start segtile merge in the folder in which its shards were run, ${folder}, and have the slide there`,
  );
}
