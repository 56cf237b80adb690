import { dirname, join } from 'node:path';
import { claimPath, type Holder, tryClaim } from '../../io/claim.js';
import { findStrips } from '../../strip/file.js';
import type { MemoryForecast } from '../memory/foretell-run.js';
import { identities, makeFolder, refuseClashes } from '../outputs/clashes.js';
import { filesOf, pathsOf, type RunFiles } from '../outputs/files.js';
import { requireObjects } from '../outputs/objects.js';
import { writePlanPicture } from '../outputs/preview.js';
import { type MaskSize, maskSize } from '../prepare/mask-size.js';
import { modelsNamed } from '../prepare/named-models.js';
import type { InferOptions } from '../prepare/options.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { readThresholds, thresholdFile } from '../prepare/thresholds.js';
import { HISTORY } from '../records/history.js';
import type { RunRecord } from '../records/record.js';
import { isRemembered, rememberRun } from '../records/run-history.js';
import { createStageClock } from '../records/stage-clock.js';
import { keyOf, keyOfOptions, type RunKey } from '../resume/key.js';
import { isLeft, removeLeft, removePartials, removePlaced, stemOf, stripsPath } from '../resume/leftovers.js';
import { standingResult } from '../resume/standing.js';
import { isMaskName, type SlideRequest } from '../slides/request.js';
import { slideValues } from '../slides/values.js';
import { requireSubmission } from '../submissions/options.js';
import { addSubmission, checkSubmission } from '../submissions/shared-file.js';
import type { TissueChoice } from '../tissue/tissue.js';
import { type Engine, type EngineWatcher, openEngine } from './engine.js';
import { runSlide } from './run-slide.js';

/** How far a slide is. */
export interface WindowProgress {
  readonly plan: SlidePlan;
  /** Windows that are done and that are run, 0 of them at first. Where a run goes on that was stopped, those that are left. */
  readonly done: number;
  readonly total: number;
}

/** Is told what happens on the way from slides to masks. Nothing is missed by who listens to none of it. */
export interface SegmentWatcher extends EngineWatcher {
  /** A slide before its first window, how often networks are run for a window of each grid, and the memory that is to be expected. */
  readonly planned?: ((plan: SlidePlan, passes: readonly number[], memory: MemoryForecast) => void) | undefined;
  readonly windows?: ((progress: WindowProgress) => void) | undefined;
}

/** What would be run of a slide. */
export interface DryRun {
  /** Its slide is closed. */
  readonly plan: SlidePlan;
  /** How often networks are run for a window of each grid. */
  readonly passes: readonly number[];
  readonly mask: MaskSize;
  /** The memory that it would take. */
  readonly memory: MemoryForecast;
  /** The picture of what would be skipped, where `previewOnly` asked for it. */
  readonly picture?: string | undefined;
}

/** What became of a slide: its result was made, or was there already, made by the same run; or another process is making it. */
export type SlideOutcome =
  | { readonly status: 'done' | 'kept'; readonly record: RunRecord }
  | { readonly status: 'elsewhere'; readonly holder: Holder };

/** Models and options that slides are segmented with. */
export interface Segmenter extends AsyncDisposable {
  /** The files that are made of each slide, in the order of the slides. */
  readonly files: readonly RunFiles[];
  /**
   * Plans the slide of this number, and runs nothing.
   *
   * @throws {SegtileError} as `planSlide` and `requireMemory`; `output` where the picture would replace a file that must not be replaced
   */
  dryRun(index: number): Promise<DryRun>;
  /**
   * Makes the files of the slide of this number, or goes on with them where a run of the same key was stopped. The models start with the first slide
   * and are kept for the others.
   *
   * @throws {SegtileError} as `planSlide`, `requireMemory`, `openPool` and `runSlide`; `output` where a file would be replaced that must not be
   */
  run(index: number): Promise<SlideOutcome>;
  /** Whether the models could not be started, so that no slide can be run. */
  modelFailed(): boolean;
  /** Ends the threads of the models. */
  close(): Promise<void>;
}

/**
 * Reads models, thresholds and whatever else options name, and settles what is the same for all slides. Nothing is run or written yet. Models are not
 * read where all results are there already.
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
  const { overwrite = false } = options;
  const files = filesOf(slides, options.output, options);
  requireSubmission(options);
  requireObjects(options);
  const thresholds = await readThresholds(options.threshold);
  const values = await slideValues(options, slides);
  const commonKey = await keyOfOptions(options, thresholds, signal);
  const masks = values.flatMap(({ tissue, roi }) => [...pathOf(tissue), ...(roi === undefined ? [] : [roi.path])]);
  const inputs = await identities([...slides.map(({ path }) => path), ...masks, ...(await filesRead(options))]);

  const keyOfSlide = (index: number): Promise<RunKey> => keyOf(commonKey, slides[index]!.path, values[index]!, signal);
  const standing = async (index: number): Promise<RunRecord | undefined> =>
    overwrite ? undefined : await standingResult(files[index]!, await keyOfSlide(index));
  let opening: Promise<Engine> | undefined;
  let engine: Engine | undefined;
  const opened = async (): Promise<Engine> => {
    opening ??= openEngine(options, thresholds, watcher, signal);
    engine = await opening;
    return engine;
  };
  // What is wrong with models and options is better said once, before any slide.
  if (options.dryRun || options.previewOnly || !(await all(slides, (_, index) => standing(index)))) await opened();

  /** Makes the files of a slide whose claim is held. */
  async function make(index: number, held: AbortSignal): Promise<RunRecord> {
    const clock = createStageClock();
    const own = files[index]!;
    const key = await keyOfSlide(index);
    const strips = await findStrips(stripsPath(own));
    await removePartials(own);
    if (strips) await removePlaced(own, strips.notes);
    await refuseClashes(inputs, pathsOf(own), overwrite);
    const { ensemble, settings, passes, memory, planOf, ready } = await opened();
    await checkSubmission(options, own.name, ensemble.classes, overwrite);
    await clock.wait('model', memory.measure());
    const plan = await clock.wait('plan', planOf(slides[index]!.path, values[index]!, true));
    try {
      // Before anything is told of it: a size of the mask that cannot be is a failure of the slide's own.
      maskSize(plan, options.outputMpp);
      watcher.planned?.(plan, passes, memory.require(plan));
      const pool = await ready(clock);
      const onWindow = (done: number, total: number): void => watcher.windows?.({ plan, done, total });
      const found = options.resume ? strips : undefined;
      const job = { plan, model: ensemble, pool, settings, files: own, key, found };
      const last = async (record: RunRecord, beforePlacing: () => Promise<void>): Promise<void> => {
        if (own.paths.report !== undefined) await report(own.paths.report, record, plan, own, beforePlacing);
      };
      const record = await runSlide(job, clock, last, onWindow, AbortSignal.any([signal, held]));
      await addSubmission(record.submission, overwrite);
      if (options.history !== false) await remember(historyOf(options), record);
      await removeLeft(own);
      return record;
    } finally {
      await plan.slide.close();
    }
  }

  /** Does what a run had left to do that was killed when it had written its record. The claim is held. */
  async function settle(own: RunFiles, record: RunRecord): Promise<void> {
    await addSubmission(record.submission, true);
    const history = historyOf(options);
    if (options.history !== false && !(await isRemembered(history, record))) await remember(history, record);
    await removeLeft(own);
  }

  const close = async (): Promise<void> => {
    await engine?.close();
  };

  return {
    files,
    async dryRun(index) {
      const own = files[index]!;
      const picture = options.previewOnly ? own.record.replace(/\.run\.json$/, '.plan.jpg') : undefined;
      if (own.clash !== undefined) throw own.clash;
      if (picture !== undefined) await refuseClashes(inputs, [picture], overwrite);
      const { planOf, passes, memory } = await opened();
      await memory.measure();
      const plan = await planOf(slides[index]!.path, values[index]!, false);
      try {
        const forecast = memory.require(plan);
        if (picture !== undefined) {
          await makeFolder(picture);
          await writePlanPicture(picture, plan, own);
        }
        return { plan, passes, picture, memory: forecast, mask: maskSize(plan, options.outputMpp) };
      } finally {
        await plan.slide.close();
      }
    },
    async run(index) {
      const own = files[index]!;
      if (own.clash !== undefined) throw own.clash;
      const kept = await standing(index);
      if (kept && !(await isLeft(own))) return { status: 'kept', record: kept };
      await makeFolder(own.record);
      const { taken, holder } = await tryClaim(claimPath(stemOf(own)));
      if (holder) return kept ? { status: 'kept', record: kept } : { status: 'elsewhere', holder };
      try {
        // Another process may have made it in the meantime.
        const record = kept ?? (await standing(index));
        if (record && (await isLeft(own))) await settle(own, record);
        return record ? { status: 'kept', record } : { status: 'done', record: await make(index, taken.lost) };
      } catch (error) {
        throw taken.lost.aborted ? taken.lost.reason : error;
      } finally {
        await taken.release();
      }
    },
    modelFailed: () => engine?.failed() ?? false,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Whether something is found for all of a list. What fails is not found: whoever asks for it sees why. */
async function all<T>(list: readonly T[], find: (item: T, index: number) => Promise<unknown>): Promise<boolean> {
  for (const [index, item] of list.entries()) {
    if ((await find(item, index).catch(() => undefined)) === undefined) return false;
  }
  return true;
}

function pathOf(choice: TissueChoice): string[] {
  return choice.kind === 'file' || choice.kind === 'network' ? [choice.path] : [];
}

/** Every file beside the slides, and their masks and regions, that a run reads. */
async function filesRead(options: InferOptions): Promise<string[]> {
  const models = await modelsNamed(options);
  return [...models.map(({ path }) => path), options.slideMppCsv ?? '', thresholdFile(options.threshold)];
}

/** Loads what draws charts only where there is one to draw: it takes as long to load as all the rest. */
async function report(
  path: string,
  record: RunRecord,
  plan: SlidePlan,
  { replace }: RunFiles,
  beforePlacing: () => Promise<void>,
): Promise<void> {
  const { writeInferReport } = await import('./report.js');
  await writeInferReport(path, record, plan, { replace }, beforePlacing);
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
