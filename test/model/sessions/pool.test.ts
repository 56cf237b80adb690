import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModel } from '../../../dist/model/graph/facts.js';
import {
  constant,
  network,
  node,
  parseModel,
  serializeModel,
  tensor,
  valueInfo,
} from '../../../dist/model/graph/format/onnx.js';
import { defaultWorkers } from '../../../dist/model/sessions/pool-options.js';
import { condensed } from '../../../dist/model/sessions/session.js';
import { build, channelNetwork, unet } from '../networks.ts';
import { modelOf, noise, plane, poolOf, saved, scoresOf } from '../run.ts';

const window = { width: 64, height: 48 };
const windows = Array.from({ length: 12 }, (_, seed) => noise(window, seed));

describe('a pool', () => {
  it('gives the same bits for any number of workers, in any order', async () => {
    const model = await modelOf(unet(0.1, { channels: 3 }));
    const runs = await Promise.all(
      [1, 3].map(async (workers) => {
        const pool = await poolOf(model, window, { workers });
        expect(pool).toMatchObject({ provider: 'cpu', capacity: 2 * workers });
        expect(pool.workers()).toBe(workers);
        const scores = await Promise.all(windows.map((pixels) => pool.run(pixels.slice())));
        await pool.close();
        return scores;
      }),
    );
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[0]![0]).not.toEqual(runs[0]![1]);
    expect(runs[0]![0]).toHaveLength(3 * 64 * 48);
  });

  it('takes the pixels without a copy', async () => {
    const pool = await poolOf(await modelOf(channelNetwork(0)), window);
    const pixels = windows[0]!.slice();
    const running = pool.run(pixels);
    expect(pixels.buffer.byteLength).toBe(0);
    expect((await running).byteOffset).toBe(0);
    await pool.close();
  });

  it('finishes the windows in hand before it closes, and takes none afterwards', async () => {
    const pool = await poolOf(await modelOf(unet(2)), { width: 256, height: 256 }, { workers: 2 });
    const running = [1, 2, 3, 4].map((seed) => pool.run(noise({ width: 256, height: 256 }, seed)));
    await pool.close();
    for (const scores of await Promise.all(running)) expect(scores).toHaveLength(256 * 256);
    await expect(pool.run(noise({ width: 256, height: 256 }))).rejects.toMatchObject({ code: 'model' });
    await pool.close();
  });

  it('survives a run that fails, and says why in one line', async () => {
    // The network reshapes its first row to as many numbers as the first pixel's value: it fails unless that is the width.
    const picky = build({}, (image) => ({
      nodes: [
        ...[0, 1].map((value) => constant(`c${value}`, BigInt64Array.of(BigInt(value)))),
        constant('end', BigInt64Array.of(1n, 1n, 1n, 1n)),
        constant('start', BigInt64Array.of(0n, 0n, 0n, 0n)),
        node('Slice', [image, 'start', 'end'], 'first'),
        node('Cast', ['first'], 'whole', { to: 7n }),
        constant('flat', BigInt64Array.of(1n)),
        node('Reshape', ['whole', 'flat'], 'count'),
        node('Gather', [image, 'count'], 'picked', { axis: 1n }),
      ],
      scores: 'picked',
      channels: 1,
    }));
    const pool = await poolOf(await modelOf(picky, { scale: 1, activation: 'none' }), window);
    const good = () => windows[0]!.slice().fill(2);
    const bad = () => windows[0]!.slice().fill(200);
    const results = await Promise.allSettled([pool.run(good()), pool.run(bad()), pool.run(good())]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const { reason } = results[1] as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: 'model' });
    expect(reason.message).toMatch(/failed: Gather node "picked": .*200/);
    expect(reason.message).not.toMatch(/\n|\.cc/);
    await pool.close();
  });

  it('wants whole windows', async () => {
    const pool = await poolOf(await modelOf(channelNetwork(0)), window);
    await expect(pool.run(new Uint8Array(10))).rejects.toMatchObject({
      code: 'usage',
      message: 'expected 9216 samples for a window of 64 × 48 px but got 10',
    });
    await pool.close();
  });
});

describe('openPool refuses', () => {
  it.each([0, -3, 1.5, Number.NaN])('%d workers', async (workers) => {
    const model = await modelOf(channelNetwork(0));
    await expect(poolOf(model, window, { workers })).rejects.toMatchObject({
      code: 'usage',
      message: `expected 1 to 1024 workers but got ${workers}`,
    });
  });

  it('a window that is none', async () => {
    const model = await modelOf(channelNetwork(0));
    await expect(poolOf(model, { width: 0, height: 8 })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/width but got 0/),
    });
  });

  it('a window that the network was not exported for', async () => {
    const model = await modelOf(channelNetwork(0, { size: { width: 32, height: 32 } }));
    await expect(poolOf(model, window)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/64 × 48 px but .* takes 32 × 32 px only/),
    });
  });

  it('a window whose sides the network cannot halve', async () => {
    const model = await modelOf(unet(0.01));
    for (const odd of [
      { width: 63, height: 48 },
      { width: 64, height: 50 },
    ])
      await expect(poolOf(model, odd)).rejects.toMatchObject({
        code: 'model',
        message: expect.stringMatching(new RegExp(`fails on a window of ${odd.width} × ${odd.height} px: .*Concat`)),
        hint: expect.stringMatching(/multiples of 32/),
      });
  });

  it('a network that crops, or shrinks to nothing', async () => {
    const valid = build({}, (image) => ({
      nodes: [node('AveragePool', [image], 'cropped', { kernel_shape: [9n, 9n] })],
      scores: 'cropped',
      channels: 3,
    }));
    await expect(poolOf(await modelOf(valid), window)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/gives \[1, 3, 40, 56\] for a window of 64 × 48 px, expected scores for the whole window/),
    });
  });

  it('a network that onnxruntime cannot load', async () => {
    const unknown = serializeModel(
      network({
        inputs: [valueInfo('in', 'float32', [1, 3, 48, 64])],
        outputs: [valueInfo('out', 'float32', [1, 3, 48, 64])],
        nodes: [node('NoSuchThing', ['in'], 'out')],
      }),
    );
    await expect(poolOf(await modelOf(unknown), window)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/cannot be loaded: .*NoSuchThing/),
    });
  });

  it('to start where it is told to stop', async () => {
    const model = await modelOf(channelNetwork(0));
    await expect(poolOf(model, window, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('weights outside the file', () => {
  /** A network that multiplies red by a number in another file. */
  async function outside(factor: number) {
    const name = basename(saved(new Uint8Array(Float32Array.of(0, factor).buffer), 'weights.bin'));
    const bytes = build({}, (image) => ({
      weights: [tensor('factor', Float32Array.of(factor)), tensor('red', BigInt64Array.of(0n))],
      nodes: [node('Gather', [image, 'red'], 'picked', { axis: 1n }), node('Mul', ['picked', 'factor'], 'product')],
      scores: 'product',
      channels: 1,
    }));
    const model = parseModel(bytes);
    const weights = model.graph!.initializer.find((weight) => weight.name === 'factor')!;
    weights.rawData = new Uint8Array();
    weights.dataLocation = 1;
    const entries = { location: name, offset: '4', length: '4' };
    weights.externalData = Object.entries(entries).map(([key, value]) => ({
      $typeName: 'onnx.StringStringEntryProto',
      key,
      value,
    }));
    return { path: saved(serializeModel(model)), name };
  }

  it('are used, and count for the digest', async () => {
    const [two, three] = await Promise.all([outside(2), outside(3)]);
    const model = await modelOf(three.path, { scale: 1, activation: 'none' });
    const scores = await scoresOf(model, window, windows[0]!);
    expect(scores).toEqual(plane(windows[0]!, 0).map((red) => red * 3));

    writeFileSync(join(dirname(two.path), three.name), new Uint8Array(8));
    expect((await modelOf(three.path)).sha256).not.toBe(model.sha256);
  });

  it('may be missing', async () => {
    const { path, name } = await outside(2);
    rmSync(join(dirname(path), name));
    await expect(readModel(path)).rejects.toMatchObject({ code: 'input', hint: `put ${name} beside the model` });
  });
});

it('defaultWorkers is what the machine runs at once', () => {
  expect(defaultWorkers()).toBe(availableParallelism());
});

it.each([
  [
    "Error: Non-zero status code returned while running Concat node. Name:'/up/Concat' Status Message: concatbase.h:133 PrepareForComputeImpl Non concat axis dimensions must match: Axis 2 has mismatched dimensions of 7 and 6",
    'Concat node "/up/Concat": Non concat axis dimensions must match: Axis 2 has mismatched dimensions of 7 and 6',
  ],
  [
    "Error: Non-zero status code returned while running Reshape node. Name:'r' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:91 onnxruntime::ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, onnxruntime::TensorShapeVector&, bool) input_shape_size == requested_shape_size was false. Input shape:{1,3,7,9}\n",
    'Reshape node "r": input_shape_size == requested_shape_size was false. Input shape:{1,3,7,9}',
  ],
  [
    'Error: This is an invalid model. Error No Op registered for NoSuch',
    'This is an invalid model. Error No Op registered for NoSuch',
  ],
])('condensed drops the C++ of %s', (raw, message) => {
  expect(condensed(raw)).toBe(message);
});
