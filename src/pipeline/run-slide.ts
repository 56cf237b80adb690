import { rm } from 'node:fs/promises';
import { throwIfAborted } from '../errors.js';
import { writeLabelMask } from '../mask/label-mask.js';
import { createPreview } from '../mask/preview.js';
import type { Model } from '../model/resolve.js';
import type { Box, RasterRows, Sink, Size } from '../types.js';
import { inferSlide } from './infer.js';
import { maskSize } from './mask-size.js';
import type { SlidePlan } from './plan-slide.js';
import { type RunRecord, recordOf, writeRecord } from './record.js';
import type { ReadyModel, RunFiles, RunSettings } from './run-settings.js';
import type { StageClock } from './stage-clock.js';

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
  const { mpp } = size;
  const { classes } = model;
  const sinks: { readonly path: string; readonly sink: Sink<RasterRows> }[] = [];
  const appeared: string[] = [];
  try {
    if (files.preview !== undefined) {
      const overview = await clock.wait('plan', plan.overview());
      const sink = await createPreview(files.preview, { overview, size, classes, covered: coveredBoxes(plan, size) });
      sinks.push({ path: files.preview, sink });
    }
    const sink = await writeLabelMask(files.mask, { size, mpp, classes, values: settings.maskValues });
    sinks.push({ path: files.mask, sink });
    const squash = settings.blendSpace === 'logits' ? model.squash : undefined;
    const { blend, rule } = settings;
    const [began, busyBefore] = [performance.now(), pool.busySeconds()];
    const result = await inferSlide(
      plan,
      pool,
      { channels: model.channels, blend, squash, rule },
      sinks.map(({ sink }) => sink),
      size,
      clock,
      onWindow,
      signal,
    );
    const spent = (performance.now() - began) / 1000;
    const busyShare = spent === 0 ? 0 : (pool.busySeconds() - busyBefore) / spent / pool.workers;
    // Where a record stands, the files beside it are whole and belong to it: an old one goes first, the new one comes last.
    await rm(files.record, { force: true });
    for (const { path, sink } of sinks) {
      await clock.wait('finish', finishUnlessStopped(sink, signal));
      appeared.push(path);
    }
    const record = recordOf({ plan, model, pool, settings, files, mask: size, result, busyShare, clock });
    await writeRecord(files.record, record);
    return record;
  } catch (error) {
    for (const { sink } of sinks) await sink.abort();
    for (const path of appeared) await rm(path, { force: true });
    throw error;
  }
}

/** Finishing a mask builds its pyramid, which takes long enough for the user to want it stopped. */
async function finishUnlessStopped(sink: Sink<RasterRows>, signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  const stop = (): void => void sink.abort();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await sink.finish();
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
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
