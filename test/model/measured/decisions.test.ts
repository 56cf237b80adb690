import { expect, test } from 'vitest';
import type { Card } from '../../../dist/model/card/card.js';
import { type NodeProto, node, tensor } from '../../../dist/model/graph/format/onnx.js';
import { type OpenedModel, openModel } from '../../../dist/model/measured/open-model.js';
import { build, type Form, random } from '../networks.ts';
import { saved } from '../run.ts';
import { heads, trunks, zooNetwork } from './zoo.ts';

const size = { width: 64, height: 64 };

const opened = (bytes: Uint8Array, flags: Card = {}): Promise<OpenedModel> => openModel(saved(bytes), flags);
const zoo = (head: string, channels: number) => zooNetwork(trunks.deep!, heads[head]!, channels);
const refused = async (bytes: Uint8Array, flags: Card = {}) => {
  const failure: unknown = await opened(bytes, flags).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ name: 'SegtileError', code: 'model' });
  return failure as { message: string; hint: string };
};

test('probabilities that are no last Sigmoid get no second one', async () => {
  const { model } = await opened(zoo('mean of two sigmoids', 1));
  expect(model).toMatchObject({ activation: 'none', exclusive: false, labels: [1] });
  expect(model.notes.join()).toMatch(
    /activation none: the scores are probabilities \(from [\d.e-]+ to [\d.]+, whatever is shown\)/,
  );
  const many = await opened(zoo('exp / sum of exp', 4));
  expect(many.model).toMatchObject({ activation: 'none', exclusive: true, labels: [0, 1, 2, 3] });
  const apart = await opened(zoo('two sigmoids joined', 1));
  expect(apart.model).toMatchObject({ activation: 'none', exclusive: false, labels: [1, 2] });
});

test('logarithms of probabilities get a softmax, which undoes them', async () => {
  const { model } = await opened(zoo('z - log of the sum of exp', 4));
  expect(model).toMatchObject({ activation: 'softmax', exclusive: true, squash: 'softmax' });
  const { message } = await refused(zoo('z - log of the sum of exp', 4), { activation: 'sigmoid' });
  expect(message).toMatch(/^the flags say activation "sigmoid" but the scores of .* are logarithms of probabilities/);
});

test('a card that would spoil the mask is an error that names both', async () => {
  const { message, hint } = await refused(zoo('1 / (1 + exp(-z))', 1), { activation: 'sigmoid' });
  expect(message).toMatch(/^the flags say activation "sigmoid" but the scores of .* are probabilities already: from .* to /);
  expect(hint).toMatch(/set it to none/);
  // It may be meant to threshold logits.
  const { model } = await opened(zoo('raw, turned', 1), { activation: 'none' });
  expect(model.notes.join('; ')).toMatch(/warning: the flags say activation "none" but the scores .* look like logits/);
  const competing = await opened(zoo('two sigmoids joined', 2), { exclusive: true });
  expect(competing.model.notes.join('; ')).toMatch(/warning: the flags say exclusive true but .* do not sum to 1/);
});

test('what values do not decide names the flag and the range', async () => {
  const { message, hint } = await refused(zoo('tanh, trained on -1 and 1', 1));
  expect(message).toMatch(/neither clearly probabilities nor clearly logits: from -1 to 1; within -1..1/);
  expect(hint).toMatch(/--activation/);
  expect((await opened(zoo('tanh, trained on -1 and 1', 1), { activation: 'none' })).model.activation).toBe('none');
  expect((await refused(zoo('labels, rounded', 1))).message).toMatch(/look like class labels/);
});

test('the same score everywhere is an error', async () => {
  const same = build({ size }, (image) => ({
    weights: [tensor('nothing', Float32Array.of(0)), tensor('half', Float32Array.of(0.7))],
    nodes: [node('Mul', [image, 'nothing'], 'zero'), node('Add', ['zero', 'half'], 'same')],
    scores: 'same',
    channels: 3,
  }));
  expect((await refused(same)).message).toMatch(
    /gives the same score everywhere, 0.7, .*range or layout of its input is probably wrong/,
  );
});

const three = (a: number, b: number, c: number, dims = [1, 3, 1, 1]) => tensor('three', Float32Array.of(a, b, c), dims);
const number = (name: string, value: number) => tensor(name, Float32Array.of(value), []);
const flip = [tensor('back', BigInt64Array.of(2n, 1n, 0n))];
type Begins = readonly [string, (image: string) => { nodes: NodeProto[]; weights?: ReturnType<typeof tensor>[]; last: string }];

/** A network that begins in some way, and then convolves. */
function begun(begin: Begins[1], form: Form = {}): Uint8Array {
  return build({ size, batch: 1, ...form }, (image) => {
    const { nodes, weights = [], last } = begin(image);
    const kernel = tensor('kernel', Float32Array.of(3, -2, 1), [1, 3, 1, 1]);
    return { nodes: [...nodes, node('Conv', [last, 'kernel'], 'z')], weights: [...weights, kernel], scores: 'z', channels: 1 };
  });
}

const chained = (image: string, ...steps: (readonly [string, string, 'first'?])[]) =>
  steps.map(([opType, other, first], i) => {
    const from = i === 0 ? image : `s${i - 1}`;
    return node(opType, first ? [other, from] : [from, other], `s${i}`);
  });

test.each<[string, Begins[1], object | undefined, Form?]>([
  ['x / 255', (x) => ({ nodes: chained(x, ['Div', 'a']), weights: [number('a', 255)], last: 's0' }), { wants: 255 }],
  [
    '1/255 · x, constant first',
    (x) => ({ nodes: chained(x, ['Mul', 'a', 'first']), weights: [number('a', 1 / 255)], last: 's0' }),
    { wants: 255 },
  ],
  [
    'x / 127.5 - 1, NHWC',
    (x) => ({ nodes: chained(x, ['Mul', 'a'], ['Sub', 'b']), weights: [number('a', 1 / 127.5), number('b', 1)], last: 's1' }),
    { wants: 255 },
    { layout: 'nhwc' },
  ],
  [
    '(x - 127.5) / 127.5',
    (x) => ({ nodes: chained(x, ['Sub', 'a'], ['Div', 'a']), weights: [number('a', 127.5)], last: 's1' }),
    { wants: 255 },
  ],
  [
    '(x - mean) / std of bytes',
    (x) => ({
      nodes: chained(x, ['Sub', 'three'], ['Div', 'a']),
      weights: [three(123.675, 116.28, 103.53), number('a', 58)],
      last: 's1',
    }),
    { wants: 255, color: 'rgb' },
  ],
  [
    '(x / 255 - mean) / std',
    (x) => ({
      nodes: chained(x, ['Div', 'b'], ['Sub', 'three'], ['Div', 'a']),
      weights: [number('b', 255), three(0.485, 0.456, 0.406), number('a', 0.226)],
      last: 's2',
    }),
    { wants: 255, color: 'rgb' },
  ],
  [
    '2 x - 1',
    (x) => ({ nodes: chained(x, ['Mul', 'a'], ['Sub', 'b']), weights: [number('a', 2), number('b', 1)], last: 's1' }),
    { wants: 1 },
  ],
  [
    '(x - 0.485) / 0.229',
    (x) => ({
      nodes: chained(x, ['Sub', 'three'], ['Div', 'a']),
      weights: [three(0.485, 0.456, 0.406), number('a', 0.226)],
      last: 's1',
    }),
    { wants: 1, color: 'rgb' },
  ],
  [
    '(x - 0.406), blue first',
    (x) => ({
      nodes: chained(x, ['Sub', 'three'], ['Div', 'a']),
      weights: [three(0.406, 0.456, 0.485), number('a', 0.226)],
      last: 's1',
    }),
    { wants: 1, color: 'bgr' },
  ],
  [
    'x - 103.9, as Caffe did, after a turn of red and blue',
    (x) => ({
      nodes: [node('Gather', [x, 'back'], 'bgr', { axis: 1n }), ...chained('bgr', ['Sub', 'three'])],
      weights: [...flip, three(103.939, 116.779, 123.68)],
      last: 's0',
    }),
    { wants: 255, color: 'rgb' },
  ],
  ['x + -120', (x) => ({ nodes: chained(x, ['Add', 'a']), weights: [number('a', -120)], last: 's0' }), { wants: 255 }],
  ['x / 65535', (x) => ({ nodes: chained(x, ['Div', 'a']), weights: [number('a', 65535)], last: 's0' }), { wants: 65535 }],
  [
    'each channel by itself',
    (x) => ({
      nodes: [0, 1, 2]
        .flatMap((c) => [
          node('Gather', [x, `c${c}`], `g${c}`, { axis: 1n }),
          node('Sub', [`g${c}`, `m${c}`], `d${c}`),
          node('Div', [`d${c}`, 'sd'], `e${c}`),
        ])
        .concat(node('Concat', ['e0', 'e1', 'e2'], 'all', { axis: 1n })),
      weights: [
        ...[0.485, 0.456, 0.406].map((m, c) => number(`m${c}`, m * 255)),
        number('sd', 57),
        ...[0, 1, 2].map((c) => tensor(`c${c}`, BigInt64Array.of(BigInt(c)))),
      ],
      last: 'all',
    }),
    { wants: 255, color: 'rgb' },
  ],
  [
    'Cast, Pad, then x / 255',
    (x) => ({
      nodes: [
        node('Cast', [x], 'cast', { to: 1n }),
        node('Pad', ['cast', 'pads'], 'padded'),
        ...chained('padded', ['Div', 'a']),
      ],
      weights: [number('a', 255), tensor('pads', BigInt64Array.of(0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n))],
      last: 's0',
    }),
    { wants: 255 },
  ],
  [
    'a clip to 0..255',
    (x) => ({ nodes: [node('Clip', [x, 'a', 'b'], 'clip')], weights: [number('a', 0), number('b', 255)], last: 'clip' }),
    { wants: 255 },
  ],
  [
    'a batch normalisation',
    (x) => ({
      nodes: [node('BatchNormalization', [x, 'g', 'o', 'm', 'v'], 'bn')],
      weights: [
        ['g', 1],
        ['o', 0],
        ['m', 180],
        ['v', 1600],
      ].map(([name, value]) => tensor(String(name), new Float32Array(3).fill(Number(value)))),
      last: 'bn',
    }),
    { wants: 255 },
  ],
  [
    'an instance normalisation',
    (x) => ({
      nodes: [node('InstanceNormalization', [x, 'g', 'o'], 'in')],
      weights: ['g', 'o'].map((name) => tensor(name, new Float32Array(3).fill(1))),
      last: 'in',
    }),
    { wants: 'any' },
  ],
  [
    'x / its maximum',
    (x) => ({ nodes: [node('ReduceMax', [x], 'top'), node('Div', [x, 'top'], 'part')], last: 'part' }),
    { wants: 'any' },
  ],
  [
    'gray by a mean over the channels',
    (x) => ({
      nodes: [node('ReduceMean', [x], 'gray', { axes: [1n] }), node('Expand', ['gray', 'to'], 'rgb')],
      weights: [tensor('to', BigInt64Array.of(1n, 3n, 64n, 64n))],
      last: 'rgb',
    }),
    undefined,
  ],
  ['a convolution at once', (x) => ({ nodes: [node('Identity', [x], 'same')], last: 'same' }), undefined],
])('a graph that begins with %s', async (_, begin, beginning, form) => {
  const { file, model } = await opened(begun(begin, form));
  if (beginning === undefined) expect(file).not.toHaveProperty('beginning');
  else expect(file.beginning).toMatchObject(beginning);
  const wants = (beginning as { wants?: number | 'any' } | undefined)?.wants;
  const most = typeof wants === 'number' ? wants : 1;
  expect((model.normalize as { readonly gain: readonly number[] }).gain[0]! * 255).toBeCloseTo(most, 6);
  expect(model.color).toBe((beginning as { color?: string } | undefined)?.color ?? 'rgb');
});

test('a card that scales once more is an error that names both', async () => {
  const begin: Begins[1] = (x) => ({ nodes: chained(x, ['Div', 'a']), weights: [number('a', 255)], last: 's0' });
  for (const flags of [
    { scale: 1 / 255 },
    { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], scale: 1 / 255 },
    { standardize: 'window' },
  ] as const)
    expect((await refused(begun(begin), flags)).message).toMatch(
      /^the flags say (scale|std|standardize) .* but the graph of .* begins with x\/255, which wants samples of 0..255/,
    );
  expect((await opened(begun(begin), { scale: 1 })).model.normalize).toMatchObject({ gain: [1, 1, 1] });
});

test.each<[string, (image: string) => NodeProto[], { out: number; factor?: number }, object | undefined, number | undefined]>([
  [
    'its centre, cut out',
    (x) => [node('Slice', [x, 'from', 'to', 'both'], 'z')],
    { out: 32 },
    { factor: 1, crop: 'centre' },
    16,
  ],
  [
    'a part off the centre, cut out',
    (x) => [node('Slice', [x, 'corner', 'end', 'both'], 'z')],
    { out: 32 },
    { factor: 1, crop: { left: 12, top: 12 } },
    20,
  ],
  [
    'a part near a corner, cut out',
    (x) => [node('Slice', [x, 'near', 'there', 'both'], 'z')],
    { out: 24 },
    { factor: 1, crop: { left: 4, top: 4 } },
    36,
  ],
  [
    'half the pixels',
    (x) => [node('AveragePool', [x], 'z', { kernel_shape: [2n, 2n], strides: [2n, 2n] })],
    { out: 32 },
    undefined,
    undefined,
  ],
  [
    'a quarter',
    (x) => [node('AveragePool', [x], 'z', { kernel_shape: [4n, 4n], strides: [4n, 4n] })],
    { out: 16 },
    undefined,
    undefined,
  ],
  [
    'valid convolutions',
    (x) => [node('Conv', [x, 'box'], 'one'), node('Conv', ['one', 'box'], 'z')],
    { out: 52 },
    { factor: 1, crop: 'centre' },
    6,
  ],
  [
    'half the pixels of the centre',
    (x) => [
      node('Slice', [x, 'from', 'to', 'both'], 'cut'),
      node('AveragePool', ['cut'], 'z', { kernel_shape: [2n, 2n], strides: [2n, 2n] }),
    ],
    { out: 16 },
    { factor: 2, crop: 'centre' },
    16,
  ],
])('scores of %s lie there', async (_, make, { out }, fit, crop) => {
  const next = (n: number) => Math.sin(n * 12.9898) * 0.5;
  const weights = [
    ...Object.entries({ from: 16, to: 48, corner: 12, end: 44, near: 4, there: 28 }).map(([name, at]) =>
      tensor(name, BigInt64Array.of(BigInt(at), BigInt(at))),
    ),
    tensor('both', BigInt64Array.of(2n, 3n)),
    tensor(
      'box',
      Float32Array.from({ length: 9 * 7 * 7 }, (_, i) => 0.02 + 0.01 * next(i)),
      [3, 3, 7, 7],
    ),
  ];
  for (const free of [false, true]) {
    const form = free ? {} : { size };
    const bytes = build({ batch: 1, ...form }, (image) => ({
      nodes: make(image),
      weights,
      scores: 'z',
      channels: 3,
      factor: free ? 1 : 64 / out,
    }));
    const { model, measured } = await opened(bytes, { window: 64 });
    expect(measured.window).toEqual(size);
    expect(model.fit).toEqual(fit);
    expect(model.crop).toBe(crop);
  }
});

test.each([1, 2, 3, 4])(
  'a network that looks at cells of 8 px moves a patch, but its scores are the centre (%i)',
  async (seed) => {
    const next = random(seed);
    const drawn = (name: string, ...dims: number[]) =>
      tensor(
        name,
        Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => next() - 0.5),
        dims,
      );
    const bytes = build({ size: { width: 192, height: 192 }, batch: 1 }, (image) => ({
      weights: [
        drawn('k1', 4, 3, 7, 7),
        drawn('k2', 8, 4, 3, 3),
        drawn('k3', 1, 8, 3, 3),
        tensor('by', Float32Array.of(1, 1, 8, 8)),
        tensor('from', BigInt64Array.of(64n, 64n)),
        tensor('to', BigInt64Array.of(128n, 128n)),
        tensor('both', BigInt64Array.of(2n, 3n)),
      ],
      nodes: [
        node('Conv', [image, 'k1'], 'a', { pads: [3n, 3n, 3n, 3n] }),
        node('AveragePool', ['a'], 'b', { kernel_shape: [8n, 8n], strides: [8n, 8n] }),
        node('Conv', ['b', 'k2'], 'c', { pads: [1n, 1n, 1n, 1n] }),
        node('Relu', ['c'], 'd'),
        node('Conv', ['d', 'k3'], 'e', { pads: [1n, 1n, 1n, 1n] }),
        node('Resize', ['e', '', 'by'], 'f', { mode: 'nearest' }),
        node('Slice', ['f', 'from', 'to', 'both'], 'z'),
      ],
      scores: 'z',
      channels: 1,
      factor: 3,
    }));
    expect((await opened(bytes)).model).toMatchObject({ fit: { factor: 1, crop: 'centre' }, crop: 64 });
  },
);
