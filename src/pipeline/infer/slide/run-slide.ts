import type { Ensemble } from '../../../model/card/ensemble.js';
import type { Measure } from '../../../objects/formats/format.js';
import type { LookedAt } from '../../../objects/summary.js';
import { cleanUpOf, hasCleanUp } from '../../../plan/labels/cleaning/area.js';
import type { Crossing } from '../../../strip/strip.js';
import type { Truth } from '../../../truth/truth.js';
import { passingPixels } from '../../objects/passing-pixels.js';
import type { RunFiles } from '../../outputs/files.js';
import { makeOutputs } from '../../outputs/make.js';
import { outputNeeds } from '../../outputs/needs.js';
import { type OutputFacts, runOutputs } from '../../outputs/table.js';
import { maskSize } from '../../prepare/mask-size.js';
import { windowCounts } from '../../prepare/models/passes.js';
import { geoFor } from '../../prepare/place.js';
import type { SlidePlan } from '../../prepare/plan-slide.js';
import { blendedLogits, type RunSettings } from '../../prepare/run-settings.js';
import type { ProofFacts } from '../../proof/facts.js';
import { filesAndRecord } from '../../records/files-and-record.js';
import { type RunRecord, recordOf } from '../../records/record.js';
import type { StageClock } from '../../records/stage-clock.js';
import type { RunKey } from '../../resume/key.js';
import { placingNote } from '../../resume/leftovers.js';
import { filesOfResult } from '../../resume/standing.js';
import { finishStrips, isFiner, type LabelResult } from '../label-scores.js';
import type { WantedStrips } from './upper-half.js';

/** Everything that is known of a run before its first window. */
export interface SlideJob {
  readonly plan: SlidePlan;
  readonly model: Ensemble;
  readonly settings: RunSettings;
  readonly files: RunFiles;
  readonly key: RunKey;
  /** For each grid: how often networks are run per window. */
  readonly passes: readonly number[];
  /** The number of channels of the scores of a window of the first grid. */
  readonly channels: number;
}

/** The source of the strips of a slide: a run, or its shards. */
export interface StripSource {
  /** The strips and the facts on windows, from the first row to the last. */
  readonly crossing: AsyncIterable<Crossing>;
  /** Stores a note until the files have their final names. If the run is killed, a later run can read it. */
  note(note: object): Promise<void>;
  /** The devices that made the strips. Called at the end. */
  device(): RunRecord['device'];
  /** What was found where a sample was run the dense way; null if none was. */
  readonly proof: ProofFacts | null;
  close(): Promise<void>;
}

/** What the outputs need of the strips of a slide. */
export function wantedStrips({ plan, model, settings, files, channels }: SlideJob): WantedStrips {
  const finer = isFiner(plan.view, maskSize(plan, settings.outputMpp), settings.enlarge);
  const { scores, look } = outputNeeds(files, { plan, model, settings, channels });
  // A clean-up keeps labels until it knows what surrounds them.
  const passing = !hasCleanUp(settings.cleanUp);
  return { finer, scores: scores !== undefined, passing, kind: finer ? 'float32' : (scores ?? 'uint8'), look };
}

/**
 * The lower half of a run, from strips to files: makes the mask, all other wanted outputs, and the record of the run.
 * The files appear when everything is done. After a failure none of them exists.
 *
 * @param open opens the strips
 * @param last gets the record before it is written, and makes a file from it; it calls its second argument before that
 *   file gets its final name
 * @returns the record, as it was written
 */
export async function runSlide(
  job: SlideJob,
  open: (region: Truth | undefined) => Promise<StripSource>,
  clock: StageClock,
  last: (record: RunRecord, beforePlacing: () => Promise<void>) => Promise<void>,
  signal: AbortSignal,
): Promise<RunRecord> {
  const { plan, model, settings, files, key, passes, channels } = job;
  const size = maskSize(plan, settings.outputMpp);
  const cleanUp = cleanUpOf(settings.cleanUp, plan.view.mpp, plan.slide.path);
  const { maskValues, rule, enlarge } = settings;
  const { name, replace } = files;
  const geo = geoFor(plan.slide, size);
  const of = { name, size, slide: plan.slide, geo, classes: model.classes, maskValues, replace };
  const passing = {
    scores: { size: plan.view, labels: rule.labels },
    pixels: (measures: readonly Measure[]) => passingPixels(plan.slide, size, measures, signal),
  };
  const result = { ...of, ...passing, clock, plan, model, settings, channels };
  let source: StripSource | undefined;
  const beforePlacing = async (): Promise<void> => source?.note(await placingNote(files));
  try {
    return await filesAndRecord(
      files,
      async (keep) => {
        const makings = await makeOutputs<OutputFacts, typeof result>(runOutputs, files, result, keep);
        const region = await plan.region?.open();
        try {
          source = await open(region);
          const { crossing, device, proof } = source;
          let windowsNan = 0;
          const labelling = { squash: blendedLogits(settings, model), rule, cleanUp, enlarge, region };
          const finished = await finishStrips(crossing, plan.view, labelling, makings, size, clock, ({ nan, found }) => {
            windowsNan += nan;
            if (found) makings.gather(found);
          });
          const outputs = await makings.facts(lookedAt(plan, finished));
          const inferred = { ...finished, windowsRun: windowCounts(plan).run, windowsNan };
          await beforePlacing();
          return () =>
            recordOf({
              key,
              plan,
              model,
              passes,
              device: device(),
              proof,
              settings,
              cleanUp,
              outputs,
              result: inferred,
              clock,
            });
        } finally {
          await region?.close();
        }
      },
      clock,
      signal,
      async (made) => {
        await last(made, beforePlacing);
        return { ...made, files: await filesOfResult(files) };
      },
    );
  } finally {
    await source?.close();
  }
}

/** The shares of the slide that are tissue and in the region of interest, as the record uses them for class shares. */
function lookedAt({ facts, region }: SlidePlan, { inside, pixels }: LabelResult): LookedAt {
  const { tissueShare } = region ? region.facts : facts;
  return {
    tissue: typeof tissueShare === 'number' ? tissueShare : null,
    region: region === undefined ? null : inside / pixels,
  };
}
