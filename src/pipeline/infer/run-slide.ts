import { rm } from 'node:fs/promises';
import type { Ensemble } from '../../model/card/ensemble.js';
import type { Measure } from '../../objects/formats.js';
import type { LookedAt } from '../../objects/summary.js';
import { cleanUpOf } from '../../plan/labels/area.js';
import { wholePiece } from '../../plan/windows/piece.js';
import type { StripFile, StripsFound } from '../../strip/file.js';
import type { Crossing } from '../../strip/strip.js';
import { passingPixels } from '../objects/passing-pixels.js';
import type { RunFiles } from '../outputs/files.js';
import { type Makings, makeOutputs } from '../outputs/make.js';
import { type OutputFacts, runOutputs } from '../outputs/table.js';
import { maskSize } from '../prepare/mask-size.js';
import { pieceTotal, windowCounts } from '../prepare/passes.js';
import { geoFor } from '../prepare/place.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { blendedLogits, type ReadyModel, type RunSettings } from '../prepare/run-settings.js';
import { filesAndRecord } from '../records/files-and-record.js';
import { versions } from '../records/machine.js';
import { type RunRecord, recordOf } from '../records/record.js';
import type { StageClock } from '../records/stage-clock.js';
import type { RunKey } from '../resume/key.js';
import { placingNote, stripsPath } from '../resume/leftovers.js';
import { openRunStrips } from '../resume/run-strips.js';
import { filesOfResult } from '../resume/standing.js';
import { type InferSettings, inferStrips } from './infer.js';
import { finishStrips, isFiner, type LabelResult } from './label-scores.js';

/** What is known of a run before its first window. */
export interface SlideJob {
  readonly plan: SlidePlan;
  readonly model: Ensemble;
  readonly pool: ReadyModel;
  readonly settings: RunSettings;
  readonly files: RunFiles;
  readonly key: RunKey;
  /** Strips of a run that was stopped, if it is to be gone on with. */
  readonly found: StripsFound | undefined;
}

/**
 * Runs a planned slide from pixels to files: the mask, whatever else of the table of outputs is wanted, and the record of the run. The files
 * appear when all is done. After a failure none of them stands there, but the strips that are known by then, with which the next run goes on; they stay
 * after a success, too, until the caller has done the rest.
 *
 * @param last is given the record before it is written, and calls what it is given before a file of its own gets its final name
 * @param onWindow is called with how many windows are done of those that are run: first with 0, then after each
 * @returns the record, as it was written
 */
export async function runSlide(
  job: SlideJob,
  clock: StageClock,
  last: (record: RunRecord, beforePlacing: () => Promise<void>) => Promise<void>,
  onWindow: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<RunRecord> {
  const { plan, model, pool, settings, files, found } = job;
  const size = maskSize(plan, settings.outputMpp);
  const cleanUp = cleanUpOf(settings.cleanUp, plan.view.mpp, plan.slide.path);
  const channels = pool.streams[0]!.channelsOf.length;
  const { maskValues, note, nan, blend, rule, enlarge } = settings;
  const { replace } = files;
  const geo = geoFor(plan.slide, size);
  const { slide } = plan;
  const { name } = files;
  const of = { name, size, slide, geo, classes: model.classes, maskValues, replace };
  const passing = {
    scores: { size: plan.view, labels: rule.labels },
    pixels: (measures: readonly Measure[]) => passingPixels(slide, size, measures, signal),
  };
  const result = { ...of, ...passing, clock, plan, model, settings, channels };
  const path = stripsPath(files);
  let strips: StripFile | undefined;
  try {
    const record = await filesAndRecord(
      files,
      async (keep) => {
        const makings = await makeOutputs<OutputFacts, typeof result>(runOutputs, files, result, keep);
        const finer = isFiner(plan.view, size, enlarge);
        const opened = await openRunStrips(path, headOf(job, makings, finer), found);
        strips = opened.file;
        if (opened.said !== undefined) note?.(`${slide.path}: ${opened.said}`);
        const region = await plan.region?.open();
        const { look } = makings;
        const squash = blendedLogits(settings, model);
        const inferSettings = { look, note, nan, channels: model.channels, blend, squash, rule, region };
        const [began, busyBefore] = [performance.now(), pool.busySeconds()];
        const crossing = crossingOf(
          job,
          strips,
          inferSettings,
          { finer, scores: makings.scores.length > 0 },
          clock,
          onWindow,
          signal,
        );
        let windowsNan = 0;
        const labelSettings = { squash, rule, cleanUp, enlarge, region };
        const finishing = finishStrips(crossing, plan.view, labelSettings, makings, size, clock, (facts) => {
          windowsNan += facts.nan;
          if (facts.found) look?.gather(facts.found);
        });
        const finished = await finishing.finally(() => region?.close());
        const outputs = await makings.facts(lookedAt(plan, finished));
        const spent = (performance.now() - began) / 1000;
        const busyShare = spent === 0 ? 0 : (pool.busySeconds() - busyBefore) / spent / pool.workers;
        const inferred = { ...finished, windowsRun: windowCounts(plan).run, windowsNan };
        await strips.note(await placingNote(files));
        const parts = { key: job.key, plan, model, pool, settings, cleanUp, outputs, result: inferred, busyShare, clock };
        return () => recordOf(parts);
      },
      clock,
      signal,
      async (made) => {
        await last(made, async () => strips?.note(await placingNote(files)));
        return { ...made, files: await filesOfResult(files) };
      },
    );
    await strips?.close();
    return record;
  } catch (error) {
    // What nobody would go on with is not left.
    await strips?.close();
    if (strips?.rows === 0) await rm(path, { force: true });
    throw error;
  }
}

function headOf({ key, pool, plan }: SlideJob, { scoreKind }: Makings<OutputFacts>, finer: boolean) {
  const { segtile = '', onnxruntime = '' } = versions();
  const facts = { ...key, segtile, onnxruntime, provider: pool.provider };
  return { facts, piece: wholePiece(plan.view), scores: finer ? 'float32' : scoreKind, more: {} } as const;
}

/** What was kept of an earlier run, then what is made now, which is kept as well. */
async function* crossingOf(
  { plan, pool }: SlideJob,
  strips: StripFile,
  settings: InferSettings,
  needs: { readonly finer: boolean; readonly scores: boolean },
  clock: StageClock,
  onWindow: (done: number, total: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing> {
  const { width, height } = plan.view;
  const piece = { x: 0, y: strips.rows, width, height: height - strips.rows };
  const total = pieceTotal(plan, settings.blend, piece, settings.look !== undefined);
  onWindow(0, total);
  yield* clock.stream('strips', strips.read());
  if (piece.height === 0) return;
  const counted = (done: number): void => onWindow(done, total);
  for await (const each of inferStrips(plan, pool.streams, settings, piece, needs, clock, counted, signal)) {
    const kept = strips.append(each);
    // Awaited once it was handed on; until then a failure must not count as unhandled.
    kept.catch(() => undefined);
    yield each;
    await clock.wait('strips', kept);
  }
}

/** How much of the slide is tissue, and of interest; as the shares of classes in the record have it. */
function lookedAt({ facts, region }: SlidePlan, { inside, pixels }: LabelResult): LookedAt {
  const { tissueShare } = region ? region.facts : facts;
  return {
    tissue: typeof tissueShare === 'number' ? tissueShare : null,
    region: region === undefined ? null : inside / pixels,
  };
}
