import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pool } from '../../../../dist/model/sessions/pool.js';
import { averagedInference } from '../../../../dist/pipeline/infer/scores/averaged.js';
import { scoreSlide } from '../../../../dist/pipeline/infer/scores/score.js';
import type { Inference } from '../../../../dist/pipeline/infer/scores/stages.js';
import { symmetricInference } from '../../../../dist/pipeline/infer/scores/symmetric.js';
import { planSlide } from '../../../../dist/pipeline/prepare/plan-slide.js';
import { createStageClock } from '../../../../dist/pipeline/records/stage-clock.js';
import { borders, type FixedPlacement } from '../../../../dist/plan/windows/axis.js';
import { type Blend, blends } from '../../../../dist/plan/windows/blend.js';
import { symmetriesOf, ttas } from '../../../../dist/plan/windows/symmetry.js';
import { unet } from '../../../model/networks.ts';
import { modelOf, noise, poolOf } from '../../../model/run.ts';

const size = { width: 230, height: 170 };
const window = { width: 64, height: 64 };
const channels = 3;
const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'segtile-parts-'));
const slide = join(folder, 'slide.tif');
const pools: Pool[] = [];
afterAll(async () => {
  for (const pool of pools) await pool.close();
  rmSync(folder, { recursive: true });
});

beforeAll(async () => {
  const raw = { ...size, channels: 3 } as const;
  await sharp(noise(size, 5), { raw }).tiff({ compression: 'lzw', tile: true, tileWidth: 64, tileHeight: 64 }).toFile(slide);
  for (const seed of [1, 2]) {
    const model = await modelOf(unet(0.02, { channels, seed }), { activation: 'softmax', scale: 1 / 255 });
    pools.push(await poolOf(model, window, { workers: 2, batch: seed }));
  }
});

/** The networks, in all turns, with what is not wanted of a window, or as NaN. */
function inference(tta: (typeof ttas)[number], models: number, isWhole: boolean): Inference {
  const parts = pools.slice(0, models).map((pool) => {
    const each: Inference = {
      capacity: pool.capacity,
      runShared: ({ part, ...asked }) =>
        pool.runShared(isWhole ? asked : { ...asked, scores: asked.scores.fill(Number.NaN), part }),
    };
    const turned = symmetricInference(each, symmetriesOf(tta), window, channels);
    return { inference: turned, weight: 1, channelsOf: [0, 1, 2] };
  });
  return averagedInference(parts, window, channels);
}

test('scores are the same to the last bit whether windows are carried whole or in part, whatever the settings', async () => {
  const settings = fc.record({
    margin: fc.integer({ min: 0, max: 20 }),
    share: fc.double({ min: 0.7, max: 1, noNaN: true }),
    border: fc.constantFrom(...borders),
    placement: fc.constantFrom<FixedPlacement>('stride', 'even', 'aligned'),
    blend: fc.constantFrom<Blend>(...blends),
    tta: fc.constantFrom(...ttas),
    models: fc.constantFrom(1, 2),
    y: fc.nat(100),
  });
  await fc.assert(
    fc.asyncProperty(settings, async ({ margin, share, border, placement, blend, tta, models, y }) => {
      const side = Math.max(1, Math.floor(share * (64 - 2 * margin)));
      const geometry = { window, stride: { width: side, height: side }, margin, border, placement };
      const nowhere = { resolution: undefined, slideMpp: undefined, tissue: { kind: 'none' }, minTissue: undefined } as const;
      const piece = { x: 0, y, width: size.width, height: 70 };
      const scored = async (isWhole: boolean): Promise<Float32Array[]> => {
        const plan = await planSlide(slide, { ...geometry, ...nowhere }, undefined, signal);
        const found: Float32Array[] = [];
        const rows = scoreSlide(
          plan,
          inference(tta, models, isWhole),
          { channels, blend, piece },
          createStageClock(),
          () => undefined,
          signal,
        );
        for await (const { blocks } of rows) found.push(...blocks.map(({ data }) => data.slice()));
        await plan.slide.close();
        return found;
      };
      expect(await scored(false)).toEqual(await scored(true));
    }),
    { numRuns: 12, seed: 9 },
  );
});
