import { createHash } from 'node:crypto';
import { reason, SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { readRegular } from '../../io/regular-file.js';
import { defaultConfig, readConfig, type TruthConfig } from '../../truth/config.js';
import { slideName } from '../../truth/match.js';
import { openTruth } from '../../truth/open.js';
import { inClaimedFolder } from '../outputs/claimed-folder.js';
import { readSlideFlags } from '../prepare/slide-flags.js';
import { readRoi, readTissue } from '../tissue/region-flags.js';
import { readAugmentation } from './augmentation-file.js';
import { beginRoot, prepareRoot } from './files.js';
import { datasetPairs } from './pairs.js';
import { type DatasetPlan, planDataset } from './plan-dataset.js';
import type { DatasetRecord, SlideFailure } from './record.js';
import { datasetSettings, type MakeDatasetOptions, type SplitBy } from './settings.js';
import type { DatasetSlide } from './survey-slide.js';
import { type DatasetSettings, type DatasetWatcher, writeDataset } from './write-dataset.js';

/** Is told what happens, also once it is decided which tiles there will be. */
export interface BuildWatcher extends DatasetWatcher {
  planned(plan: DatasetPlan, settings: DatasetSettings): void;
}

/** What became of slides and their truth. */
export interface BuiltDataset {
  /** How many slides there were. */
  readonly pairs: number;
  /** Those that failed, and why. */
  readonly failures: readonly { readonly slide: string; readonly error: unknown }[];
  /** Undefined where nothing was written: no slide had tiles, or only a plan was asked for. */
  readonly record: DatasetRecord | undefined;
}

/**
 * Tiles of slides and their truth: finds which truth is whose, plans, and writes the dataset. A slide that fails is left out.
 *
 * @param options of `segtile make-dataset`, parsed
 * @param command how the dataset was asked for, for its record
 * @throws {SegtileError} `usage` for options that exclude each other, `input` for truth that is missing or contradicts itself, `output` where files cannot be
 *   written, `aborted` when the signal fires
 */
export async function buildDataset(
  slides: readonly string[],
  options: MakeDatasetOptions,
  command: readonly string[],
  watcher: BuildWatcher,
  signal: AbortSignal,
): Promise<BuiltDataset> {
  const augment = options.augment === undefined ? undefined : await readAugmentation(options.augment);
  const classes = await classesFacts(options.classes);
  const settingsFor = (by: SplitBy): DatasetSettings => datasetSettings(options, by, command, classes, augment);
  // Options that contradict each other are refused before a file is looked for.
  settingsFor(options.splitBy ?? 'slide');
  const config = options.classes === undefined ? defaultConfig() : await readConfig(options.classes);
  const { pairs, splitBy } = await openPairs(slides, options, config, signal);
  const settings = settingsFor(splitBy);
  const build = (signal: AbortSignal): Promise<BuiltDataset> => planAndWrite(pairs, settings, options, watcher, signal);
  return options.dryRun ? build(signal) : inClaimedFolder(options.output, build, signal);
}

async function planAndWrite(
  pairs: readonly DatasetSlide[],
  settings: DatasetSettings,
  options: MakeDatasetOptions,
  watcher: BuildWatcher,
  signal: AbortSignal,
): Promise<BuiltDataset> {
  const root = options.output;
  const existing = options.overwrite ? 'overwrite' : options.resume ? 'resume' : 'refuse';
  if (!options.dryRun) await prepareRoot(root, existing, ['train', 'val', 'test']);
  const failures: { readonly slide: string; readonly error: unknown }[] = [];
  const watching: BuildWatcher = {
    ...watcher,
    failed(slide, error) {
      failures.push({ slide: slide.path, error });
      watcher.failed(slide, error);
    },
  };
  const built = (record: DatasetRecord | undefined): BuiltDataset => ({ pairs: pairs.length, failures, record });
  try {
    const plan = await planDataset(pairs, settings, watching, signal);
    watcher.planned(plan, settings);
    if (options.dryRun || plan.slides.length === 0) return built(undefined);
    if (existing !== 'resume') await beginRoot(root);
    const known = failures.map(({ slide, error }): SlideFailure => ({ slide, message: reason(error) }));
    return built(await writeDataset(root, plan, known, settings, watching, signal));
  } catch (error) {
    if (!signal.aborted || options.dryRun) throw error;
    const hint = 'slides that are done are kept: go on with the same command and --resume';
    throw new SegtileError('aborted', `stopped before ${root} was finished`, hint, error);
  }
}

/** What the file of classes says decides labels, so a file that was changed makes another dataset. */
async function classesFacts(path: string | undefined): Promise<Record<string, unknown>> {
  if (path === undefined) return { classes: null };
  // Where it cannot be read is said by who reads it in earnest.
  const content = await readRegular(path).catch(() => Buffer.alloc(0));
  return { classes: { path, sha256: createHash('sha256').update(content).digest('hex') } };
}

async function openPairs(
  slides: readonly string[],
  options: MakeDatasetOptions,
  config: TruthConfig,
  signal: AbortSignal,
): Promise<{ readonly pairs: DatasetSlide[]; readonly splitBy: SplitBy }> {
  const { pairs, splitBy } = await datasetPairs(slides, options);
  const named = pairs.map(({ slide }) => slide);
  const optionsOf = await readSlideFlags(options, named);
  const roi = await readRoi(options, named);
  const tissueOf = await readTissue(options.tissue, options, named);
  const opened = pairs.map(
    ({ name, slide, truth, patient, group }): DatasetSlide => ({
      name,
      source: slide,
      path: shownPath(slide),
      truthPath: shownPath(truth),
      patient,
      group,
      tissue: tissueOf(slide),
      roi: roi.of(slide),
      options: optionsOf(slide),
      openTruth: (size) => openTruth(truth, { size, config, slideName: slideName(slide), signal }),
    }),
  );
  return { pairs: opened, splitBy };
}
