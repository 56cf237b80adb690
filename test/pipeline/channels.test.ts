import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Card } from '../../dist/model/card/card.js';
import { scoreSlide } from '../../dist/pipeline/infer/scores/score.js';
import { channelRequest } from '../../dist/pipeline/prepare/models/channel-request.js';
import { type PlanSettings, planSlide } from '../../dist/pipeline/prepare/plan-slide.js';
import { createStageClock } from '../../dist/pipeline/records/stage-clock.js';
import type { Size } from '../../dist/types.js';
import { identityNetwork, shiftNetwork } from '../model/networks.ts';
import { modelOf, poolOf } from '../model/run.ts';
import { picture } from '../tiff/pictures.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/slide/${name}`, import.meta.url));
const [width, height] = [150, 110];
const signal = new AbortController().signal;

type Sample = (x: number, y: number, c: number) => number;

/** The numbers of the slides that are called measured; as in test/fixtures/slide/make.py. */
const measured: Sample = (x, y, c) => (x * (401 + 97 * c) + y * (1033 + 61 * c) + x * y + c * 9001) & 65535;
const floating: Sample = (x, y, c) => measured(x, y, c) / 4096 - 3;
const { data: bytes } = picture(width, height, 4);

interface Case {
  readonly name: string;
  readonly samples: NonNullable<Card['samples']>;
  readonly count: number;
  readonly at: Sample;
}

const measuredCases: readonly Case[] = [
  { name: 'measured.ome.tif', samples: 'uint16', count: 5, at: measured },
  { name: 'measured-planes.tif', samples: 'uint16', count: 4, at: measured },
  { name: 'measured-float.tif', samples: 'float32', count: 3, at: floating },
  { name: 'four-bytes.tif', samples: 'uint8', count: 4, at: (x, y, c) => bytes[(y * width + x) * 4 + c]! },
];

const side = (length: number): Size => ({ width: length, height: length });
const geometries = [
  { window: side(64), stride: side(40), margin: 12, border: 'mirror' },
  { window: side(64), stride: side(32), margin: 8, border: 'keep' },
  { window: { width: 80, height: 256 }, stride: { width: 61, height: 100 }, margin: 3, border: 'mirror' },
] as const;

type Settings = Pick<PlanSettings, 'window' | 'stride' | 'margin' | 'border'> & Partial<PlanSettings>;

/** The stitched scores of a slide, as planes, of a network that is given channels. */
async function scored(
  name: string,
  network: Uint8Array,
  card: Card,
  settings: Settings,
): Promise<Size & { data: Float32Array }> {
  const scale = card.standardize === undefined ? { scale: 1 } : {};
  const model = await modelOf(network, { activation: 'none', ...scale, ...card });
  const request = channelRequest(model);
  const plan = await planSlide(
    fixture(name),
    { resolution: undefined, slideMpp: undefined, tissue: { kind: 'none' }, minTissue: undefined, ...settings, request },
    undefined,
    signal,
  );
  const pool = await poolOf(model, settings.window, { workers: 2 });
  const { size } = plan.grid;
  const data = new Float32Array(model.channels * size.width * size.height).fill(Number.NaN);
  try {
    const rows = scoreSlide(plan, pool, { channels: model.channels, blend: 'none' }, createStageClock(), () => {}, signal);
    for await (const { blocks } of rows) {
      for (const block of blocks) {
        for (let c = 0; c < model.channels; c++) {
          for (let y = 0; y < block.height; y++) {
            const from = (c * block.height + y) * block.width;
            data.set(block.data.subarray(from, from + block.width), (c * size.height + block.y + y) * size.width + block.x);
          }
        }
      }
    }
  } finally {
    await pool.close();
    await plan.slide.close();
  }
  return { ...size, data };
}

function planes(size: Size, count: number, at: Sample): Float32Array {
  const out = new Float32Array(count * size.width * size.height);
  for (let c = 0, i = 0; c < count; c++)
    for (let y = 0; y < size.height; y++) for (let x = 0; x < size.width; x++) out[i++] = at(x, y, c);
  return out;
}

function expectPlanes(got: Size & { data: Float32Array }, count: number, at: Sample, tolerance = 0): void {
  const wanted = planes(got, count, at);
  expect(got.data.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) {
    if (Math.abs(got.data[i]! - value) <= tolerance) continue;
    const [x, y, c] = [i % got.width, Math.floor(i / got.width) % got.height, Math.floor(i / got.width / got.height)];
    throw new Error(`expected ${value} at (${x}, ${y}) of channel ${c} but got ${got.data[i]}`);
  }
}

describe.each(measuredCases)('$name: $count channels of $samples', ({ name, samples, count, at }) => {
  test.each(geometries)('reach the network as they are: window $window, stride $stride, $border', async (geometry) => {
    const got = await scored(name, identityNetwork({ depth: count }), { samples, color: 'channels' }, geometry);
    expect(got).toMatchObject({ width, height });
    expectPlanes(got, count, at);
  });

  test('in any order, also more than once', async () => {
    const picked = [count - 1, 0, 0, 1, 2];
    const channels = picked.map(String);
    const got = await scored(name, identityNetwork({ depth: 5, layout: 'nhwc' }), { samples }, { ...geometries[1], channels });
    expectPlanes(got, 5, (x, y, c) => at(x, y, picked[c]!));
  });

  test('are mirrored at the border', async () => {
    const got = await scored(name, shiftNetwork(7, { depth: count }), { samples, color: 'channels' }, geometries[0]);
    // The network gives what lies 7 px to the left and above.
    const from = (i: number) => Math.abs(i - 7);
    expectPlanes(got, count, (x, y, c) => at(from(x), from(y), c));
  });

  test('shrink by the mean of areas', async () => {
    const resolution = { kind: 'downsample', downsample: 4 } as const;
    const level = name === 'measured.ome.tif' ? 2 : 1;
    const got = await scored(
      name,
      identityNetwork({ depth: count }),
      { samples, color: 'channels' },
      { ...geometries[1], resolution },
    );
    const size = { width: Math.round(width / 4), height: Math.round(height / 4) };
    expect(got).toMatchObject(size);
    const from = { width: width / level, height: height / level };
    const mean = areaMeans(from, size, at);
    expectPlanes(
      got,
      count,
      (x, y, c) => (samples === 'float32' ? Math.fround(mean(x, y, c)) : Math.round(mean(x, y, c))),
      samples === 'float32' ? 1e-6 : 0,
    );
  });

  test('grow bilinearly', async () => {
    const resolution = { kind: 'downsample', downsample: 0.5 } as const;
    const got = await scored(
      name,
      identityNetwork({ depth: count }),
      { samples, color: 'channels' },
      { ...geometries[1], resolution },
    );
    const part = (i: number, length: number): readonly [a: number, b: number, share: number] => {
      const place = Math.min(Math.max((i + 0.5) / 2 - 0.5, 0), length - 1);
      return [Math.floor(place), Math.min(Math.floor(place) + 1, length - 1), place % 1];
    };
    const mean: Sample = (x, y, c) => {
      const [left, right, h] = part(x, width);
      const [top, bottom, v] = part(y, height);
      const row = (line: number) => at(left, line, c) * (1 - h) + at(right, line, c) * h;
      return row(top) * (1 - v) + row(bottom) * v;
    };
    expectPlanes(
      got,
      count,
      (x, y, c) => (samples === 'float32' ? mean(x, y, c) : Math.floor(mean(x, y, c) + 0.5)),
      samples === 'float32' ? 1e-6 : 0,
    );
  });
});

/** Means over areas of a picture, by the textbook: every source pixel by the area that it has in common with the output pixel. */
function areaMeans(from: Size, to: Size, at: Sample): Sample {
  const [across, down] = [from.width / to.width, from.height / to.height];
  const shared = (i: number, start: number, length: number) =>
    Math.max(0, Math.min(i + 1, start + length) - Math.max(i, start));
  return (x, y, c) => {
    let sum = 0;
    for (let v = Math.floor(y * down); v < Math.min(from.height, (y + 1) * down); v++)
      for (let h = Math.floor(x * across); h < Math.min(from.width, (x + 1) * across); h++)
        sum += at(h, v, c) * shared(h, x * across, across) * shared(v, y * down, down);
    return sum / (across * down);
  };
}

test('mean and std are those of each channel, scale is that of the samples', async () => {
  const [mean, std] = [
    [0.1, 0.2, 0.3, 0.4, 0.5],
    [1, 2, 0.5, 4, 0.25],
  ];
  const card = { samples: 'uint16', scale: 1 / 65535, mean, std } as const;
  const got = await scored('measured.ome.tif', identityNetwork({ depth: 5 }), card, geometries[1]);
  expectPlanes(got, 5, (x, y, c) => (measured(x, y, c) / 65535 - mean[c]!) / std[c]!, 2e-6);
});

test.each([
  ['uint16', 'measured.ome.tif', measured, 5],
  ['float32', 'measured-float.tif', floating, 3],
] as const)('standardized windows of %s have mean 0 and variance 1', async (samples, name, at, depth) => {
  const whole = { window: { width, height }, stride: { width, height }, margin: 0, border: 'keep' } as const;
  const network = identityNetwork({ depth });
  const got = await scored(name, network, { samples, standardize: 'window' }, whole);
  const size = width * height;
  for (let c = 0; c < depth; c++) {
    const values = planes({ width, height }, depth, at).subarray(c * size, (c + 1) * size);
    const mean = values.reduce((a, b) => a + b) / size;
    const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / size);
    for (const i of [0, 777, size - 1]) expect(got.data[c * size + i]).toBeCloseTo((values[i]! - mean) / deviation, 3);
  }
});

test('channels of 16 bits become bytes by the rule of the slide where the model takes bytes', async () => {
  const got = await scored('measured.ome.tif', identityNetwork({ depth: 5, element: 'uint8' }), {}, geometries[1]);
  expectPlanes(got, 5, (x, y, c) => Math.round((measured(x, y, c) * 255) / 65535));
});

test('bgr turns the three channels around', async () => {
  const got = await scored('measured-float.tif', identityNetwork(), { samples: 'float32', color: 'bgr' }, geometries[1]);
  expectPlanes(got, 3, (x, y, c) => floating(x, y, 2 - c));
});

test.each([
  ['measured.ome.tif', 3, 'uint16', undefined, 'model', 'the model takes 3 channels, but .*measured.ome.tif has 5$'],
  ['measured-float.tif', 5, 'float32', undefined, 'model', 'the model takes 5 channels, but .*measured-float.tif has 3$'],
  [
    'measured.ome.tif',
    2,
    'uint16',
    ['0', '1', '4'],
    'usage',
    'the model takes 2 channels, but --channels picks 3 of .*measured.ome.tif$',
  ],
  ['measured.ome.tif', 2, 'uint16', ['0', '5'], 'usage', 'measured.ome.tif has no channel "5" for --channels$'],
  [
    'four-bytes.tif',
    4,
    'uint16',
    undefined,
    'model',
    'the model takes samples of type uint16, but .*four-bytes.tif has 8-bit samples$',
  ],
  [
    'measured.ome.tif',
    5,
    'float32',
    undefined,
    'model',
    'the model takes samples of type float32, but .*measured.ome.tif has 16-bit samples$',
  ],
  [
    'measured-float.tif',
    3,
    'uint16',
    undefined,
    'model',
    'type uint16, but .*measured-float.tif has 32-bit floating point samples$',
  ],
  [
    'measured.ome.tif',
    undefined,
    undefined,
    ['0', '1'],
    'usage',
    'the model takes a picture, but --channels picks 2 channels of .*measured.ome.tif$',
  ],
] as const)(
  '%s for a model of %s channels of %s, picked %s: refused before a window is run',
  async (name, count, samples, channels, code, message) => {
    const request = count === undefined ? undefined : { count, samples, by: 'the model' };
    const settings = { resolution: undefined, slideMpp: undefined, tissue: { kind: 'none' }, minTissue: undefined } as const;
    await expect(
      planSlide(fixture(name), { ...geometries[1], ...settings, channels, request }, undefined, signal),
    ).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  },
);

test('what a card can not ask for', async () => {
  await expect(modelOf(identityNetwork({ depth: 1 }), { color: 'gray', samples: 'uint16' })).rejects.toThrow(
    'the flags say samples "uint16" but gray is made of the 8-bit red, green and blue of a picture',
  );
  await expect(modelOf(identityNetwork({ element: 'uint8' }), { samples: 'uint16' })).rejects.toThrow(
    /samples "uint16" but input .* is uint8$/,
  );
  await expect(modelOf(identityNetwork({ depth: 5 }), { mean: [1, 2, 3] })).rejects.toThrow('the image has 5 channels');
});
