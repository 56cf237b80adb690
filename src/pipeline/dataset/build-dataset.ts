import { createHash } from 'node:crypto';
import { reason, SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { readRegular } from '../../io/regular-file.js';
import { defaultConfig, readConfig, type TruthConfig } from '../../truth/config.js';
import { slideName } from '../../truth/match.js';
import { openTruth } from '../../truth/open.js';
import { inClaimedFolder } from '../outputs/claimed-folder.js';
import type { SlideRequest } from '../slides/request.js';
import { slideValues } from '../slides/values.js';
import { readAugmentation } from './augmentation-file.js';
import { beginRoot, prepareRoot } from './files.js';
import { type DatasetPairs, datasetPairs } from './pairs.js';
import { type DatasetPlan, planDataset } from './plan-dataset.js';
import type { DatasetRecord, SlideFailure } from './record.js';
import { datasetSettings, type MakeDatasetOptions, type SplitBy } from './settings.js';
import type { DatasetSlide } from './survey-slide.js';
import { type DatasetSettings, type DatasetWatcher, writeDataset } from './write-dataset.js';

/** Callbacks for progress. One is called once it is decided which tiles there will be. */
export interface BuildWatcher extends DatasetWatcher {
  planned(plan: DatasetPlan, settings: DatasetSettings): void;
}

/** The result of {@link buildDataset}. */
export interface BuiltDataset {
  /** The number of slides. */
  readonly pairs: number;
  /** The slides that failed, with their errors. */
  readonly failures: readonly { readonly slide: string; readonly error: unknown }[];
  /** Undefined if nothing was written: no slide had tiles, or only a plan was asked for. */
  readonly record: DatasetRecord | undefined;
}

/**
 * Makes a dataset of tiles from slides and their truth: finds the truth of each slide, plans the tiles and writes them.
 * A slide that fails is left out.
 *
 * @param options of `segtile make-dataset`, parsed
 * @param command the command or call that asked for the dataset, for its record
 * @throws {SegtileError} `usage` for options that exclude each other; `input` if truth is missing or contradicts
 *   itself; `output` if files cannot be written; `aborted` when the signal fires
 */
export async function buildDataset(
  slides: readonly SlideRequest[],
  options: MakeDatasetOptions,
  command: readonly string[],
  watcher: BuildWatcher,
  signal: AbortSignal,
): Promise<BuiltDataset> {
  const augment = options.augment === undefined ? undefined : await readAugmentation(options.augment);
  const facts = { ...(await classesFacts(options.classes)), ...listedFacts(slides) };
  const settingsFor = (by: SplitBy): DatasetSettings => datasetSettings(options, by, command, facts, augment);
  // Options that contradict each other are rejected before any file is looked for.
  settingsFor(options.splitBy ?? 'slide');
  const config = options.classes === undefined ? defaultConfig() : await readConfig(options.classes);
  const sound = slides.filter(({ problem }) => problem === undefined);
  // If none of the named slides can be used, the slides listed in a CSV of truth must not be used instead.
  if (sound.length === 0 && slides.length > 0) throw slides[0]!.problem!;
  const { pairs, clashes, splitBy } = await openPairs(sound, options, config, signal);
  const settings = settingsFor(splitBy);
  const refused = [
    ...slides.flatMap(({ path, problem }) => (problem === undefined ? [] : [{ path: shownPath(path), error: problem }])),
    ...clashes.map(({ slide, error }) => ({ path: shownPath(slide), error })),
  ];
  const build = (signal: AbortSignal): Promise<BuiltDataset> =>
    planAndWrite(pairs, refused, settings, options, watcher, signal);
  return options.dryRun ? build(signal) : inClaimedFolder(options.output, build, signal);
}

/** @param refused slides that are not even planned, with the reasons */
async function planAndWrite(
  pairs: readonly DatasetSlide[],
  refused: readonly { readonly path: string; readonly error: SegtileError }[],
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
  for (const { path, error } of refused) watching.failed({ path }, error);
  const asked = pairs.length + refused.length;
  const built = (record: DatasetRecord | undefined): BuiltDataset => ({ pairs: asked, failures, record });
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

/** Values that a list gives for single slides also decide which tiles there are. */
function listedFacts(slides: readonly SlideRequest[]): object {
  const listed = slides.flatMap(({ path, mpp, roi, tissue }) =>
    (mpp ?? roi ?? tissue) === undefined ? [] : [{ slide: shownPath(path), mpp, roi, tissue }],
  );
  return listed.length === 0 ? {} : { listed };
}

/** The file of classes decides the labels, so a change of it makes another dataset. */
async function classesFacts(path: string | undefined): Promise<Record<string, unknown>> {
  if (path === undefined) return { classes: null };
  // If the file cannot be read, the code that uses it reports the error.
  const content = await readRegular(path).catch(() => Buffer.alloc(0));
  return { classes: { path, sha256: createHash('sha256').update(content).digest('hex') } };
}

async function openPairs(
  slides: readonly SlideRequest[],
  options: MakeDatasetOptions,
  config: TruthConfig,
  signal: AbortSignal,
): Promise<Omit<DatasetPairs, 'pairs'> & { readonly pairs: DatasetSlide[] }> {
  const { pairs, clashes, splitBy } = await datasetPairs(slides, options);
  const values = await slideValues(
    options,
    pairs.map(({ request }) => request),
  );
  const opened = pairs.map(
    ({ name, slide, truth, patient, group }, i): DatasetSlide => ({
      name,
      source: slide,
      path: shownPath(slide),
      truthPath: shownPath(truth),
      patient,
      group,
      tissue: values[i]!.tissue,
      roi: values[i]!.roi,
      options: { mpp: values[i]!.mpp, channels: values[i]!.channels, range: values[i]!.range },
      openTruth: (size) => openTruth(truth, { size, config, slideName: slideName(slide), signal }),
    }),
  );
  return { pairs: opened, clashes, splitBy };
}
