import { addMakeDatasetOptions } from '../commands/make-dataset/options.js';
import { parseGiven } from '../commands/options/given.js';
import type { Form } from '../dataset/layout.js';
import { SegtileError } from '../errors.js';
import { type BuildWatcher, buildDataset } from '../pipeline/dataset/build-dataset.js';
import type { DatasetRecord } from '../pipeline/dataset/record.js';
import type { MakeDatasetOptions, SplitBy } from '../pipeline/dataset/settings.js';
import type { Sampler } from '../plan/sampling/sampling.js';
import type { Size } from '../types.js';
import { controlled, type RunControl } from './control.js';
import type { ShareValue } from './segment-options.js';
import type { ReadingOptions, RegionOptions, TissueClassOptions } from './slide-options.js';

/**
 * The options of `segtile make-dataset`. Names are those of its command line, in camel case;
 * `segtile make-dataset --help` explains each and lists the defaults. Lengths are in working pixels.
 */
export interface DatasetOptions extends RunControl, ReadingOptions, RegionOptions, TissueClassOptions {
  /** The truth: a file, a folder of files that are matched to slides by name, or a CSV of slides, truths and patients. */
  readonly truth: string;
  readonly classes?: string | undefined;
  readonly window?: number | Size | undefined;
  readonly stride?: number | Size | undefined;
  readonly overlap?: number | string | undefined;
  readonly level?: number | undefined;
  readonly mpp?: number | undefined;
  readonly downsample?: number | undefined;
  readonly sample?: Sampler | readonly Sampler[] | undefined;
  readonly mix?: { readonly [Name in Sampler]?: number } | undefined;
  readonly count?: number | undefined;
  readonly maxPerClass?: Readonly<Record<string, number>> | undefined;
  readonly tissue?: string | undefined;
  readonly minTissue?: ShareValue | undefined;
  readonly tries?: number | undefined;
  readonly seed?: number | undefined;
  readonly split?: { readonly train?: number; readonly val?: number; readonly test?: number } | undefined;
  readonly folds?: number | undefined;
  readonly splitBy?: SplitBy | undefined;
  readonly region?: number | undefined;
  readonly guard?: number | undefined;
  readonly augment?: string | undefined;
  /** The folder where the dataset is written. */
  readonly output?: string | undefined;
  readonly format?: Form | undefined;
  readonly image?: 'png' | 'jpeg' | undefined;
  readonly quality?: number | undefined;
  readonly shardSize?: number | undefined;
  /** The number of tiles to show on contact sheets; true means 24. */
  readonly preview?: number | boolean | undefined;
  readonly resume?: boolean | undefined;
  readonly overwrite?: boolean | undefined;
}

/**
 * Cuts slides and their truth into tiles, as `segtile make-dataset` does. A slide that fails is left out, and
 * `failures` in the record lists it. If all slides fail, the error of the first one is thrown.
 *
 * @param slides one path or several; an empty list if the CSV in `truth` names the slides
 * @returns the record of the dataset, which is also in `dataset.json`
 * @throws {SegtileError} `usage` for an option that is unknown or wrong, which it names; `input` if truth is missing;
 *   `output` if files cannot be written; `aborted` when the signal fires
 */
export async function makeDataset(slides: string | readonly string[], options: DatasetOptions): Promise<DatasetRecord> {
  const { control, options: given } = controlled(options);
  const { signal, onProgress, onNote } = control;
  const left = ['from', 'json', 'quiet', 'dryRun'];
  const { options: parsed, words } = parseGiven<MakeDatasetOptions>('make-dataset', addMakeDatasetOptions, given, left);
  const paths = typeof slides === 'string' ? [slides] : slides;
  const watcher: BuildWatcher = {
    surveyed: ({ notes, warnings }) => [...notes, ...warnings].forEach((sentence) => void onNote?.(sentence)),
    planned: () => undefined,
    cutting: ({ survey }, done, total) => onProgress?.({ name: survey.slide.path, unit: 'tiles', done, total }),
    finished: () => undefined,
    packing: (done, total) => onProgress?.({ name: 'shards', unit: 'tiles', done, total }),
    failed: (slide, error) => onNote?.(`${slide.path} is left out: ${error instanceof Error ? error.message : String(error)}`),
  };
  const { record, failures } = await buildDataset(
    paths.map((path) => ({ path })),
    parsed,
    ['segtile', 'make-dataset', ...paths, ...words],
    watcher,
    signal,
  );
  if (record !== undefined) return record;
  throw failures[0]?.error ?? new SegtileError('input', 'no slide gave a tile');
}
