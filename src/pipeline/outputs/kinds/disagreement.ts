import {
  type Disagreement,
  type DisagreementPart,
  measureDisagreement,
  totalDisagreement,
} from '../../../stitch/disagreement.js';
import { deflateCodec } from '../../../tiff/write/tile-codec.js';
import { writeTiff } from '../../../tiff/write/write.js';
import type { Pixels } from '../../../types.js';
import type { WindowLook } from '../../infer/scores/stages.js';
import { geoFor } from '../../prepare/place.js';
import { blendedLogits } from '../../prepare/run-settings.js';
import type { Keep } from '../../records/files-and-record.js';
import type { LookNeeds, Making, RunResult } from '../output.js';

/** The entry of a record on how much overlapping windows differ. Areas are in working px. */
export type DisagreementFacts = Disagreement & { readonly map: string };

/** Measures how much overlapping windows differ. */
export function lookForDisagreement({ plan, model, settings, channels }: LookNeeds): WindowLook {
  const meter = measureDisagreement(plan.grid, channels, blendedLogits(settings, model));
  return { add: meter.add, take: () => bytesOf(meter.take()) };
}

/** Reports how much overlapping windows differ, and writes a map of it. */
export async function makeDisagreement(
  path: string,
  result: RunResult,
  _: object,
  keep: Keep,
): Promise<Making<DisagreementFacts>> {
  const total = totalDisagreement(result.plan.grid);
  return {
    gather: (found) => total.add(partOf(found)),
    facts: async () => {
      const found = total.finish();
      await writeMap(path, total.map(), result, keep);
      return { ...found, map: path };
    },
  };
}

/**
 * The findings as bytes. First float64 numbers: the number of bins, the first row of the map, and three numbers for
 * each bin. Then the rows of the map.
 */
function bytesOf({ bins, map }: DisagreementPart): Uint8Array {
  const numbers = [bins.length, map.y, ...bins.flatMap(({ count, sum, largest }) => [count, sum, largest])];
  const bytes = new Uint8Array(8 * numbers.length + map.rows.length);
  const view = new DataView(bytes.buffer);
  for (const [index, number] of numbers.entries()) view.setFloat64(8 * index, number, true);
  bytes.set(map.rows, 8 * numbers.length);
  return bytes;
}

/** The inverse of {@link bytesOf}. */
function partOf(bytes: Uint8Array): DisagreementPart {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const number = (index: number): number => view.getFloat64(8 * index, true);
  const bins = Array.from({ length: number(0) }, (_, i) => ({
    count: number(2 + 3 * i),
    sum: number(3 + 3 * i),
    largest: number(4 + 3 * i),
  }));
  return { bins, map: { y: number(1), rows: bytes.subarray(8 * (2 + 3 * bins.length)) } };
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
