import { SegtileError } from '../../errors.js';
import { claimPath, type Holder, tryClaim } from '../../io/claim.js';
import { type Shard, shareOf } from '../../plan/shards.js';
import type { MemoryForecast } from '../memory/foretell-run.js';
import { identities, makeFolder, refuseClashes } from '../outputs/clashes.js';
import { filesOf, type RunFiles } from '../outputs/files.js';
import { requireObjects } from '../outputs/objects.js';
import { writePlanPicture } from '../outputs/preview.js';
import { type MaskSize, maskSize } from '../prepare/mask-size.js';
import { modelsNamed } from '../prepare/named-models.js';
import type { InferOptions } from '../prepare/options.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { readThresholds, thresholdFile } from '../prepare/thresholds.js';
import type { RunRecord } from '../records/record.js';
import { lengthOf } from '../resume/fingerprint.js';
import { differences, keyOf, keyOfOptions, type RunKey } from '../resume/key.js';
import { isLeft, stemOf } from '../resume/leftovers.js';
import { type FoundShard, type ShardCost, shardAt, shardCost, shardPath, shardPieces } from '../resume/shards.js';
import { standingResult } from '../resume/standing.js';
import type { SlideRequest } from '../slides/request.js';
import { slideValues } from '../slides/values.js';
import { requireSubmission } from '../submissions/options.js';
import { restoreSubmission } from '../submissions/shared-file.js';
import type { TissueChoice } from '../tissue/tissue.js';
import { type Engine, type EngineWatcher, openEngine } from './engine.js';
import { makeShard, makeSlide, mergeSlide, type ShardFacts, type SlideWork, settle } from './slide-work.js';

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
  /** Where slides are cut into shards of their rows: which one this is, its rows, and what all of them cost. */
  readonly shard?: (Shard & { readonly rows: ShardFacts['rows']; readonly cost: ShardCost }) | undefined;
}

/** What became of a slide: its result, or a shard of it, was made, or was there already, made by the same run; or another process is making it. */
export type SlideOutcome =
  | { readonly status: 'done' | 'kept'; readonly record: RunRecord }
  | { readonly status: 'done' | 'kept'; readonly shard: ShardFacts }
  | { readonly status: 'elsewhere'; readonly holder: Holder };

/** Models and options that slides are segmented with. */
export interface Segmenter extends AsyncDisposable {
  /** The files that are made of each slide, in the order of the slides. */
  readonly files: readonly RunFiles[];
  /** The numbers of the slides that are to be run: all of them, but for those that belong to other shards. */
  readonly own: readonly number[];
  /** Whether of each only a shard of its rows is made. */
  readonly inRows: boolean;
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
  /**
   * Makes the files of the slide of this number of all its shards, which go then.
   *
   * @param shards all of them, from top to bottom
   * @throws {SegtileError} as {@link run}; `input` where they are of another run than the options say
   */
  merge(index: number, shards: readonly FoundShard[]): Promise<SlideOutcome>;
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
  const all = filesOf(slides, options.output, options);
  requireSubmission(options);
  requireObjects(options);
  const thresholds = await readThresholds(options.threshold);
  const values = await slideValues(options, slides);
  const commonKey = await keyOfOptions(options, thresholds, signal);
  const masks = values.flatMap(({ tissue, roi }) => [...pathOf(tissue), ...(roi === undefined ? [] : [roi.path])]);
  const paths = slides.map(({ path }) => path);
  const inputs = await identities([...paths, ...masks, ...(await filesRead(options))]);

  const keyOfSlide = (index: number): Promise<RunKey> => keyOf(commonKey, paths[index]!, values[index]!, signal);
  const standing = async (index: number): Promise<RunRecord | undefined> =>
    overwrite ? undefined : await standingResult(all[index]!, await keyOfSlide(index));
  let opening: Promise<Engine> | undefined;
  let engine: Engine | undefined;
  const opened = async (): Promise<Engine> => {
    opening ??= openEngine(options, thresholds, watcher, signal);
    engine = await opening;
    return engine;
  };
  // What is wrong with models and options is better said once, before any slide.
  if (options.dryRun || options.previewOnly || !(await every(slides, (_, index) => standing(index)))) await opened();

  const shard = options.shard;
  const inRows = shard !== undefined && (options.shardRows === true || slides.length < shard.count);
  const own = shard === undefined || inRows ? slides.map((_, index) => index) : shareOf(await lengths(paths, signal), shard);

  /** Claims a result, or a shard of one, and does some work with it. */
  async function alone(index: number, path: string, work: (work: SlideWork) => Promise<SlideOutcome>): Promise<SlideOutcome> {
    const files = all[index]!;
    await makeFolder(files.record);
    const { taken, holder } = await tryClaim(claimPath(path));
    if (holder) return { status: 'elsewhere', holder };
    try {
      return await work({
        slide: paths[index]!,
        said: saidOf(slides[index]!),
        values: values[index]!,
        files,
        key: await keyOfSlide(index),
        options,
        inputs,
        engine: opened,
        planned: (plan, passes, memory) => watcher.planned?.(plan, passes, memory),
        windows: (plan, done, total) => watcher.windows?.({ plan, done, total }),
        signal: AbortSignal.any([signal, taken.lost]),
      });
    } catch (error) {
      throw taken.lost.aborted ? taken.lost.reason : error;
    } finally {
      await taken.release();
    }
  }

  /** Makes a result unless it is there already. */
  async function result(index: number, make: (work: SlideWork) => Promise<RunRecord>): Promise<SlideOutcome> {
    const files = unclashed(all[index]!);
    const kept = await standing(index);
    if (kept && !(await isLeft(files))) {
      await restoreSubmission(kept.submission, options);
      return { status: 'kept', record: kept };
    }
    const outcome = await alone(index, stemOf(files), async (work) => {
      // Another process may have made it in the meantime.
      const record = kept ?? (await standing(index));
      if (record === undefined) return { status: 'done', record: await make(work) };
      if (await isLeft(files)) await settle(work, record);
      return { status: 'kept', record };
    });
    return kept && outcome.status === 'elsewhere' ? { status: 'kept', record: kept } : outcome;
  }

  /** Makes a shard of a slide unless it, or the result, is there already. */
  async function part(index: number, of: Shard): Promise<SlideOutcome> {
    const stem = stemOf(unclashed(all[index]!));
    const path = shardPath(stem, of);
    const there = async (): Promise<SlideOutcome | undefined> => {
      const record = await standing(index);
      if (record) return { status: 'kept', record };
      const found = overwrite ? undefined : await shardAt(path);
      if (found === undefined) return undefined;
      requireKey(found, await keyOfSlide(index), 'output', 'use --overwrite to replace it, or choose another place or name');
      const { y, height } = found.found.head.piece;
      return { status: 'kept', shard: { shard: of, path, slide: paths[index]!, rows: { from: y, to: y + height } } };
    };
    return (
      (await there()) ??
      alone(index, path.replace(/\.strips$/, ''), async (work) => {
        return (await there()) ?? { status: 'done', shard: await makeShard(work, of) };
      })
    );
  }

  const close = async (): Promise<void> => {
    await engine?.close();
  };

  return {
    files: all,
    own,
    inRows,
    async dryRun(index) {
      const files = unclashed(all[index]!);
      const picture = options.previewOnly ? files.record.replace(/\.run\.json$/, '.plan.jpg') : undefined;
      if (picture !== undefined) await refuseClashes(inputs, [picture], overwrite);
      const { planOf, passes, memory } = await opened();
      await memory.measure();
      const plan = await planOf(paths[index]!, values[index]!, false);
      try {
        const forecast = memory.require(plan);
        if (picture !== undefined) {
          await makeFolder(picture);
          await writePlanPicture(picture, plan, files);
        }
        const cut = inRows ? shardPlan(plan, passes, options, shard) : undefined;
        return { plan, passes, picture, memory: forecast, mask: maskSize(plan, options.outputMpp), shard: cut };
      } finally {
        await plan.slide.close();
      }
    },
    run: (index) => (inRows ? part(index, shard) : result(index, makeSlide)),
    merge: (index, shards) =>
      result(index, async (work) => {
        const hint = 'delete the shards, or run them again';
        for (const each of shards) requireKey(each, work.key, 'input', hint);
        return mergeSlide(work, shards);
      }),
    modelFailed: () => engine?.failed() ?? false,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What a list says of a slide alone. */
function saidOf({ mpp, roi, tissue }: SlideRequest): SlideWork['said'] {
  return { ...(mpp !== undefined && { mpp }), ...(roi !== undefined && { roi }), ...(tissue !== undefined && { tissue }) };
}

/** Files that may be written: no other slide has the same. */
function unclashed(files: RunFiles): RunFiles {
  if (files.clash !== undefined) throw files.clash;
  return files;
}

/** Makes sure that a shard is of the run of a key. */
function requireKey({ path, found }: FoundShard, key: RunKey, code: 'output' | 'input', hint: string): void {
  const { segtile: _, onnxruntime: __, provider: ___, ...facts } = found.head.facts;
  const differing = differences(facts, key);
  if (differing.length > 0)
    throw new SegtileError(code, `${path} is of a run with other settings: ${differing.join('; ')}`, hint);
}

/** What a shard of the rows of a slide would be. */
function shardPlan(plan: SlidePlan, passes: readonly number[], { blend, reportDisagreement }: InferOptions, shard: Shard) {
  const pieces = shardPieces(plan, passes, blend, shard.count);
  const { y, height } = pieces[shard.index - 1]!;
  return { ...shard, rows: { from: y, to: y + height }, cost: shardCost(plan, pieces, blend, reportDisagreement === true) };
}

/** How large files are, in bytes. */
async function lengths(paths: readonly string[], signal: AbortSignal): Promise<number[]> {
  const found: number[] = [];
  for (const path of paths) found.push(await lengthOf(path, signal));
  return found;
}

/** Whether something is found for all of a list. What fails is not found: whoever asks for it sees why. */
async function every<T>(list: readonly T[], find: (item: T, index: number) => Promise<unknown>): Promise<boolean> {
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
