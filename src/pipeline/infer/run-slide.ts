import { writeLabelMask } from '../../mask/label-mask.js';
import { createPreview } from '../../mask/preview.js';
import { type ProbabilityMap, writeProbabilityMap } from '../../mask/probability-map.js';
import type { Ensemble } from '../../model/card/ensemble.js';
import { cleanUpOf } from '../../plan/labels/area.js';
import type { ProbabilityType } from '../../plan/labels/score-planes.js';
import type { Grid } from '../../plan/windows/grid.js';
import type { Selection } from '../../plan/windows/selection.js';
import { measureDisagreement } from '../../stitch/disagreement.js';
import { deflateCodec } from '../../tiff/write/tile-codec.js';
import { writeTiff } from '../../tiff/write/write.js';
import type { Box, Pixels, ScoreRows, Sink, Size } from '../../types.js';
import { type MaskSize, maskSize } from '../prepare/mask-size.js';
import { geoFor } from '../prepare/place.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { ReadyModel, RunFiles, RunSettings } from '../prepare/run-settings.js';
import { filesAndRecord, type Keep } from '../records/files-and-record.js';
import { type RunRecord, recordOf } from '../records/record.js';
import type { StageClock } from '../records/stage-clock.js';
import { inferSlide } from './infer.js';

/**
 * Runs a planned slide from pixels to files: the mask, its preview, probabilities where they are wanted, and the record of the run. The files
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
  const { mpp } = size;
  const { classes } = model;
  const cleanUp = cleanUpOf(settings.cleanUp, plan.view.mpp, plan.slide.path);
  return filesAndRecord(
    files,
    async (keep) => {
      const { mask, preview, probabilities, replace } = files;
      const form = { size, mpp, geo: geoFor(plan.slide, size), classes, values: settings.maskValues, replace };
      const labels = [keep(mask, await writeLabelMask(mask, form))];
      if (preview !== undefined) {
        const overview = await clock.wait('plan', plan.overview());
        const covered = coveredBoxes(plan, size);
        labels.push(keep(preview, await createPreview(preview, { overview, size, classes, covered, replace })));
      }
      const scores: Sink<ScoreRows>[] = [];
      if (probabilities !== undefined) {
        const sink = await writeProbabilityMap(probabilities.path, {
          ...probabilityMap(plan, model, probabilities.samples, size),
          replace,
        });
        scores.push(keep(probabilities.path, sink));
      }
      const squash = settings.blendSpace === 'logits' ? model.members[0]!.model.squash : undefined;
      const { blend, rule } = settings;
      const channels = pool.streams[0]!.channelsOf.length;
      const meter = files.disagreement === undefined ? undefined : measureDisagreement(plan.grid, channels, squash);
      const inferSettings = {
        onScores: meter?.add,
        note: settings.note,
        channels: model.channels,
        blend,
        squash,
        rule,
        cleanUp,
        enlarge: settings.enlarge,
      };
      const [began, busyBefore] = [performance.now(), pool.busySeconds()];
      const result = await inferSlide(plan, pool.streams, inferSettings, { labels, scores }, size, clock, onWindow, signal);
      const disagreement = meter && files.disagreement !== undefined ? { ...meter.finish(), map: files.disagreement } : null;
      if (meter && files.disagreement !== undefined) await writeMap(keep, files.disagreement, meter.map(), plan, replace);
      const spent = (performance.now() - began) / 1000;
      const busyShare = spent === 0 ? 0 : (pool.busySeconds() - busyBefore) / spent / pool.workers;
      return () =>
        recordOf({
          disagreement,
          plan,
          model,
          pool,
          settings,
          cleanUp,
          files,
          mask: size,
          result,
          busyShare,
          clock,
        });
    },
    clock,
    signal,
  );
}

/** A map over the whole slide, as a grey pyramid. */
async function writeMap(
  keep: Keep,
  path: string,
  { width, height, data }: Pixels,
  { slide, view }: SlidePlan,
  replace: boolean | undefined,
): Promise<void> {
  const [x, y] = [view.width / width, view.height / height];
  const mpp = view.mpp && { x: view.mpp.x * x, y: view.mpp.y * y };
  const sink = await writeTiff(path, {
    size: { width, height },
    mpp,
    geo: geoFor(slide, { width, height }),
    channels: 1,
    tile: 256,
    codec: deflateCodec('samples'),
    reduce: 'mean',
    levels: 'chained',
    description: 'segtile disagreement: 255 times the largest difference in probability between overlapping windows',
    software: 'segtile',
    replace,
  });
  keep(path, sink);
  await sink.write({ y: 0, width, height, channels: 1, data });
}

/** Probabilities have the working resolution: finer there is nothing to be known. */
function probabilityMap(
  { slide, view }: SlidePlan,
  { classes, labels, exclusive }: Ensemble,
  samples: ProbabilityType,
  { width, height, mpp }: MaskSize,
): ProbabilityMap {
  const mask = { width, height, mpp: mpp ?? null };
  const { spans } = view;
  const whole = spans.width === view.width && spans.height === view.height;
  const map = { classes, labels, exclusive, samples, mask, ...(whole ? {} : { spans }) };
  return { size: { width: view.width, height: view.height }, mpp: view.mpp, geo: geoFor(slide, view), map };
}

/** What the windows that are run may speak for, in pixels of the mask. */
function* coveredBoxes(plan: SlidePlan, size: Size): Generator<Box> {
  for (const { grid, selection } of [plan, ...plan.others]) yield* coreBoxes(grid, selection, size, plan.view.spans);
}

function* coreBoxes(grid: Grid, selection: Selection, size: Size, spans: Size): Generator<Box> {
  const x = size.width / spans.width;
  const y = size.height / spans.height;
  for (let row = 0; row < grid.rows; row++) {
    for (const { core } of selection.kept(row))
      yield { x: core.x * x, y: core.y * y, width: core.width * x, height: core.height * y };
  }
}
