import { type Disagreement, measureDisagreement } from '../../stitch/disagreement.js';
import { deflateCodec } from '../../tiff/write/tile-codec.js';
import { writeTiff } from '../../tiff/write/write.js';
import type { Pixels } from '../../types.js';
import { geoFor } from '../prepare/place.js';
import { blendedLogits } from '../prepare/run-settings.js';
import type { Keep } from '../records/files-and-record.js';
import type { Making, RunResult } from './output.js';

/** The entry of a record on how much overlapping windows differ; areas in working px. */
export type DisagreementFacts = Disagreement & { readonly map: string };

/** Measures how much overlapping windows differ, and writes a map of it. */
export async function makeDisagreement(
  path: string,
  result: RunResult,
  _: object,
  keep: Keep,
): Promise<Making<DisagreementFacts>> {
  const { plan, model, settings, channels } = result;
  const meter = measureDisagreement(plan.grid, channels, blendedLogits(settings, model));
  return {
    onScores: meter.add,
    facts: async () => {
      const found = meter.finish();
      await writeMap(path, meter.map(), result, keep);
      return { ...found, map: path };
    },
  };
}

/** Writes the map of the whole slide as a grey pyramid. */
async function writeMap(
  path: string,
  { width, height, data }: Pixels,
  { plan: { slide, view }, replace }: RunResult,
  keep: Keep,
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
