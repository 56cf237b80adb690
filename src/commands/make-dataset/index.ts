import { createHash } from 'node:crypto';
import { reason, SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { readRegular } from '../../io/regular-file.js';
import { beginRoot, prepareRoot } from '../../pipeline/dataset/files.js';
import { type DatasetSettings, type DatasetWatcher, makeDataset } from '../../pipeline/dataset/make-dataset.js';
import { planDataset } from '../../pipeline/dataset/plan-dataset.js';
import { type SlideFailure, slideFacts } from '../../pipeline/dataset/record.js';
import { sharedPatients } from '../../pipeline/dataset/split.js';
import type { DatasetSlide } from '../../pipeline/dataset/survey-slide.js';
import { makeFolder } from '../../pipeline/outputs/clashes.js';
import { readRoi, readTissue } from '../../pipeline/tissue/region-flags.js';
import { exitCodeOf, failureText } from '../../terminal/failure.js';
import { createProgress, type StageProgress } from '../../terminal/progress.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import { defaultConfig, readConfig, type TruthConfig } from '../../truth/config.js';
import { slideName } from '../../truth/match.js';
import { openTruth } from '../../truth/open.js';
import type { Shell } from '../running/shell.js';
import { readAugmentation } from './augment.js';
import { datasetPairs } from './pairs.js';
import { datasetSettings, type MakeDatasetOptions, type SplitBy } from './settings.js';
import { datasetPlanText, datasetText, planFacts, sharedText, slideLine, surveyText } from './words.js';

/**
 * `segtile make-dataset`: tiles of slides and their truth. A slide that fails is left out and does not stop the others.
 *
 * @param argv the command's arguments as they were typed, for the dataset's record
 * @returns the exit code: 0 when every slide was done, 2 when every failure was wrong use, else 1
 */
export async function runMakeDataset(
  slides: readonly string[],
  options: MakeDatasetOptions,
  argv: readonly string[],
  shell: Shell,
): Promise<number> {
  const { stdout, stderr, signal } = shell;
  const root = options.output;
  const augment = options.augment === undefined ? undefined : await readAugmentation(options.augment);
  const classes = await classesFacts(options.classes);
  const settingsFor = (by: SplitBy): DatasetSettings => datasetSettings(options, by, commandWords(argv), classes, augment);
  // Options that contradict each other are refused before a file is looked for.
  settingsFor(options.splitBy ?? 'slide');
  const config = options.classes === undefined ? defaultConfig() : await readConfig(options.classes);
  const { pairs, splitBy } = await openPairs(slides, options, config, signal);
  const settings = settingsFor(splitBy);
  const { augmentation } = settings.tiles;
  const existing = options.overwrite ? 'overwrite' : options.resume ? 'resume' : 'refuse';
  if (!options.dryRun) await prepareRoot(root, existing, ['train', 'val', 'test']);

  const failures: { readonly slide: string; readonly error: unknown }[] = [];
  const watcher = watch(options, shell, (slide, error) => failures.push({ slide: slide.path, error }));
  try {
    const plan = await planDataset(pairs, settings, watcher, signal);
    watcher.planned();
    const shared = sharedPatients(plan.slides);
    if (shared.shared.length > 0) stderr.write(sharedText(shared, styleFor(stderr)));
    if (options.dryRun) {
      stdout.write(
        options.json
          ? planFacts(plan.slides, augmentation)
              .map((facts) => `${JSON.stringify(facts)}\n`)
              .join('')
          : `${datasetPlanText(plan.slides, augmentation, styleFor(stdout))}  nothing was written\n`,
      );
    } else if (plan.slides.length > 0) {
      if (!options.quiet) stderr.write(datasetPlanText(plan.slides, augmentation, styleFor(stderr)));
      await makeFolder(`${root}/dataset.json`);
      if (existing !== 'resume') await beginRoot(root);
      const known = failures.map(({ slide, error }): SlideFailure => ({ slide, message: reason(error) }));
      const record = await makeDataset(root, plan, known, settings, watcher, signal);
      if (record) {
        const { command: _, slides: __, ...facts } = record;
        stdout.write(
          options.json ? `${JSON.stringify({ dataset: root, ...facts })}\n` : datasetText(root, record, styleFor(stdout)),
        );
      }
    }
  } catch (error) {
    if (!signal.aborted || options.dryRun) throw error;
    const hint = 'slides that are done are kept: go on with the same command and --resume';
    throw new SegtileError('aborted', `stopped before ${root} was finished`, hint, error);
  } finally {
    watcher.stop();
  }
  if (failures.length === 0) return 0;
  if (pairs.length > 1) stderr.write(`segtile: ${pairs.length - failures.length} of ${pairs.length} slides done\n`);
  return failures.every(({ error }) => exitCodeOf(error) === 2) ? 2 : 1;
}

/** The words of a command that say what the dataset is; where it goes and what is told on the way is no part of it. */
function commandWords(argv: readonly string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '-o' || word === '--output') i++;
    else if (!/^(--(resume|overwrite|quiet|json)$|--output=|-o)/.test(word))
      words.push(word.replace(/https?:\/\/.*/i, shownPath));
  }
  return ['segtile', ...words];
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
  const roi = await readRoi(options, named);
  const tissueOf = await readTissue(options.tissue, named);
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
      openTruth: (size) => openTruth(truth, { size, config, slideName: slideName(slide), signal }),
    }),
  );
  return { pairs: opened, splitBy };
}

/** Tells the user what happens, as a terminal, a file or a program wants it. */
function watch(
  options: MakeDatasetOptions,
  { stdout, stderr }: Shell,
  onFailure: (slide: DatasetSlide, error: unknown) => void,
): DatasetWatcher & { planned(): void; stop(): void } {
  const progress = createProgress(stderr, options.quiet === true);
  const say = (text: string): void => {
    if (!options.quiet) stderr.write(text);
  };
  let stage: StageProgress | undefined;
  const stop = (): void => {
    stage?.stop();
    stage = undefined;
  };
  return {
    surveyed: (survey) => say(surveyText(survey, styleFor(stderr))),
    planned: stop,
    cutting: ({ survey }, done, total) => {
      stage ??= progress.stage(survey.slide.name, 'tiles');
      stage.update({ done, total, pixels: done * survey.window.width * survey.window.height });
    },
    finished: (tiles, head, kept) => {
      stop();
      if (kept) say(`${oneLine(tiles.survey.slide.path)}: done before, kept\n`);
      if (options.json) stdout.write(slideLine(slideFacts(tiles, head)));
    },
    packing: (done, total) => {
      stage ??= progress.stage('shards', 'tiles');
      stage.update({ done, total, pixels: 0 });
      if (done === total) stop();
    },
    failed: (slide, error) => {
      stop();
      stderr.write(failureText(error, styleFor(stderr)));
      onFailure(slide, error);
      if (!options.json) return;
      const { code, hint } = error instanceof SegtileError ? error : { code: 'unexpected', hint: undefined };
      stdout.write(`${JSON.stringify({ slide: { path: slide.path }, error: { code, message: reason(error), hint } })}\n`);
    },
    stop,
  };
}
