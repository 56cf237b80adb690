import { SegtileError } from '../errors.js';
import { writeLabelMask } from '../mask/label-mask.js';
import { createPreview } from '../mask/preview.js';
import type { Model } from '../model/resolve.js';
import type { Blend } from '../plan/blend.js';
import type { LabelRule } from '../plan/labels.js';
import type { Box, Mpp, RasterRows, Sink, Size } from '../types.js';
import { type Inference, inferSlide } from './infer.js';
import type { SlidePlan } from './plan-slide.js';
import { type RunRecord, recordOf, writeRecord } from './record.js';
import type { StageClock } from './stage-clock.js';

/** How a slide is run, beside its plan. */
export interface RunSettings {
  readonly blend: Blend;
  readonly blendSpace: 'probabilities' | 'logits';
  readonly rule: LabelRule;
  readonly maskValues: 'labels' | '255';
  /** Microns per pixel of the mask; without it the mask is as large as level 0. */
  readonly outputMpp: number | undefined;
}

/** The files that a run leaves behind. A preview is made where a name is given. */
export interface RunFiles {
  readonly mask: string;
  readonly record: string;
  readonly preview: string | undefined;
}

/** A network that is ready, as far as a run and its record are concerned. */
export interface ReadyModel extends Inference {
  readonly provider: string;
  readonly workers: number;
}

/**
 * Runs a planned slide from pixels to files: the mask, its preview, and the record of the run. The files appear when all is done; after a
 * failure none of them stands there.
 *
 * @param onWindow is called after each window with how many are done
 * @returns the record, as it was written
 */
export async function runSlide(
  plan: SlidePlan,
  model: Model,
  pool: ReadyModel,
  settings: RunSettings,
  files: RunFiles,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): Promise<RunRecord> {
  const size = maskSize(plan, settings.outputMpp);
  const mpp = maskMpp(plan, size);
  const { classes } = model;
  const sinks: Sink<RasterRows>[] = [];
  try {
    sinks.push(await writeLabelMask(files.mask, { size, mpp, classes, values: settings.maskValues }));
    if (files.preview !== undefined) {
      const overview = await clock.wait('plan', plan.overview());
      sinks.push(await createPreview(files.preview, { overview, size, classes, covered: coveredBoxes(plan, size) }));
    }
    const squash = settings.blendSpace === 'logits' ? model.squash : undefined;
    const { blend, rule } = settings;
    const result = await inferSlide(
      plan,
      pool,
      { channels: model.channels, blend, squash, rule },
      sinks,
      size,
      clock,
      onWindow,
      signal,
    );
    for (const sink of sinks) await clock.wait('finish', sink.finish());
    // The record comes last: where it stands, the run was whole.
    const record = recordOf({ plan, model, pool, settings, files, mask: { ...size, mpp }, result, clock });
    await writeRecord(files.record, record);
    return record;
  } catch (error) {
    for (const sink of sinks) await sink.abort();
    throw error;
  }
}

/**
 * Size of the mask: that of level 0, or of the grid with the asked microns per pixel.
 *
 * @throws {SegtileError} `usage` where microns per pixel are asked of a slide that has none
 */
function maskSize({ slide }: SlidePlan, outputMpp: number | undefined): Size {
  if (outputMpp === undefined) return { width: slide.width, height: slide.height };
  if (!slide.mpp) {
    throw new SegtileError(
      'usage',
      `--output-mpp ${outputMpp} was given, but ${slide.path} does not say how large its pixels are`,
      'give the size of a level-0 pixel with --slide-mpp, for example --slide-mpp 0.5',
    );
  }
  return {
    width: Math.max(1, Math.round((slide.width * slide.mpp.x) / outputMpp)),
    height: Math.max(1, Math.round((slide.height * slide.mpp.y) / outputMpp)),
  };
}

function maskMpp({ slide }: SlidePlan, size: Size): Mpp | undefined {
  return slide.mpp && { x: (slide.mpp.x * slide.width) / size.width, y: (slide.mpp.y * slide.height) / size.height };
}

/** What the windows that are run may speak for, in pixels of the mask. */
function* coveredBoxes({ grid, selection }: SlidePlan, size: Size): Generator<Box> {
  const x = size.width / grid.size.width;
  const y = size.height / grid.size.height;
  for (let row = 0; row < grid.rows; row++) {
    for (const { core } of selection.kept(row))
      yield { x: core.x * x, y: core.y * y, width: core.width * x, height: core.height * y };
  }
}
