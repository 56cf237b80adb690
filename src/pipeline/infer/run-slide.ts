import type { Ensemble } from '../../model/card/ensemble.js';
import type { LookedAt } from '../../objects/summary.js';
import { cleanUpOf } from '../../plan/labels/area.js';
import type { RunFiles } from '../outputs/files.js';
import { makeOutputs } from '../outputs/make.js';
import { type OutputFacts, runOutputs } from '../outputs/table.js';
import { maskSize } from '../prepare/mask-size.js';
import { geoFor } from '../prepare/place.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import { blendedLogits, type ReadyModel, type RunSettings } from '../prepare/run-settings.js';
import { filesAndRecord } from '../records/files-and-record.js';
import { type RunRecord, recordOf } from '../records/record.js';
import type { StageClock } from '../records/stage-clock.js';
import { type InferResult, inferSlide } from './infer.js';

/**
 * Runs a planned slide from pixels to files: the mask, whatever else of the table of outputs is wanted, and the record of the run. The files
 * appear when all is done; after a failure none of them stands there.
 *
 * @param onWindow is called after each window with how many are done
 * @returns the record, as it was written
 */
export async function runSlide(
  plan: SlidePlan,
  model: Ensemble,
  pool: ReadyModel,
  settings: RunSettings,
  files: RunFiles,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): Promise<RunRecord> {
  const size = maskSize(plan, settings.outputMpp);
  const cleanUp = cleanUpOf(settings.cleanUp, plan.view.mpp, plan.slide.path);
  const channels = pool.streams[0]!.channelsOf.length;
  const { maskValues, note, nan, blend, rule, enlarge } = settings;
  const { replace } = files;
  const geo = geoFor(plan.slide, size);
  const { slide } = plan;
  const { name } = files;
  const result = {
    name,
    size,
    slide,
    geo,
    classes: model.classes,
    maskValues,
    replace,
    clock,
    plan,
    model,
    settings,
    channels,
  };
  return filesAndRecord(
    files,
    async (keep) => {
      const makings = await makeOutputs<OutputFacts, typeof result>(runOutputs, files, result, keep);
      const squash = blendedLogits(settings, model);
      const { onScores } = makings;
      const region = await plan.region?.open();
      const inferSettings = { onScores, note, nan, channels: model.channels, blend, squash, rule, cleanUp, enlarge, region };
      const [began, busyBefore] = [performance.now(), pool.busySeconds()];
      const running = inferSlide(plan, pool.streams, inferSettings, makings, size, clock, onWindow, signal);
      const inferred = await running.finally(() => region?.close());
      const outputs = await makings.facts(lookedAt(plan, inferred));
      const spent = (performance.now() - began) / 1000;
      const busyShare = spent === 0 ? 0 : (pool.busySeconds() - busyBefore) / spent / pool.workers;
      return () => recordOf({ plan, model, pool, settings, cleanUp, outputs, result: inferred, busyShare, clock });
    },
    clock,
    signal,
  );
}

/** How much of the slide is tissue, and of interest; as the shares of classes in the record have it. */
function lookedAt({ facts, region }: SlidePlan, { inside, pixels }: InferResult): LookedAt {
  const { tissueShare } = region ? region.facts : facts;
  return {
    tissue: typeof tissueShare === 'number' ? tissueShare : null,
    region: region === undefined ? null : inside / pixels,
  };
}
