import { lstat, rm } from 'node:fs/promises';
import { SegtileError } from '../../errors.js';
import { claimPath, tryClaim } from '../../io/claim.js';
import { type Shard, shareOf } from '../../plan/shards.js';
import type { MemoryForecast } from '../memory/foretell-run.js';
import { identities, makeFolder, refuseClashes } from '../outputs/clashes.js';
import { filesOf, type RunFiles } from '../outputs/files.js';
import { requireHeatmap } from '../outputs/kinds/heatmap.js';
import { requireObjects } from '../outputs/kinds/objects.js';
import { writePlanPicture } from '../outputs/kinds/preview.js';
import { maskSize } from '../prepare/mask-size.js';
import type { InferOptions } from '../prepare/options.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { readThresholds } from '../prepare/thresholds.js';
import type { RunRecord } from '../records/record.js';
import { differences, keyOf, keyOfOptions, type RunKey } from '../resume/key.js';
import { isLeft, stemOf } from '../resume/leftovers.js';
import { type FoundShard, hiddenShardPath, pieceReach, shardAt, shardPath, splitIntoShards } from '../resume/shards.js';
import { standingResult } from '../resume/standing.js';
import type { SlideRequest } from '../slides/request.js';
import { slideValues } from '../slides/values.js';
import { requireSubmission } from '../submissions/options.js';
import { restoreSubmission } from '../submissions/shared-file.js';
import { type Engine, type EngineWatcher, openEngine } from './engine.js';
import { filesRead, lengths, tissueFiles } from './files-read.js';
import { settle } from './slide/after-run.js';
import { makeShard, makeSlide, mergeSlide, type SlideWork } from './slide/slide-work.js';
import type { DryRun, SlideOutcome, WindowProgress } from './slide-outcome.js';

/** Callbacks for progress from slides to masks. All are optional. */
export interface SegmentWatcher extends EngineWatcher {
  /** Called for a slide before its first window, with the passes per window of each grid and the expected memory. */
  readonly planned?: ((plan: SlidePlan, passes: readonly number[], memory: MemoryForecast) => void) | undefined;
  readonly windows?: ((progress: WindowProgress) => void) | undefined;
}

/** The models and options with which slides are segmented. */
export interface Segmenter extends AsyncDisposable {
  /** The files of each slide, in the order of the slides. */
  readonly files: readonly RunFiles[];
  /** The indices of the slides to run: all except those that belong to other shards. */
  readonly own: readonly number[];
  /** Whether only a shard of the rows of each slide is made. */
  readonly inRows: boolean;
  /**
   * Plans the slide with this index, without running anything.
   *
   * @throws {SegtileError} as `planSlide` and `requireMemory`; `output` if the picture may not replace a file
   */
  dryRun(index: number): Promise<DryRun>;
  /**
   * Makes the files of the slide with this index, or resumes a stopped run with the same key. The models start with the
   * first slide and are kept for the others.
   *
   * @throws {SegtileError} as `planSlide`, `requireMemory`, `openPool`, `runSlide`; `output` if a file may not be
   *   replaced
   */
  run(index: number): Promise<SlideOutcome>;
  /**
   * Makes the files of the slide with this index from all its shards, and then deletes the shards. Shards that a killed
   * merge has left beside its result are deleted.
   *
   * @param shards from top to bottom
   * @param lacking the error that is thrown if there is no result yet; given if they are not all
   * @throws {SegtileError} as {@link run}; `input` if they are from a run with other options
   */
  merge(index: number, shards: readonly FoundShard[], lacking: SegtileError | undefined): Promise<SlideOutcome>;
  /** Whether the models failed to start, so that no slide can be run. */
  modelFailed(): boolean;
  /** Stops the threads of the models. */
  close(): Promise<void>;
}

/**
 * Reads models, thresholds and other files that options name, and decides what is the same for all slides. Nothing is
 * run or written yet. Models are not read if all results exist already.
 *
 * @param options of `segtile infer`, parsed
 * @throws {SegtileError} `usage` for options that exclude each other or do not fit the models; the errors of the files
 *   that options name
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
  requireHeatmap(options);
  const thresholds = await readThresholds(options.threshold);
  const values = await slideValues(options, slides);
  const masks = values.flatMap(({ tissue, roi }) => [...tissueFiles(tissue), ...(roi === undefined ? [] : [roi.path])]);
  const paths = slides.map(({ path }) => path);
  const inputs = await identities([...paths, ...masks, ...(await filesRead(options))]);

  let opening: Promise<Engine> | undefined;
  let engine: Engine | undefined;
  const opened = async (): Promise<Engine> => {
    opening ??= openEngine(options, thresholds, watcher, signal);
    engine = await opening;
    return engine;
  };
  // The windows that --plan auto chooses may differ between machines, so they are chosen before results are compared.
  const laid = options.plan === 'auto' ? (await opened()).windows : undefined;
  const commonKey = await keyOfOptions(options, laid, thresholds, signal);
  const engineOf = async (index: number): Promise<Engine> => (await opened()).suited(paths[index]!, values[index]!);
  const keyOfSlide = async (index: number): Promise<RunKey> => {
    const key = await keyOf(commonKey, paths[index]!, values[index]!, signal);
    return laid === undefined ? key : { ...key, windows: (await engineOf(index)).windows! };
  };
  const standing = async (index: number): Promise<RunRecord | undefined> =>
    overwrite ? undefined : await standingResult(all[index]!, await keyOfSlide(index));
  // Errors in models and options are reported once, before any slide.
  if (options.dryRun || options.previewOnly || !(await every(slides, (_, index) => standing(index)))) await opened();

  const shard = options.shard;
  const inRows = shard !== undefined && (options.shardRows === true || slides.length < shard.count);
  const own = shard === undefined || inRows ? slides.map((_, index) => index) : shareOf(await lengths(paths, signal), shard);

  /** Claims a result or a shard, and does some work with it. */
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
        engine: () => engineOf(index),
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

  /** Makes a result unless it exists already. */
  async function result(index: number, make: (work: SlideWork) => Promise<RunRecord>): Promise<SlideOutcome> {
    const files = unclashed(all[index]!);
    const kept = await standing(index);
    // A run that was killed after it had written its record has left strips, or its claim at least.
    if (kept && !(await isLeft(files)) && !(await isThere(claimPath(stemOf(files))))) {
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

  /** Makes a shard of a slide unless the shard or the whole result exists already. */
  async function part(index: number, of: Shard): Promise<SlideOutcome> {
    const stem = stemOf(unclashed(all[index]!));
    const path = shardPath(stem, of);
    const there = async (): Promise<SlideOutcome | undefined> => {
      const record = await standing(index);
      if (record) return { status: 'kept', record };
      const found = overwrite ? undefined : await shardAt(path);
      if (found === undefined) return undefined;
      requireKey(found, await keyOfSlide(index), 'output', 'use --overwrite to replace it, or choose another place or name');
      return { status: 'kept', shard: { shard: of, path, slide: paths[index]!, ...pieceReach(found.found.head.piece) } };
    };
    const before = await there();
    const name = path.replace(/\.strips$/, '');
    // A run that was killed just after its shard had got its name has left its other name, or its claim at least.
    const hidden = hiddenShardPath(stem, of);
    const made = before && 'shard' in before;
    if (before && !(made && ((await isThere(hidden)) || (await isThere(claimPath(name)))))) return before;
    const outcome = await alone(index, name, async (work) => {
      const found = await there();
      if (found === undefined) return { status: 'done', shard: await makeShard(work, of) };
      if ('shard' in found) await rm(hidden, { force: true });
      return found;
    });
    return before ?? outcome;
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
      const { planOf, passes, memory } = await engineOf(index);
      await memory.measure();
      const plan = await planOf(paths[index]!, values[index]!, false);
      try {
        const cut = inRows ? shardPlan(plan, passes, options, shard) : undefined;
        const whole = { start: 0, length: plan.view.width };
        const forecast = memory.require(
          plan,
          cut ? { start: cut.columns.from, length: cut.columns.to - cut.columns.from } : whole,
        );
        if (picture !== undefined) {
          await makeFolder(picture);
          await writePlanPicture(picture, plan, files);
        }
        return { plan, passes, picture, memory: forecast, mask: maskSize(plan, options.outputMpp), shard: cut };
      } finally {
        await plan.slide.close();
      }
    },
    run: (index) => (inRows ? part(index, shard) : result(index, makeSlide)),
    async merge(index, shards, lacking) {
      const outcome = await result(index, async (work) => {
        if (lacking) throw lacking;
        const hint = 'delete the shards, or run them again';
        for (const each of shards) requireKey(each, work.key, 'input', hint);
        return mergeSlide(work, shards);
      });
      // The result was made of them, but an earlier merge was killed before it had deleted them all.
      if (outcome.status === 'kept') for (const { path } of shards) await rm(path, { force: true });
      return outcome;
    },
    modelFailed: () => engine?.failed() ?? false,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The values that a list gives for this slide alone. */
function saidOf({ mpp, roi, tissue }: SlideRequest): SlideWork['said'] {
  return { ...(mpp !== undefined && { mpp }), ...(roi !== undefined && { roi }), ...(tissue !== undefined && { tissue }) };
}

/** Returns the files if they may be written, and throws if another slide has the same ones. */
function unclashed(files: RunFiles): RunFiles {
  if (files.clash !== undefined) throw files.clash;
  return files;
}

/** Checks that a shard is from the run with this key. */
function requireKey({ path, found }: FoundShard, key: RunKey, code: 'output' | 'input', hint: string): void {
  const { segtile: _, onnxruntime: __, provider: ___, ...facts } = found.head.facts;
  const differing = differences(facts, key);
  if (differing.length > 0)
    throw new SegtileError(code, `${path} belongs to a run with other settings: ${differing.join('; ')}`, hint);
}

/** The shard of a slide that would be made. */
function shardPlan(plan: SlidePlan, passes: readonly number[], { blend, reportDisagreement }: InferOptions, shard: Shard) {
  const { pieces, ...cost } = splitIntoShards(plan, passes, blend, shard.count, reportDisagreement === true);
  return { ...shard, ...pieceReach(pieces[shard.index - 1]!), cost };
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** Whether `find` finds something for every item. An error counts as not found: the code that needs the item reports it. */
async function every<T>(list: readonly T[], find: (item: T, index: number) => Promise<unknown>): Promise<boolean> {
  for (const [index, item] of list.entries()) {
    if ((await find(item, index).catch(() => undefined)) === undefined) return false;
  }
  return true;
}
