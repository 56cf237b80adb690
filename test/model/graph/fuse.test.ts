import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Card } from '../../../dist/model/card/card.js';
import { constant, node, parseModel, serializeModel } from '../../../dist/model/graph/format/onnx.js';
import { fuse } from '../../../dist/model/graph/fuse.js';
import { findScores } from '../../../dist/model/graph/probe.js';
import { createThreads } from '../../../dist/model/sessions/threads.js';
import { build, channelNetwork, coarseNetwork, type Form, identityNetwork, positionNetwork, unet } from '../networks.ts';
import { farthest, modelOf, noise, plane, saved, scoresOf } from '../run.ts';

const window = { width: 12, height: 8 };
const pixels = noise(window);
const raw: Card = { activation: 'none', scale: 1 };
const gray = plane(pixels, 0).map((red, i) => 0.299 * red + 0.587 * pixels[i * 3 + 1]! + 0.114 * pixels[i * 3 + 2]!);

function standardized(values: Float32Array): number[] {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return Array.from(values, (value) => (value - mean) / deviation);
}

const forms: Form[] = (['nchw', 'nhwc'] as const).flatMap((layout) =>
  (['float32', 'uint8', 'float16'] as const).flatMap((element) => [
    { layout, element },
    { layout, element, size: window },
    { layout, element, size: window, batch: 1 },
  ]),
);
const title = ({ layout, element, size, batch }: Form) =>
  `${layout} ${element} ${size ? 'fixed' : 'free'}${batch ? `, batch ${batch}` : ''}`;

describe.each(forms.map((form) => [title(form), form] as const))('a network of form %s', (_, form) => {
  it('sees RGB, BGR and gray', async () => {
    for (const [color, order] of [
      ['rgb', [0, 1, 2]],
      ['bgr', [2, 1, 0]],
    ] as const) {
      const model = await modelOf(identityNetwork(form), { ...raw, color });
      expect(await scoresOf(model, window, pixels)).toEqual(
        Float32Array.from(order.flatMap((channel) => [...plane(pixels, channel)])),
      );
    }

    const one = await modelOf(channelNetwork(0, { ...form, depth: 1 }), raw);
    const seen = await scoresOf(one, window, pixels);
    const [expected, within] =
      form.element === 'uint8' ? [gray.map(Math.round), 0] : [gray, form.element === 'float16' ? 0.1 : 1e-4];
    expect(farthest(seen, expected)).toBeLessThanOrEqual(within);
  });
});

it('the position of every pixel survives', async () => {
  const x = Float32Array.from({ length: 96 }, (_, i) => i % 12);
  const y = Float32Array.from({ length: 96 }, (_, i) => Math.floor(i / 12));
  for (const layout of ['nchw', 'nhwc'] as const) {
    const scores = await scoresOf(await modelOf(positionNetwork({ layout }), raw), window, pixels);
    expect(scores).toEqual(Float32Array.of(...x, ...y));
  }
});

describe('normalisation', () => {
  const mean = [0.485, 0.456, 0.406];
  const std = [0.229, 0.224, 0.225];

  it.each(['nchw', 'nhwc'] as const)('scale, mean and std are applied in this order, per channel (%s)', async (layout) => {
    const model = await modelOf(identityNetwork({ layout }), { activation: 'none', mean, std });
    const expected = [0, 1, 2].flatMap((channel) =>
      Array.from(plane(pixels, channel), (value) => (value / 255 - mean[channel]!) / std[channel]!),
    );
    expect(farthest(await scoresOf(model, window, pixels), expected)).toBeLessThan(1e-6);
  });

  it('mean and std follow the order of the network', async () => {
    const model = await modelOf(channelNetwork(0), { activation: 'none', color: 'bgr', mean, std });
    const expected = plane(pixels, 2).map((value) => (value / 255 - mean[0]!) / std[0]!);
    expect(farthest(await scoresOf(model, window, pixels), expected)).toBeLessThan(1e-6);
  });

  it('gray has one mean', async () => {
    const model = await modelOf(channelNetwork(0, { depth: 1 }), { activation: 'none', mean: [0.5], std: [0.25] });
    expect(
      farthest(
        await scoresOf(model, window, pixels),
        gray.map((value) => (value / 255 - 0.5) / 0.25),
      ),
    ).toBeLessThan(1e-5);
  });

  it.each([7, 11, 13, 17, 21])('standardize gives each channel mean 0 and variance 1 (opset %i)', async (opset) => {
    for (const layout of ['nchw', 'nhwc'] as const) {
      const model = await modelOf(identityNetwork({ layout, opset }), { activation: 'none', standardize: 'window' });
      const expected = [0, 1, 2].flatMap((channel) => standardized(plane(pixels, channel)));
      expect(farthest(await scoresOf(model, window, pixels), expected)).toBeLessThan(1e-5);
    }
  });

  it('standardize leaves a blank window blank', async () => {
    const model = await modelOf(channelNetwork(0), { activation: 'none', standardize: 'window' });
    const scores = await scoresOf(model, window, pixels.slice().fill(243));
    expect(
      farthest(
        scores,
        scores.map(() => 0),
      ),
    ).toBeLessThan(0.05);
  });
});

/** Half-pixel bilinear enlargement of one plane, samples beyond the border being those on it. */
function enlarged(small: Float32Array, width: number, height: number, factor: number): Float32Array {
  const at = (i: number, length: number): [number, number, number] => {
    const place = Math.max(0, (i + 0.5) / factor - 0.5);
    const low = Math.min(Math.floor(place), length - 1);
    return [low, Math.min(low + 1, length - 1), Math.min(place - low, 1)];
  };
  return Float32Array.from({ length: width * factor * height * factor }, (_, i) => {
    const [x0, x1, fx] = at(i % (width * factor), width);
    const [y0, y1, fy] = at(Math.floor(i / (width * factor)), height);
    const row = (y: number) => small[y * width + x0]! * (1 - fx) + small[y * width + x1]! * fx;
    return row(y0) * (1 - fy) + row(y1) * fy;
  });
}

describe('a network that gives less than one score a pixel', () => {
  const small = (channel: number) =>
    Float32Array.from({ length: 6 }, (_, block) => {
      let sum = 0;
      for (let i = 0; i < 16; i++) {
        const x = (block % 3) * 4 + (i % 4);
        const y = Math.floor(block / 3) * 4 + (i >> 2);
        sum += pixels[(y * 12 + x) * 3 + channel]!;
      }
      return sum / 16;
    });

  it.each([
    [11, 'nchw'],
    [12, 'nhwc'],
    [13, 'nchw'],
    [19, 'nhwc'],
  ] as const)('is enlarged (opset %i, %s)', async (opset, layout) => {
    for (const form of [
      { opset, layout },
      { opset, layout, size: window },
    ]) {
      const model = await modelOf(coarseNetwork(4, form), { ...raw, exclusive: false });
      const scores = await scoresOf(model, window, pixels);
      const expected = [0, 1, 2].flatMap((channel) => [...enlarged(small(channel), 3, 2, 4)]);
      expect(farthest(scores, expected)).toBeLessThan(1e-4);
    }
  });

  it('is enlarged on its own grid, then cut, where it rounded up', async () => {
    const odd = { width: 10, height: 7 };
    const model = await modelOf(coarseNetwork(4), { ...raw, exclusive: false });
    const even = Uint8Array.from({ length: odd.width * odd.height * 3 }, (_, i) => (Math.floor(i / 3) % 10 < 8 ? 40 : 200));
    const scores = await scoresOf(model, odd, even);
    const row = enlarged(Float32Array.of(40, 40, 200), 3, 1, 4).slice(0, 10);
    expect(farthest(scores.slice(0, 10), row)).toBeLessThan(1e-4);
    expect(farthest(scores.slice(60, 70), row)).toBeLessThan(1e-4);
  });

  it('needs opset 11', async () => {
    const model = await modelOf(coarseNetwork(4, { opset: 10 }), { ...raw, exclusive: false });
    await expect(scoresOf(model, window, pixels)).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/4 × 4 px in opset 10/),
      hint: expect.stringMatching(/opset 11/),
    });
  });
});

describe('activation', () => {
  const logits = [0, 1, 2].map((channel) => plane(pixels, channel).map((value) => value / 255));
  const softmax = (channel: number) =>
    logits[channel]!.map((_, i) => Math.exp(logits[channel]![i]!) / logits.reduce((sum, each) => sum + Math.exp(each[i]!), 0));
  const softmaxes = [0, 1, 2].flatMap((channel) => [...softmax(channel)]);
  const sigmoids = logits.flatMap((each) => [...each.map((value) => 1 / (1 + Math.exp(-value)))]);
  const raws = logits.flatMap((each) => [...each]);

  it.each([7, 11, 12, 13, 17, 18, 21])('softmax runs over the channels (opset %i)', async (opset) => {
    for (const layout of ['nchw', 'nhwc'] as const) {
      const model = await modelOf(identityNetwork({ opset, layout }), { activation: 'softmax' });
      expect(farthest(await scoresOf(model, window, pixels), softmaxes)).toBeLessThan(1e-6);
    }
  });

  it('softmax bears large logits', async () => {
    const model = await modelOf(identityNetwork(), { activation: 'softmax', scale: 1000 });
    const scores = await scoresOf(model, window, pixels);
    expect(scores.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('sigmoid takes each channel alone', async () => {
    const model = await modelOf(identityNetwork(), { activation: 'sigmoid' });
    expect(farthest(await scoresOf(model, window, pixels), sigmoids)).toBeLessThan(1e-6);
  });

  it('is left to the graph that ends in it', async () => {
    const ends = [
      [identityNetwork({}, node('Sigmoid', ['same'], 'p'), node('Identity', ['p'], 'q')), sigmoids],
      [identityNetwork({ layout: 'nhwc' }, node('Softmax', ['same'], 'p', { axis: 1n })), softmaxes],
    ] as const;
    for (const [bytes, expected] of ends) {
      const model = await modelOf(bytes);
      expect(model.activation).toBe('none');
      expect(farthest(await scoresOf(model, window, pixels), expected)).toBeLessThan(1e-6);
    }
  });

  it('is left out where logits are asked for, even by the graph that ends in it', async () => {
    const networks = [
      identityNetwork(),
      identityNetwork({}, node('Sigmoid', ['same'], 'p')),
      identityNetwork({ layout: 'nhwc' }, node('Softmax', ['same'], 'p', { axis: 1n })),
    ];
    for (const bytes of networks) {
      const model = await modelOf(bytes);
      expect(farthest(await scoresOf(model, window, pixels, { output: 'logits' }), raws)).toBeLessThan(1e-6);
    }
  });

  it('cannot be left out where only probabilities are known', async () => {
    const used = identityNetwork({}, node('Sigmoid', ['same'], 'p'), node('Mul', ['p', 'p'], 'square'));
    const dropped = build({}, (image) => ({
      nodes: [
        node('Softmax', [image], 'p', { axis: 1n }),
        ...[0n, 2n, 1n].map((value) => constant(`c${value}`, BigInt64Array.of(value))),
        node('Slice', ['p', 'c0', 'c2', 'c1'], 'two'),
      ],
      scores: 'two',
      channels: 2,
    }));
    for (const [bytes, card] of [
      [used, { activation: 'none' }],
      [dropped, {}],
    ] as const) {
      const model = await modelOf(bytes, card);
      await expect(scoresOf(model, window, pixels, { output: 'logits' })).rejects.toMatchObject({
        code: 'model',
        message: expect.stringMatching(/probabilities, from which logits cannot be computed/),
      });
    }
  });
});

it('takes as many windows at a time as it is told to', async () => {
  for (const network of [positionNetwork(), identityNetwork({ layout: 'nhwc', opset: 11 }), coarseNetwork(4)]) {
    const path = saved(network);
    const model = await modelOf(path, { scale: 1 });
    const bytes = readFileSync(path);
    const threads = createThreads();
    const map = await findScores(bytes, { ...model, depth: 3 }, window, threads);
    const graph = fuse(bytes, model, window, map, 'probabilities', 2);
    const session = await threads.take().load({ graph, element: 'uint8', dims: [2, 8, 12, 3], externalData: dirname(path) });
    const [first, second] = [noise(window, 1), noise(window, 2)];
    const { data } = await session.run(Uint8Array.of(...first, ...second));
    await session.close();
    const one = data.length / 2;
    expect(farthest(data.subarray(0, one), await scoresOf(model, window, first))).toBeLessThan(1e-6);
    expect(farthest(data.subarray(one), await scoresOf(model, window, second))).toBeLessThan(1e-6);
  }
});

it('copies what it does not know, and keeps clear of names that are taken', async () => {
  const proto = parseModel(unet(0.01));
  for (const made of proto.graph!.node) made.name = `segtile/step${made.name}`;
  const unknown = { no: 77, wireType: 2, data: Uint8Array.of(2, 104, 105) };
  proto.$unknown = [unknown];
  const bytes = serializeModel(proto);
  const model = await modelOf(bytes);
  const fused = parseModel(fuse(bytes, model, window, { layout: 'nchw', channels: 1, factor: 1, ...window }, 'probabilities'));
  expect(fused.$unknown).toEqual([unknown]);
  const weights = ({ graph }: typeof proto) =>
    graph!.initializer.map(({ name, rawData }) => [name, Buffer.from(rawData).toString('hex')]);
  expect(weights(fused)).toEqual(weights(proto));
  const names = fused.graph!.node.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(await scoresOf(model, window, pixels)).toHaveLength(96);
});
