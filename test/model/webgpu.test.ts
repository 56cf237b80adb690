import { describe, expect, test } from 'vitest';
import { SegtileError } from '../../dist/errors.js';
import type { Model } from '../../dist/model/card/model.js';
import { node, parseModel, serializeModel } from '../../dist/model/graph/format/onnx.js';
import { openPool } from '../../dist/model/sessions/pool.js';
import type { PoolOptions } from '../../dist/model/sessions/pool-options.js';
import { halved, unet } from './networks.ts';
import { farthest, modelOf, noise } from './run.ts';

const window = { width: 32, height: 16 };
const bytes = unet(0.02, { channels: 3, seed: 5 });

/** The same network, which ends in a sigmoid of its own. */
const sigmoidInside = (() => {
  const model = parseModel(bytes);
  const last = model.graph!.node.at(-1)!;
  last.name = 'logits out';
  last.output = ['logits out'];
  model.graph!.node.push(node('Sigmoid', ['logits out'], 'out'));
  return serializeModel(model);
})();

/** What WebGPU, in software or not, says of a network before its first window. */
async function opened(model: Model, options: Partial<PoolOptions> = {}) {
  const pool = await openPool(model, {
    ...{ window, workers: 1, device: 'webgpu', output: 'probabilities', batch: 1, allowSoftware: true },
    ...options,
  });
  await pool.close();
  return pool.device;
}

// Only where it cannot be started are the tests left out: other scores than the CPU's are a fault that they must see.
const reason = await opened(await modelOf(bytes), { verify: false, allowCpuNodes: true }).then(
  () => undefined,
  (error) => {
    if (error instanceof SegtileError && error.code === 'device') return error.message;
    throw error;
  },
);

describe.skipIf(reason !== undefined)(`WebGPU${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  for (const activation of ['none', 'sigmoid', 'softmax'] as const)
    for (const scoreType of ['float32', 'uint8'] as const)
      test(`runs all of a network with ${activation} behind it as the CPU does, and gives ${scoreType}`, async () => {
        // Without an activation of ours the network must end in its own.
        const ended = activation === 'none' ? sigmoidInside : bytes;
        const model = await modelOf(ended, { activation, scale: 1 / 255 });
        const device = await opened(model, { scoreType, batch: 2 });
        expect(device.cpuNodes).toEqual([]);
        expect(device.difference).toBeLessThan(scoreType === 'uint8' ? 1 / 510 + 1e-4 : 1e-4);
      });

  test('gives the part of a window that is wanted', async () => {
    const model = await modelOf(bytes, { activation: 'softmax', scale: 1 / 255 });
    const pool = await openPool(model, {
      ...{ window, workers: 1, device: 'webgpu', output: 'probabilities', batch: 1, crops: true, allowSoftware: true },
    });
    const pixels = new Uint8Array(new SharedArrayBuffer(32 * 16 * 3));
    pixels.set(noise(window));
    const [all, some] = [0, 1].map(() => new Float32Array(new SharedArrayBuffer(4 * 3 * 32 * 16)));
    await pool.runShared({ pixels, scores: all! });
    await pool.runShared({ pixels, scores: some!, part: { x: 16, y: 4, width: 16, height: 9 } });
    await pool.close();
    const isWanted = (i: number): boolean => i % 32 >= 16 && Math.floor(i / 32) % 16 >= 4 && Math.floor(i / 32) % 16 < 13;
    expect(
      farthest(
        some!,
        all!.map((score, i) => (isWanted(i) ? score : 0)),
      ),
    ).toBeLessThan(1e-6);
  });

  test('runs two networks at a time', async () => {
    const models = [await modelOf(bytes), await modelOf(unet(0.02, { seed: 6 }))];
    const scores = async (device: string): Promise<Float32Array[]> => {
      const pools = await Promise.all(
        models.map((model) =>
          openPool(model, { window, workers: 1, device, output: 'probabilities', batch: 1, allowSoftware: true }),
        ),
      );
      const windows = Array.from({ length: 24 }, (_, index) => pools[index % 2]!.run(noise(window, index)));
      const all = await Promise.allSettled(windows);
      await Promise.all(pools.map((pool) => pool.close()));
      return all.map((each) => (each.status === 'fulfilled' ? each.value : Float32Array.of()));
    };
    const [here, there] = [await scores('cpu'), await scores('webgpu')];
    expect(Math.max(...there.map((each, index) => farthest(each, here[index]!)))).toBeLessThan(1e-4);
  });

  test('runs a network in half precision', async () => {
    const model = await modelOf(halved(unet(0.02, { channels: 2, element: 'float16' })), {
      activation: 'sigmoid',
      scale: 1 / 255,
    });
    const { cpuNodes, difference } = await opened(model);
    expect(cpuNodes).toEqual([]);
    expect(difference).toBeLessThan(5e-3);
  });
});
