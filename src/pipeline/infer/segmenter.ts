import { dirname, join } from 'node:path';
import { type Ensemble, joinModels } from '../../model/card/ensemble.js';
import type { Pool } from '../../model/sessions/pool.js';
import { identities, makeFolder, refuseClashes } from '../outputs/clashes.js';
import { filesOf, pathsOf, type RunFiles } from '../outputs/files.js';
import { writePlanPicture } from '../outputs/preview.js';
import { type MaskSize, maskSize } from '../prepare/mask-size.js';
import { readMembers } from '../prepare/named-models.js';
import type { InferOptions } from '../prepare/options.js';
import { windowCounts } from '../prepare/passes.js';
import { planSlide, type SlidePlan } from '../prepare/plan-slide.js';
import { passesPerWindow, readyModel } from '../prepare/ready-model.js';
import type { ReadyModel } from '../prepare/run-settings.js';
import { planSettings, runSettings } from '../prepare/settings.js';
import { readThresholds, thresholdFile } from '../prepare/thresholds.js';
import { HISTORY } from '../records/history.js';
import type { RunRecord } from '../records/record.js';
import { rememberRun } from '../records/run-history.js';
import { createStageClock, type StageClock } from '../records/stage-clock.js';
import { isMaskName, type SlideRequest } from '../slides/request.js';
import { slideValues } from '../slides/values.js';
import { requireSubmission } from '../submissions/options.js';
import { addSubmission, checkSubmission } from '../submissions/shared-file.js';
import type { TissueChoice } from '../tissue/tissue.js';
import { closePools, startPools } from './pools.js';
import { runSlide } from './run-slide.js';

/** How far a slide is. */
export interface WindowProgress {
  readonly plan: SlidePlan;
  /** Windows that are done and that are run, 0 of them at first. */
  readonly done: number;
  readonly total: number;
}

/** Is told what happens on the way from slides to masks. Nothing is missed by who listens to none of it. */
export interface SegmentWatcher {
  /** A sentence on what had to be settled, told once. */
  readonly note?: ((sentence: string) => void) | undefined;
  /** The models, before any slide. */
  readonly model?: ((ensemble: Ensemble) => void) | undefined;
  /** What the models run on, once they do. */
  readonly device?: ((pools: readonly Pool[]) => void) | undefined;
  /** A slide before its first window, and how often networks are run for a window of each grid. */
  readonly planned?: ((plan: SlidePlan, passes: readonly number[]) => void) | undefined;
  readonly windows?: ((progress: WindowProgress) => void) | undefined;
}

/** What would be run of a slide. */
export interface DryRun {
  /** Its slide is closed. */
  readonly plan: SlidePlan;
  /** How often networks are run for a window of each grid. */
  readonly passes: readonly number[];
  readonly mask: MaskSize;
  /** The picture of what would be skipped, where `previewOnly` asked for it. */
  readonly picture?: string | undefined;
}

/** Models and options that slides are segmented with. */
export interface Segmenter extends AsyncDisposable {
  /** The files that are made of each slide, in the order of the slides. */
  readonly files: readonly RunFiles[];
  /**
   * Plans the slide of this number, and runs nothing.
   *
   * @throws {SegtileError} as `planSlide`; `output` where the picture would replace a file that must not be replaced
   */
  dryRun(index: number): Promise<DryRun>;
  /**
   * Makes the files of the slide of this number. The models start with the first slide and are kept for the others.
   *
   * @returns the record of the run, as it was written
   * @throws {SegtileError} as `planSlide`, `openPool` and `runSlide`; `output` where a file would be replaced that must not be
   */
  run(index: number): Promise<RunRecord>;
  /** Whether the models could not be started, so that no slide can be run. */
  modelFailed(): boolean;
  /** Ends the threads of the models. */
  close(): Promise<void>;
}

/**
 * Reads models, thresholds and whatever else options name, and settles what is the same for all slides. Nothing is run or written yet.
 *
 * @param options of `segtile infer`, parsed
 * @throws {SegtileError} `usage` for options that exclude each other or do not fit the models, else as the files that they name
 */
export async function openSegmenter(
  slides: readonly SlideRequest[],
  options: InferOptions,
  watcher: SegmentWatcher,
  signal: AbortSignal,
): Promise<Segmenter> {
  const files = filesOf(slides, options.output, options);
  requireSubmission(options);
  const ensemble = joinModels(await readMembers(options, signal));
  const note = onceEach((sentence) => watcher.note?.(sentence));
  const { plan: planned, groups } = planSettings(options, ensemble, note);
  const settings = { ...runSettings(options, ensemble, await readThresholds(options.threshold)), note };
  const values = await slideValues(options, slides);
  watcher.model?.(ensemble);
  const masks = values.flatMap(({ tissue, roi }) => [...pathOf(tissue), ...(roi === undefined ? [] : [roi.path])]);
  const inputs = await identities([...slides.map(({ path }) => path), ...masks, ...filesRead(options, ensemble)]);
  const passes = passesPerWindow(groups, options.tta);

  let pools: Promise<readonly Pool[]> | undefined;
  let modelFailed = false;
  let told = false;
  const start = (): Promise<readonly Pool[]> => {
    pools ??= startPools(ensemble, groups, options, note, signal);
    // Whoever needs the workers sees why there are none; until then a failure must not count as unhandled.
    pools.catch(() => undefined);
    return pools;
  };
  const ready = async (clock: StageClock): Promise<ReadyModel> => {
    // Not before: a slide that fails of itself while the workers start would be all that is told.
    const open = await clock.wait('model', start()).catch((error: unknown) => {
      modelFailed = true;
      throw error;
    });
    if (!told) watcher.device?.(open);
    told = true;
    return readyModel(ensemble, groups, open, options.tta);
  };
  const planOf = (index: number, onOpen?: () => void): Promise<SlidePlan> => {
    const { mpp: slideMpp, tissue, roi } = values[index]!;
    const own = { slideMpp, tissue, roi };
    return planSlide(slides[index]!.path, { ...planned, ...own }, ensemble.members[0]!.model.mpp, signal, onOpen);
  };

  const close = async (): Promise<void> => {
    await pools?.then(closePools).catch(() => undefined);
  };

  return {
    files,
    async dryRun(index) {
      const own = files[index]!;
      const picture = options.previewOnly ? own.record.replace(/\.run\.json$/, '.plan.jpg') : undefined;
      if (own.clash !== undefined) throw own.clash;
      if (picture !== undefined) await refuseClashes(inputs, [picture], options.overwrite === true);
      const plan = await planOf(index);
      try {
        if (picture !== undefined) {
          await makeFolder(picture);
          await writePlanPicture(picture, plan, own);
        }
        return { plan, passes, picture, mask: maskSize(plan, options.outputMpp) };
      } finally {
        await plan.slide.close();
      }
    },
    async run(index) {
      const clock = createStageClock();
      const own = files[index]!;
      if (own.clash !== undefined) throw own.clash;
      await refuseClashes(inputs, pathsOf(own), options.overwrite === true);
      await checkSubmission(options, own.name, ensemble.classes, options.overwrite === true);
      const plan = await clock.wait('plan', planOf(index, start));
      try {
        // Before anything is told of it: a size of the mask that cannot be is a failure of the slide's own.
        maskSize(plan, options.outputMpp);
        watcher.planned?.(plan, passes);
        await makeFolder(own.record);
        const model = await ready(clock);
        const { run: total } = windowCounts(plan);
        const onWindow = (done: number): void => watcher.windows?.({ plan, done, total });
        onWindow(0);
        const record = await runSlide(plan, ensemble, model, settings, own, clock, onWindow, signal);
        await addSubmission(record.submission, options.overwrite === true);
        if (own.paths.report !== undefined) await report(own.paths.report, record, plan, own);
        if (options.history !== false) await remember(historyOf(options), record);
        return record;
      } finally {
        await plan.slide.close();
      }
    },
    modelFailed: () => modelFailed,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function pathOf(choice: TissueChoice): string[] {
  return choice.kind === 'file' ? [choice.path] : [];
}

/** Every file beside the slides, and their masks and regions, that a run reads. */
function filesRead({ slideMppCsv = '', threshold }: InferOptions, { members }: Ensemble): string[] {
  return [...members.map(({ model }) => model.path), slideMppCsv, thresholdFile(threshold)];
}

/** Says each sentence once. */
function onceEach(say: (sentence: string) => void): (sentence: string) => void {
  const said = new Set<string>();
  return (sentence) => {
    if (!said.has(sentence)) say(sentence);
    said.add(sentence);
  };
}

/** Loads what draws charts only where there is one to draw: it takes as long to load as all the rest. */
async function report(path: string, record: RunRecord, plan: SlidePlan, { replace }: RunFiles): Promise<void> {
  const { writeInferReport } = await import('./report.js');
  await writeInferReport(path, record, plan, { replace });
}

/** Its folder may not be there where all results go elsewhere. */
async function remember(path: string, record: RunRecord): Promise<void> {
  await makeFolder(path);
  await rememberRun(path, record);
}

/** One for all slides, in the folder of results. */
function historyOf({ history, output }: InferOptions): string {
  return typeof history === 'string' ? history : join(isMaskName(output) ? dirname(output) : output, HISTORY);
}
