import { join } from 'node:path';
import { isMix } from '../../augment/steps.js';
import { tileFolders, WORK } from '../../dataset/layout.js';
import { rowPaths } from '../../dataset/manifest.js';
import { addCopies, addTotals, emptyCopies, emptyTotals, type Totals } from '../../dataset/totals.js';
import { openWork, type RecordHead, type WorkFolder } from '../../dataset/work.js';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { writeRecord } from '../records/write-record.js';
import { copyCount } from './augment-tiles.js';
import { cutSlide, planHash, type TileSettings } from './cut-dataset.js';
import { makeFolders, writeManifests } from './files.js';
import type { DatasetPlan, DatasetPlanSettings, DatasetPlanWatcher } from './plan-dataset.js';
import { drawPreview } from './preview.js';
import { type DatasetRecord, datasetRecord, type SlideFailure } from './record.js';
import type { SlideTiles } from './split.js';

/** The settings of a dataset. */
export interface DatasetSettings extends DatasetPlanSettings {
  readonly tiles: Omit<TileSettings, 'classes'>;
  /** Tiles per shard, for the form `webdataset`. */
  readonly shardSize: number;
  /** Tiles to show on contact sheets, if any. */
  readonly preview: number | undefined;
  /** For `dataset.json`: the command or call that made the dataset. */
  readonly command: readonly string[];
  /** For `dataset.json`. A run with other values starts a slide again. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Callbacks for progress. */
export interface DatasetWatcher extends DatasetPlanWatcher {
  /** Called while the tiles of a slide are cut. `total` includes copies; `done` is 0 at the start. */
  cutting(tiles: SlideTiles, done: number, total: number): void;
  /** Called when a slide is finished; `kept` if an earlier run had finished it. */
  finished(tiles: SlideTiles, head: RecordHead, kept: boolean): void;
  packing(done: number, total: number): void;
}

/**
 * Cuts the tiles of a plan, slide by slide, and writes the dataset. A slide that fails is left out, and the others are
 * still cut. Slides that an earlier run finished with the same plan are kept.
 *
 * Only tiles are written until all slides are finished; `dataset.json` is written last.
 *
 * @param failures slides that have already failed
 * @returns the record that was written, or undefined if no slide could be cut
 * @throws {SegtileError} `output` where files cannot be written, `aborted` when the signal fires
 */
export async function writeDataset(
  root: string,
  { classes, slides }: DatasetPlan,
  failures: readonly SlideFailure[],
  settings: DatasetSettings,
  watcher: DatasetWatcher,
  signal: AbortSignal,
): Promise<DatasetRecord | undefined> {
  const { form, augmentation } = settings.tiles;
  const mixed = augmentation?.steps.some(isMix) ?? false;
  const tileSettings: TileSettings = { ...settings.tiles, classes };
  const splits = settings.divide.parts.map(({ name }) => name);
  await makeFolders(root, [WORK, ...tileFolders(form, splits, mixed)]);
  const work = await openWork(root, rowPaths);
  const failed = [...failures];
  const done: { readonly slide: SlideTiles; readonly head: RecordHead }[] = [];

  const names = new Set(slides.map(({ survey }) => survey.slide.name));
  for (const name of await work.recorded()) if (!names.has(name)) await work.forget(name);
  for (const slide of slides) {
    try {
      throwIfAborted(signal);
      const head = await finishSlide(slide, work, tileSettings, settings, watcher, signal);
      done.push({ slide, head });
    } catch (error) {
      throwIfAborted(signal);
      // If the disk refuses the files of one slide, it will refuse those of all.
      if (error instanceof SegtileError && error.code === 'output') throw error;
      failed.push({ slide: slide.survey.slide.path, message: reason(error) });
      watcher.failed(slide.survey.slide, error);
    }
  }
  if (done.length === 0) return undefined;

  await work.sweep(tileFolders(form, splits, true));
  const totals = new Map<string, Totals>([['all', emptyTotals()]]);
  const made = emptyCopies();
  for (const { head } of done) {
    addCopies(made, head.copies);
    for (const [split, part] of Object.entries(head.totals)) {
      if (!totals.has(split)) totals.set(split, emptyTotals());
      addTotals(totals.get('all')!, part);
      addTotals(totals.get(split)!, part);
    }
  }
  const { tiles } = totals.get('all')!;
  await writeManifests(
    root,
    work,
    done.map(({ slide }) => slide.survey.slide.name),
    classes,
    totals,
    { form, tiles: tiles + made.copies, mixed, shardSize: settings.shardSize, seed: settings.divide.seed },
    watcher.packing,
    signal,
  );
  await drawPreview(root, classes, settings.preview ?? 0, settings.divide.seed, signal);
  const { command, facts } = settings;
  const record = datasetRecord({ command, settings: facts, classes, done, totals, augmentation, made, failures: failed });
  await writeRecord(join(root, 'dataset.json'), record);
  // If slides failed, they can be tried again. The work folder is kept so that finished slides need not be cut again.
  if (failed.length === 0) await work.close();
  return record;
}

async function finishSlide(
  slide: SlideTiles,
  work: WorkFolder,
  tiles: TileSettings,
  settings: DatasetSettings,
  watcher: DatasetWatcher,
  signal: AbortSignal,
): Promise<RecordHead> {
  const { name } = slide.survey.slide;
  const plan = await planHash(slide, tiles, settings.facts);
  const before = await work.head(name);
  if (before?.plan === plan) {
    watcher.finished(slide, before, true);
    return before;
  }
  await work.forget(name);
  const total = slide.tiles.length + copyCount(slide.tiles, tiles.augmentation);
  const tell = (count: number): void => watcher.cutting(slide, count, total);
  tell(0);
  const head = await cutSlide(slide, plan, work, tiles, settings.survey, tell, signal);
  watcher.finished(slide, head, false);
  return head;
}
