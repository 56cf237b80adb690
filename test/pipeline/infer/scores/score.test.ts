import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Card } from '../../../../dist/model/card/card.js';
import { scoreSlide } from '../../../../dist/pipeline/infer/scores/score.js';
import type { Inference } from '../../../../dist/pipeline/infer/scores/stages.js';
import { type PlanSettings, planSlide } from '../../../../dist/pipeline/prepare/plan-slide.js';
import { createStageClock } from '../../../../dist/pipeline/records/stage-clock.js';
import { type Blend, blends, weightMap } from '../../../../dist/plan/windows/blend.js';
import type { Size } from '../../../../dist/types.js';
import { channelNetwork, positionNetwork, random } from '../../../model/networks.ts';
import { modelOf, poolOf } from '../../../model/run.ts';

const width = 310;
const height = 205;
const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'segtile-score-'));
const slide = join(folder, 'slide.tif');
const pixels = new Uint8Array(width * height * 3);
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const next = random(7);
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.floor(next() * 256);
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .tiff({ compression: 'lzw', tile: true, tileWidth: 64, tileHeight: 64 })
    .toFile(slide);
});

type Geometry = Pick<PlanSettings, 'window' | 'stride' | 'margin' | 'border'>;
const side = (length: number): Size => ({ width: length, height: length });
const geometries: readonly Geometry[] = [
  { window: side(64), stride: side(32), margin: 8, border: 'keep' },
  { window: { width: 96, height: 64 }, stride: { width: 61, height: 37 }, margin: 3, border: 'keep' },
  { window: side(64), stride: side(40), margin: 12, border: 'mirror' },
  { window: side(128), stride: side(128), margin: 0, border: 'keep' },
  { window: { width: 80, height: 256 }, stride: { width: 80, height: 100 }, margin: 0, border: 'mirror' },
  { window: side(384), stride: side(192), margin: 48, border: 'keep' },
];

/** The stitched scores of the slide, as one plane a channel. */
async function scored(geometry: Geometry, blend: Blend, channels: number, model: Inference): Promise<Float32Array> {
  const nowhere = { resolution: undefined, slideMpp: undefined, tissue: { kind: 'none' }, minTissue: undefined } as const;
  const plan = await planSlide(slide, { ...geometry, ...nowhere }, undefined, signal);
  const out = new Float32Array(channels * width * height).fill(Number.NaN);
  let windows = 0;
  const count = (done: number): void => {
    windows = done;
  };
  try {
    for await (const { blocks } of scoreSlide(plan, model, { channels, blend }, createStageClock(), count, signal)) {
      for (const block of blocks)
        for (let c = 0; c < channels; c++)
          for (let y = 0; y < block.height; y++) {
            const from = (c * block.height + y) * block.width;
            out.set(block.data.subarray(from, from + block.width), (c * height + block.y + y) * width + block.x);
          }
    }
  } finally {
    await plan.slide.close();
  }
  expect(windows).toBe(plan.grid.columns * plan.grid.rows);
  return out;
}

/** Hands results on late, by times from a seed, so that windows are done in another order than they were given. */
function shuffled(model: Inference): Inference {
  const next = random(11);
  return {
    capacity: model.capacity,
    runShared: async (window) => {
      const late = next() * 8;
      await model.runShared(window);
      await new Promise((resolve) => setTimeout(resolve, late));
    },
  };
}

/** Calls `use` with the network in one worker, and in three whose results come in disorder. */
async function withWorkers(
  network: Uint8Array,
  window: Size,
  card: Card,
  use: (model: Inference, name: string) => Promise<void>,
): Promise<void> {
  const model = await modelOf(network, card);
  for (const workers of [1, 3]) {
    const pool = await poolOf(model, window, { workers });
    try {
      await use(workers === 1 ? pool : shuffled(pool), `${workers} workers`);
    } finally {
      await pool.close();
    }
  }
}

/** Where windows start along an axis, by the definition: `min(i S, L - T)`, one margin further out where the border is mirrored. */
function starts(length: number, window: number, stride: number, reach: number): number[] {
  const room = length + 2 * reach - window;
  const count = room <= 0 ? 1 : Math.ceil(room / stride) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(i * stride, Math.max(room, 0)) - reach);
}

/** For each window along an axis, which pixels it may speak for, or owns where nothing is blended. */
function spans(length: number, window: number, stride: number, { margin, border }: Geometry, owned: boolean) {
  const at = starts(length, window, stride, border === 'mirror' ? margin : 0);
  return at.map((start, i) => {
    const [before, after] = [at[i - 1], at[i + 1]];
    const half = (a: number, b: number): number => Math.floor((a + b + window) / 2);
    return {
      start,
      from: before === undefined ? 0 : owned ? half(before, start) : start + margin,
      to: after === undefined ? length : owned ? half(start, after) : start + window - margin,
    };
  });
}

/** What the position network must give: the weighted mean of each pixel's place in the windows that speak for it. */
function positions(geometry: Geometry, blend: Blend): Float64Array {
  const { window, stride } = geometry;
  const map = blend === 'none' ? undefined : weightMap(blend, window);
  const across = spans(width, window.width, stride.width, geometry, !map);
  const down = spans(height, window.height, stride.height, geometry, !map);
  const sums = new Float64Array(2 * width * height);
  const weights = new Float64Array(width * height);
  for (const v of down)
    for (const h of across)
      for (let y = v.from; y < v.to; y++)
        for (let x = h.from; x < h.to; x++) {
          const weight = map ? map[(y - v.start) * window.width + x - h.start]! : 1;
          weights[y * width + x]! += weight;
          sums[y * width + x]! += weight * (x - h.start);
          sums[(height + y) * width + x]! += weight * (y - v.start);
        }
  return sums.map((sum, i) => sum / weights[i % (width * height)]!);
}

function expectScores(got: Float32Array, wanted: (i: number) => number, tolerance: number, name: string): void {
  let worst = 0;
  for (let i = 0; i < got.length; i++) {
    const off = Math.abs(got[i]! - wanted(i));
    if (!(off <= worst)) {
      worst = off;
      const [x, y] = [i % width, Math.floor(i / width) % height];
      if (!(off <= tolerance)) throw new Error(`${name}: expected ${wanted(i)} at (${x}, ${y}) but got ${got[i]}`);
    }
  }
}

describe.each(geometries)(
  'windows of $window.width x $window.height, stride $stride.width x $stride.height, margin $margin, $border',
  (geometry) => {
    test.each([
      ['float32', 0],
      ['uint8', 2],
    ] as const)('a %s network that gives channel %i gives it for every pixel', async (element, channel) => {
      const gain = Math.fround(1 / 255);
      const card: Card = element === 'uint8' ? { activation: 'none' } : { activation: 'none', scale: 1 / 255 };
      await withWorkers(channelNetwork(channel, { element }), geometry.window, card, async (model, name) => {
        for (const blend of blends) {
          const got = await scored(geometry, blend, 1, model);
          const sample = (i: number): number => pixels[3 * i + channel]!;
          const wanted = element === 'uint8' ? sample : (i: number): number => Math.fround(sample(i) * gain);
          // Scores of a uint8 network run to 255, and float32 is relative.
          const close = element === 'uint8' ? 255e-6 : 1e-6;
          expectScores(got, wanted, blend === 'none' ? 0 : close, `${blend}, ${name}`);
        }
      });
    });

    test('a network that tells where a pixel lies in its window finds every pixel in its place', async () => {
      await withWorkers(positionNetwork(), geometry.window, { activation: 'none' }, async (model, name) => {
        for (const blend of blends) {
          const wanted = positions(geometry, blend);
          const close = 1e-6 * Math.max(geometry.window.width, geometry.window.height);
          expectScores(
            await scored(geometry, blend, 2, model),
            (i) => wanted[i]!,
            blend === 'none' ? 0 : close,
            `${blend}, ${name}`,
          );
        }
      });
    });
  },
);
