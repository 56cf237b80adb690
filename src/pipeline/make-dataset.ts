import { join } from 'node:path';
import { type Augmentation, isMix } from '../augment/steps.js';
import { tileFolders, WORK } from '../dataset/layout.js';
import { manifestColumns, rowPaths } from '../dataset/manifest.js';
import {
  addCopies,
  addTotals,
  type CopyTotals,
  emptyCopies,
  emptyTotals,
  type Statistics,
  statisticsOf,
  type Totals,
} from '../dataset/totals.js';
import { openWork, type RecordHead, type WorkFolder } from '../dataset/work.js';
import { reason, SegtileError, throwIfAborted } from '../errors.js';
import type { SamplerReport } from '../plan/sampling.js';
import type { MaskClass, Size } from '../types.js';
import { copyCount } from './augment-tiles.js';
import { cutSlide, planHash, type TileSettings } from './cut-dataset.js';
import { makeFolders, writeManifests } from './dataset-files.js';
import { versions } from './machine.js';
import { drawPreview } from './preview-dataset.js';
import { writeRecord } from './record.js';
import { commonClasses, type DivideSettings, divide, type SlideTiles } from './split-dataset.js';
import { type DatasetSlide, type Survey, type SurveySettings, surveySlide } from './survey-slide.js';

/** Everything that decides what a dataset is. */
export interface DatasetSettings {
  readonly survey: SurveySettings;
  readonly divide: DivideSettings;
  readonly tiles: Omit<TileSettings, 'classes'>;
  /** Tiles in a shard of the form `webdataset`. */
  readonly shardSize: number;
  /** Tiles to show on contact sheets, if any. */
  readonly preview: number | undefined;
  /** For `dataset.json`: how the dataset was asked for. */
  readonly command: readonly string[];
  /** For `dataset.json`, and so that a run with others starts a slide anew. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A slide that gave no tiles because something went wrong. */
export interface SlideFailure {
  readonly slide: string;
  readonly message: string;
}

/** What is told of a slide in `dataset.json`. */
export interface SlideFacts {
  readonly name: string;
  readonly path: string;
  readonly truth: string;
  readonly group: string;
  readonly size: Size;
  readonly working: Size & { readonly downsample: number };
  readonly samplers: readonly (SamplerReport & { readonly acceptance: number | null })[];
  /** Windows that were left out because they come too close to another part of the dataset. */
  readonly guarded: number;
  readonly tiles: number;
  /** Changed copies of tiles, besides them. */
  readonly copies: number;
}

/** `dataset.json`. */
export interface DatasetRecord {
  readonly command: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly classes: readonly MaskClass[];
  /** Without copies. */
  readonly tiles: number;
  /** What copies were made, by which settings, and how many of them each kind of step was done to. */
  readonly augmentation: (Augmentation & { readonly made: CopyTotals }) | null;
  readonly slides: readonly SlideFacts[];
  /** Without copies. Of all tiles, and of those of each part. Weights for training belong to the part that is trained on. */
  readonly statistics: Readonly<Record<string, Statistics>>;
  readonly weights: string;
  readonly failures: readonly SlideFailure[];
}

/** What to tell whoever waits. */
export interface DatasetWatcher {
  /** A slide was looked at; its tiles are not planned before all slides were. */
  surveyed(survey: Survey, done: number): void;
  /** Tiles of a slide are being cut, `total` with their copies. `done` is 0 at the start. */
  cutting(tiles: SlideTiles, done: number, total: number): void;
  /** A slide is done; `kept` when an earlier run had done it. */
  finished(tiles: SlideTiles, head: RecordHead, kept: boolean): void;
  packing(done: number, total: number): void;
  failed(slide: DatasetSlide, error: unknown): void;
}

/** Which tiles a dataset will have. Nothing has been written. */
export interface DatasetPlan {
  readonly classes: readonly MaskClass[];
  readonly slides: readonly SlideTiles[];
}

/**
 * Looks at all slides and decides which windows of them become tiles, and where they go. A slide that fails is left out.
 *
 * @throws {SegtileError} `input` where no slide has a window to give, or labels of slides contradict each other; `usage` where there are too
 *   few groups for the parts that are asked for; `aborted` when the signal fires
 */
export async function planDataset(
  slides: readonly DatasetSlide[],
  settings: Pick<DatasetSettings, 'survey' | 'divide'>,
  watcher: Pick<DatasetWatcher, 'surveyed' | 'failed'>,
  signal: AbortSignal,
): Promise<DatasetPlan> {
  const surveys: Survey[] = [];
  for (const [index, slide] of slides.entries()) {
    try {
      throwIfAborted(signal);
      const survey = await surveySlide(slide, settings.survey, signal);
      surveys.push(survey);
      watcher.surveyed(survey, index + 1);
    } catch (error) {
      throwIfAborted(signal);
      watcher.failed(slide, error);
    }
  }
  const classes = commonClasses(surveys);
  manifestColumns(classes);
  const divided = divide(surveys, settings.divide);
  if (surveys.length > 0 && divided.every(({ tiles }) => tiles.length === 0)) {
    throw new SegtileError(
      'input',
      'no window of any slide was kept, so there is nothing to write',
      'ask for less tissue with --min-tissue, for another --sample, or for a smaller --window or --guard',
    );
  }
  return { classes, slides: divided };
}

/**
 * Cuts the tiles of a plan, slide by slide, and writes the dataset. A slide that fails is left out, and does not stop the others. Slides that
 * an earlier run had done, to the same plan, are kept as they are.
 *
 * Nothing but tiles stands in the folder before all slides are done; `dataset.json` comes last.
 *
 * @param failures slides that are known to give nothing
 * @returns the record that was written, or undefined where no slide could be cut
 * @throws {SegtileError} `output` where files cannot be written, `aborted` when the signal fires
 */
export async function makeDataset(
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
      // What the disk refuses to one slide it refuses to all.
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
  const record: DatasetRecord = {
    command: settings.command,
    versions: Object.fromEntries(Object.entries(versions()).filter(([name]) => ['segtile', 'node', 'sharp'].includes(name))),
    settings: settings.facts,
    classes,
    tiles,
    augmentation: augmentation ? { ...augmentation, made: inOrder(made, augmentation) } : null,
    slides: done.map(({ slide, head }) => slideFacts(slide, head)),
    statistics: Object.fromEntries([...totals].map(([split, part]) => [split, statisticsOf(part, classes)])),
    weights: 'median frequency balancing: median(f) / f, f = pixels of the class / pixels of the tiles that hold it',
    failures: failed,
  };
  await writeRecord(join(root, 'dataset.json'), record);
  // What failed can be tried again, and what was done need not be done again then.
  if (failed.length === 0) await work.close();
  return record;
}

/** Kinds of steps in the order in which they are done; those that none was done to, too. */
function inOrder({ copies, steps }: CopyTotals, augmentation: Augmentation): CopyTotals {
  const kinds = [...augmentation.steps.map(({ kind }) => kind), 'none'];
  return { copies, steps: Object.fromEntries(kinds.map((kind) => [kind, steps[kind] ?? 0])) };
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
  const before = (await work.recorded()).includes(name) ? await work.head(name) : undefined;
  if (before?.plan === plan) {
    watcher.finished(slide, before, true);
    return before;
  }
  if (before) await work.forget(name);
  const total = slide.tiles.length + copyCount(slide.tiles, tiles.augmentation);
  const tell = (count: number): void => watcher.cutting(slide, count, total);
  tell(0);
  const head = await cutSlide(slide, plan, work, tiles, settings.survey, tell, signal);
  watcher.finished(slide, head, false);
  return head;
}

/** What is told of a slide that is done. */
export function slideFacts({ survey, guarded }: SlideTiles, { tiles, copies }: RecordHead): SlideFacts {
  const { slide, full, size, downsample, reports } = survey;
  return {
    name: slide.name,
    path: slide.path,
    truth: slide.truthPath,
    group: slide.group,
    size: full,
    working: { ...size, downsample },
    samplers: reports.map((report) => ({
      ...report,
      acceptance: report.tried > 0 ? Number((report.accepted / report.tried).toFixed(6)) : null,
    })),
    guarded,
    tiles,
    copies: copies.copies,
  };
}
