import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bundledModel } from '../../../dist/model/card/bundled.js';
import type { Card } from '../../../dist/model/card/card.js';
import type { Model } from '../../../dist/model/card/model.js';
import { constant, node } from '../../../dist/model/graph/format/onnx.js';
import type { PoolOptions } from '../../../dist/model/sessions/pool-options.js';
import type { Box } from '../../../dist/types.js';
import { build, coarseNetwork, identityNetwork, positionNetwork, unet } from '../networks.ts';
import { modelOf, noise, poolOf } from '../run.ts';

const window = { width: 32, height: 24 };

/** Gives the means of 3 × 3 px, and nothing for the border of the window. */
const valid = build({}, (image) => ({
  nodes: [node('AveragePool', [image], 'inner', { kernel_shape: [3n, 3n] })],
  scores: 'inner',
  channels: 3,
}));

/** Gives the mean of each channel of the window. */
const whole = build({}, (image) => ({
  nodes: [
    node('GlobalAveragePool', [image], 'mean'),
    constant('four', BigInt64Array.of(0n, 0n, 1n, 1n)),
    node('Reshape', ['mean', 'four'], 'one'),
  ],
  scores: 'one',
  channels: 3,
}));

/** A network, and how it is run. */
interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly card: Card;
  readonly options?: Partial<PoolOptions>;
  readonly more?: Partial<Model>;
  /** Whether it gives whole windows. */
  readonly isOld?: boolean;
}

const sigmoid: Card = { activation: 'sigmoid' };
const softmax: Card = { activation: 'softmax' };
const none: Card = { activation: 'none' };
const cases: readonly Case[] = [
  { name: 'with a sigmoid behind it', bytes: unet(0.02, { seed: 3 }), card: sigmoid },
  { name: 'with a softmax behind it', bytes: unet(0.02, { channels: 4, seed: 4 }), card: softmax },
  { name: 'whose scores are bytes', bytes: unet(0.02, { channels: 2 }), card: softmax, options: { scoreType: 'uint8' } },
  { name: 'that gives logits', bytes: unet(0.02, { channels: 2, seed: 6 }), card: softmax, options: { output: 'logits' } },
  { name: 'with its channels last', bytes: unet(0.02, { channels: 3, layout: 'nhwc' }), card: softmax },
  { name: 'in half precision', bytes: positionNetwork({ element: 'float16' }), card: none },
  { name: 'of a coarse map', bytes: coarseNetwork(4), card: none },
  { name: 'without a border', bytes: valid, card: none, more: { fit: { factor: 1, crop: 'centre' } } },
  { name: 'of one score for a window', bytes: whole, card: none },
  { name: 'of which all is wanted', bytes: unet(0.02), card: sigmoid, options: { crops: false }, isOld: true },
  { name: 'of an old opset', bytes: identityNetwork({ opset: 7 }), card: sigmoid, isOld: true },
];

/** No score is this. */
const UNTOUCHED = -7777;

/** The scores of a part, plane by plane and row by row. */
function within(scores: Float32Array, { x, y, width, height }: Box): Float32Array[] {
  const planes = scores.length / (window.width * window.height);
  return Array.from({ length: planes * height }, (_, line) => {
    const row = Math.floor(line / height) * window.height + y + (line % height);
    return scores.subarray(row * window.width + x, row * window.width + x + width);
  });
}

/** A part of the window, that starts and ends at multiples of 16 px along x. */
const part: fc.Arbitrary<Box> = fc
  .record({ x: fc.constantFrom(0, 16), wide: fc.boolean(), y: fc.nat(23), height: fc.integer({ min: 1, max: 24 }) })
  .map(({ x, wide, y, height }) => ({ x, y, width: wide ? 32 - x : 16, height: Math.min(height, 24 - y) }));

test.each(cases)(
  'a network $name gives any part of a window as it gives the window',
  async ({ bytes, card, options, more, isOld }) => {
    const model: Model = { ...(await modelOf(bytes, { scale: 1 / 255, ...card })), ...more };
    for (const batch of [1, 3]) {
      const pool = await poolOf(model, window, { batch, crops: true, ...options });
      const count = window.width * window.height * model.channels;
      const asked = async (seed: number, wanted: Box | undefined) => {
        const pixels = new Uint8Array(new SharedArrayBuffer(window.width * window.height * 3));
        pixels.set(noise(window, seed));
        const scores = new Float32Array(new SharedArrayBuffer(4 * count)).fill(UNTOUCHED);
        await pool.runShared({ pixels, scores, part: wanted });
        return scores.slice();
      };
      const all = await Promise.all([1, 2, 3].map((seed) => asked(seed, undefined)));
      await fc.assert(
        fc.asyncProperty(fc.array(fc.option(part, { nil: undefined }), { minLength: 1, maxLength: 4 }), async (parts) => {
          const given = await Promise.all(parts.map((wanted, at) => asked(1 + (at % 3), wanted)));
          for (const [at, scores] of given.entries()) {
            const wanted = parts[at] ?? { x: 0, y: 0, ...window };
            expect(within(scores, wanted)).toEqual(within(all[at % 3]!, wanted));
          }
          // What is not wanted is not carried.
          const [only] = parts;
          if (parts.length > 1 || only === undefined) return;
          const carried = isOld ? count : only.width * only.height * model.channels;
          expect(given[0]!.filter((score) => score !== UNTOUCHED)).toHaveLength(carried);
        }),
        { numRuns: 12, seed: 1 },
      );
      await pool.close();
    }
  },
);

test('a network that enlarges to sizes gives parts in step the same bits by factors, and runs others as before', async () => {
  const model = await modelOf(bundledModel('kidney'), { activation: 'softmax' });
  const large = { width: 96, height: 64 };
  const shown = { x: 16, y: 16, width: 64, height: 32 };
  const odd = { x: 16, y: 16, width: 56, height: 40 };
  const scoresOf = async (parts: number | undefined, seen: Box): Promise<Float32Array> => {
    await using pool = await poolOf(model, large, { parts, crops: true });
    const pixels = new Uint8Array(new SharedArrayBuffer(large.width * large.height * 3));
    pixels.set(noise(large));
    const scores = new Float32Array(new SharedArrayBuffer(4 * large.width * large.height * model.channels)).fill(UNTOUCHED);
    await pool.runShared({ pixels, scores, part: seen, shown: seen });
    return scores;
  };
  const bySizes = await scoresOf(1, shown);
  expect(bySizes.some((score) => score !== UNTOUCHED)).toBe(true);
  expect(await scoresOf(16, shown)).toEqual(bySizes);
  // The sides of these windows are no multiples of 64, so those of their parts need not be.
  expect(await scoresOf(64, odd)).toEqual(await scoresOf(1, odd));
});
