import { rename, rm } from 'node:fs/promises';
import { SegtileError } from '../../../errors.js';
import { shownPath } from '../../../io/location.js';
import { placeNew } from '../../../io/partial-file.js';
import type { Ensemble } from '../../../model/card/ensemble.js';
import type { Shard } from '../../../plan/shards.js';
import { type Piece, wholePiece } from '../../../plan/windows/piece.js';
import { findStrips, openStrips, readStrips, STRIP_FORMAT, type StripsFound } from '../../../strip/file.js';
import { type ColumnStrips, joinBands } from '../../../strip/join.js';
import type { Crossing } from '../../../strip/strip.js';
import type { Truth } from '../../../truth/truth.js';
import type { Span } from '../../../types.js';
import type { MemoryForecast } from '../../memory/foretell-run.js';
import { refuseClashes } from '../../outputs/clashes.js';
import { pathsOf, type RunFiles } from '../../outputs/files.js';
import { maskSize } from '../../prepare/mask-size.js';
import type { InferOptions } from '../../prepare/options.js';
import type { SlidePlan } from '../../prepare/plan-slide.js';
import type { ReadyModel, RunSettings } from '../../prepare/run-settings.js';
import { addProof, noProof, type ProofCount } from '../../proof/facts.js';
import type { sampleOf } from '../../proof/prove.js';
import type { RunRecord } from '../../records/record.js';
import { createStageClock, type StageClock } from '../../records/stage-clock.js';
import type { RunKey } from '../../resume/key.js';
import { removePartials, removePlaced, stemOf, stripsPath } from '../../resume/leftovers.js';
import {
  type FoundShard,
  hiddenShardPath,
  pieceReach,
  plainOptions,
  type ShardFacts,
  type ShardOrigin,
  shardBands,
  shardPath,
  splitIntoShards,
} from '../../resume/shards.js';
import type { SlideRequest } from '../../slides/request.js';
import type { SlideValues } from '../../slides/values.js';
import { checkSubmission } from '../../submissions/shared-file.js';
import type { Engine } from '../engine.js';
import { finished } from './after-run.js';
import { deviceOf, factsOfProof } from './how-made.js';
import { type SlideJob, type StripSource, wantedStrips } from './run-slide.js';
import { openUpperHalf } from './upper-half.js';

/** Work on one slide. The claim of its result is held. */
export interface SlideWork {
  readonly slide: string;
  /** The values that a list gives for this slide alone. */
  readonly said: Pick<SlideRequest, 'mpp' | 'roi' | 'tissue'>;
  readonly values: SlideValues;
  readonly files: RunFiles;
  readonly key: RunKey;
  readonly options: InferOptions;
  /** See `identities`. */
  readonly inputs: ReadonlySet<string>;
  /** Opens the engine when it is first needed. */
  engine(): Promise<Engine>;
  /** Called with the plan of the slide, and how often networks are run for a window of each grid. */
  planned(plan: SlidePlan, passes: readonly number[], memory: MemoryForecast): void;
  windows(plan: SlidePlan, done: number, total: number): void;
  readonly signal: AbortSignal;
}

/** Runs a slide, from pixels to files. */
export async function makeSlide(work: SlideWork): Promise<RunRecord> {
  const { options, files, signal } = work;
  const found = await clear(work);
  return withPlan(work, true, async ({ plan, job, piece, columns, ready, proved, clock }) => {
    const pool = await ready();
    const wanted = wantedStrips(job);
    const count = await proved(pool, piece);
    const proof = count === undefined ? null : factsOfProof(count, job);
    if (proof?.warning) job.settings.note?.(`${plan.slide.path}: ${proof.warning}`);
    const open = async (region: Truth | undefined): Promise<StripSource> => {
      const own = { path: stripsPath(files), found: options.resume ? found : undefined, resume: options.resume, more: {} };
      const upper = {
        ...job,
        pool,
        wanted,
        region,
        piece,
        columns,
      };
      const device = deviceOf(pool);
      const { strips, crossing } = await openUpperHalf(
        { ...upper, ...own },
        clock,
        (done, total) => work.windows(plan, done, total),
        signal,
      );
      const close = async (): Promise<void> => {
        await strips.close();
        // A file of strips without rows is removed, because no run can resume from it.
        if (strips.rows === 0) await rm(own.path, { force: true });
      };
      return { crossing, note: strips.note, device, proof, close };
    };
    return finished(work, job, open, clock).catch(async (error: unknown) => {
      if (wouldComeAgain(error)) await rm(stripsPath(files), { force: true });
      throw error;
    });
  });
}

/**
 * Whether a resumed run would fail with the same error. Its strips would then only get in the way of a run with other
 * settings.
 */
function wouldComeAgain(error: unknown): boolean {
  return error instanceof SegtileError && ['usage', 'unsupported', 'model'].includes(error.code);
}

/**
 * Runs a shard of a slide, as far as its strips.
 *
 * @returns the facts on the shard
 */
export function makeShard(work: SlideWork, shard: Shard): Promise<ShardFacts> {
  const { options, files, slide, signal } = work;
  const stem = stemOf(files);
  const path = shardPath(stem, shard);
  const make = async ({ plan, job, piece, columns, ready, proved, clock }: Planned): Promise<ShardFacts> => {
    const pool = await ready();
    const wanted = wantedStrips(job);
    // A machine that merges the shards might choose other windows.
    const { window } = await work.engine();
    const origin: ShardOrigin = {
      shard,
      slide,
      said: work.said,
      folder: process.cwd(),
      maskEnding: files.paths.mask.slice(stem.length),
      options: plainOptions({ ...options, ...(window && { window }) }),
    };
    const hidden = hiddenShardPath(stem, shard);
    const found = options.resume ? await findStrips(hidden) : undefined;
    const proof = await proved(pool, piece);
    const region = await plan.region?.open();
    try {
      const own = { path: hidden, found, resume: options.resume, more: origin };
      const device = deviceOf(pool);
      const upper = { ...job, pool, wanted, region, piece, columns, ...own };
      const { strips, crossing } = await openUpperHalf(upper, clock, (done, total) => work.windows(plan, done, total), signal);
      try {
        for await (const _ of crossing);
        await strips.note({ end: device(), ...(proof && { proof }) });
      } finally {
        await strips.close();
      }
    } finally {
      await region?.close();
    }
    await (options.overwrite ? rename : placeNew)(hidden, path);
    return { shard, path, slide, ...pieceReach(piece) };
  };
  return withPlan(work, true, make, shard);
}

/** Makes the files of a slide from all its shards, and then deletes the shards. */
export async function mergeSlide(work: SlideWork, shards: readonly FoundShard[]): Promise<RunRecord> {
  const { files } = work;
  await clear(work);
  return withPlan(work, false, async ({ plan, job, clock }) => {
    const wanted = wantedStrips(job);
    const [first] = shards;
    const { width } = plan.view;
    const bands = shardBands(shards, plan.view);
    const open = async (): Promise<StripSource> => {
      const notes = await openStrips(stripsPath(files), {
        format: STRIP_FORMAT,
        facts: work.key,
        piece: { x: 0, y: 0, width, height: 0 },
        scores: wanted.kind,
        more: {},
      });
      const counts = shards.flatMap(({ proof }) => (proof ? [proof] : []));
      const proof = counts.length === 0 ? null : factsOfProof(counts.reduce(addProof, noProof), job);
      return { crossing: joined(bands), note: notes.note, device: () => first!.device, proof, close: notes.close };
    };
    const record = await finished(work, job, open, clock);
    for (const { path } of shards) await rm(path, { force: true });
    return record;
  });
}

/** The strips of a slide from all its shards. */
function joined(bands: readonly (readonly FoundShard[])[]): AsyncGenerator<Crossing> {
  const stripsOf = ({ path, found }: FoundShard): ColumnStrips => ({
    piece: found.head.piece,
    strips: readStrips(path, found),
  });
  return joinBands(bands.map((band) => band.map(stripsOf)));
}

/** The memory forecast if no model is run. */
const NO_MODEL: MemoryForecast = { unknown: 'no model is run' };

/** The sample of a slide that is also run the dense way. */
async function sampled(plan: SlidePlan, model: Ensemble, { prove }: RunSettings): Promise<ReturnType<typeof sampleOf>> {
  return (await import('../../proof/prove.js')).sampleOf(plan, model, prove === true);
}

/** Says that a slide is too small for a sample. */
const UNPROVED = (slide: string): string =>
  `${shownPath(slide)}: no sample is run the dense way, too: it would take more than a tenth of the windows; --prove asks for it`;

interface Planned {
  readonly plan: SlidePlan;
  readonly job: SlideJob;
  /** What is made of the slide: all of it, or a shard. */
  readonly piece: Piece;
  /** The columns of the piece that are made one after the other. */
  readonly columns: readonly Span[];
  ready(): Promise<ReadyModel>;
  /** What the part of a sample shows that begins in a piece; undefined if no sample is to be run the dense way. */
  proved(pool: ReadyModel, piece: Piece): Promise<ProofCount | undefined>;
  readonly clock: StageClock;
}

/**
 * Removes files that an earlier run left behind, and checks that the files may be made.
 *
 * @returns the strips that the earlier run left
 */
async function clear({ files, inputs, options }: SlideWork): Promise<StripsFound | undefined> {
  const found = await findStrips(stripsPath(files));
  await removePartials(files);
  if (found) await removePlaced(files, found.notes);
  await refuseClashes(inputs, pathsOf(files), options.overwrite === true);
  return found;
}

/**
 * Plans the slide. Starts the models at the same time if `startModels` is set.
 *
 * @param shard what is made of the slide, if that is not all of it
 */
async function withPlan<T>(
  work: SlideWork,
  startModels: boolean,
  run: (planned: Planned) => Promise<T>,
  shard?: Shard,
): Promise<T> {
  const { files, options, slide, values, key } = work;
  const clock = createStageClock();
  const { ensemble: model, settings, passes, channels, proves, memory, planOf, ready } = await work.engine();
  await checkSubmission(options, files.name, model.classes, options.overwrite === true);
  if (startModels) await clock.wait('model', memory.measure());
  const plan = await clock.wait('plan', planOf(slide, values, startModels));
  try {
    // Computed before anything about the slide is reported: an impossible mask size is an error of this slide.
    maskSize(plan, options.outputMpp);
    const job: SlideJob = { plan, model, settings, files, key, passes, channels };
    const looked = wantedStrips(job).look !== undefined;
    const piece = shard
      ? splitIntoShards(plan, passes, settings.blend, shard.count, looked).pieces[shard.index - 1]!
      : wholePiece(plan.view);
    const whole = { start: piece.x, length: piece.width };
    const forecast = startModels ? memory.require(plan, whole) : NO_MODEL;
    work.planned(plan, passes, forecast);
    const columns = 'unknown' in forecast ? [whole] : (forecast.columns ?? [whole]);
    const sample = proves && startModels ? await sampled(plan, model, settings) : [];
    if (proves && startModels && sample.length === 0 && plan.selection.keptCount > 0) settings.note?.(UNPROVED(slide));
    const proved = async (pool: ReadyModel, of: Piece): Promise<ProofCount | undefined> => {
      if (sample.length === 0) return undefined;
      const { prove } = await import('../../proof/prove.js');
      return clock.wait('proof', prove({ plan, model, pool, settings }, sample, of, work.signal));
    };
    return await run({ plan, job, piece, columns, ready: () => ready(clock), proved, clock });
  } finally {
    await plan.slide.close();
  }
}
