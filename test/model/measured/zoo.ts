import { type NodeProto, node, tensor } from '../../../dist/model/graph/format/onnx.js';
import { build, type Form, random } from '../networks.ts';

/** What a network's scores are, as its maker knows. */
export type Truth = 'logits' | 'sigmoid' | 'softmax' | 'log-softmax' | 'other';

type Weights = ReturnType<typeof tensor>[];

/** Nodes and weights that make logits of an image, and how sure they are of themselves. */
interface Trunk {
  /** Whether it tells things apart as a trained network does, with logits on both sides of 0. */
  readonly trained: boolean;
  make(image: string, logits: string, channels: number, weights: Weights): NodeProto[];
}

/** What is put behind a trunk's logits `z`, and what it makes of them. */
interface Head {
  readonly truth: Truth;
  /** How many channels of logits it takes; one network is made for each. */
  readonly channels: readonly number[];
  /** Channels that it gives. */
  readonly gives?: (channels: number) => number;
  make(z: string, weights: Weights, channels: number): NodeProto[];
}

function convolution(seed: number, gain: number, bias: number, deep: boolean): Trunk['make'] {
  return (image, logits, channels, weights) => {
    const next = random(seed);
    const kernel = (name: string, to: number, from: number, side: number, scale: number) =>
      weights.push(
        tensor(
          name,
          Float32Array.from({ length: to * from * side * side }, () => scale * (next() - 0.5)),
          [to, from, side, side],
        ),
      );
    weights.push(
      tensor(
        `${logits} bias`,
        Float32Array.from({ length: channels }, (_, c) => bias + c * 0.1),
      ),
    );
    const pads = { pads: [1n, 1n, 1n, 1n] };
    if (!deep) {
      kernel(`${logits} kernel`, channels, 3, 3, gain);
      return [node('Conv', [image, `${logits} kernel`, `${logits} bias`], logits, pads)];
    }
    kernel(`${logits} first`, 8, 3, 3, 2);
    kernel(`${logits} kernel`, channels, 8, 3, gain);
    return [
      node('Conv', [image, `${logits} first`], `${logits} features`, pads),
      node('Relu', [`${logits} features`], `${logits} relu`),
      node('Conv', [`${logits} relu`, `${logits} kernel`, `${logits} bias`], logits, pads),
    ];
  };
}

export const trunks: Readonly<Record<string, Trunk>> = {
  shallow: { trained: true, make: convolution(3, 8, 0.3, false) },
  deep: { trained: true, make: convolution(5, 6, -0.5, true) },
  sharp: { trained: true, make: convolution(7, 80, 2, false) },
  rare: { trained: true, make: convolution(11, 4, -6, true) },
  timid: { trained: false, make: convolution(13, 0.02, 0, false) },
  faint: { trained: false, make: convolution(17, 0.3, 0.2, true) },
};

const number = (weights: Weights, value: number): string => {
  const name = `number ${value}`;
  if (weights.every((each) => each.name !== name)) weights.push(tensor(name, Float32Array.of(value), []));
  return name;
};
const whole = (weights: Weights, ...values: number[]): string => {
  const name = `whole ${values}`;
  if (weights.every((each) => each.name !== name)) weights.push(tensor(name, BigInt64Array.from(values.map(BigInt))));
  return name;
};
const parts = (z: string, channels: number) => Array.from({ length: channels }, (_, c) => `${z} part ${c}`);

/** Cuts a tensor into its channels; a node with several outputs. */
function split(z: string, channels: number): NodeProto {
  const made = node('Split', [z], `${z} part 0`, { axis: 1n });
  made.output = parts(z, channels);
  return made;
}

const sigmoid = (z: string, out = 'end') => [node('Sigmoid', [z], out)];
const softmax = (z: string, out = 'end') => [node('Softmax', [z], out, { axis: 1n })];
const expSigmoid = (z: string, w: Weights, out = 'end') => [
  node('Neg', [z], `${out} negative`),
  node('Exp', [`${out} negative`], `${out} power`),
  node('Add', [number(w, 1), `${out} power`], `${out} sum`),
  node('Div', [number(w, 1), `${out} sum`], out),
];
const enlarged = (from: string, w: Weights, mode: string, out = 'end') => {
  w.push(tensor('scales', Float32Array.of(1, 1, 2, 2)), tensor('halves', Float32Array.of(1, 1, 0.5, 0.5)));
  return [
    node('Resize', [from, '', 'halves'], `${out} small`, { mode: 'nearest' }),
    node('Resize', [`${out} small`, '', 'scales'], out, { mode }),
  ];
};
const any = [1, 3] as const;
const many = [2, 4] as const;
const one = () => 1;

/** Logits of another little convolution on the same logits. */
function second(z: string, w: Weights, channels: number, out: string): NodeProto {
  const next = random(29);
  w.push(
    tensor(
      `${out} kernel`,
      Float32Array.from({ length: channels * channels }, () => 3 * (next() - 0.5)),
      [channels, channels, 1, 1],
    ),
  );
  return node('Conv', [z, `${out} kernel`], out);
}

export const heads: Readonly<Record<string, Head>> = {
  raw: { truth: 'logits', channels: any, make: (z) => [node('Identity', [z], 'end')] },
  'raw, turned': {
    truth: 'logits',
    channels: any,
    make: (z) => [
      node('Transpose', [z], 'last', { perm: [0n, 2n, 3n, 1n] }),
      node('Transpose', ['last'], 'end', { perm: [0n, 3n, 1n, 2n] }),
    ],
  },
  'raw, resized': { truth: 'logits', channels: any, make: (z, w) => enlarged(z, w, 'linear') },
  'raw, with a temperature': {
    truth: 'logits',
    channels: any,
    make: (z, w) => [node('Div', [z, number(w, 1.5)], 'cool'), node('Add', ['cool', number(w, 0.1)], 'end')],
  },
  'raw, of two heads': {
    truth: 'logits',
    channels: [1, 2],
    gives: (channels) => 2 * channels,
    make: (z, w, c) => [second(z, w, c, 'other'), node('Concat', [z, 'other'], 'end', { axis: 1n })],
  },
  'raw, sum of two heads': {
    truth: 'logits',
    channels: any,
    make: (z, w, c) => [second(z, w, c, 'other'), node('Add', [z, 'other'], 'end')],
  },
  'raw, split and joined': {
    truth: 'logits',
    channels: [3],
    make: (z, _, c) => [split(z, c), node('Concat', [...parts(z, c)].reverse(), 'end', { axis: 1n })],
  },
  'raw, plus what is bounded': {
    truth: 'logits',
    channels: any,
    make: (z) => [node('Tanh', [z], 'bounded'), node('Add', [z, 'bounded'], 'end')],
  },
  Sigmoid: { truth: 'sigmoid', channels: any, make: (z) => sigmoid(z) },
  'Sigmoid, resized': { truth: 'sigmoid', channels: any, make: (z, w) => [...sigmoid(z, 'p'), ...enlarged('p', w, 'linear')] },
  '1 / (1 + exp(-z))': { truth: 'sigmoid', channels: any, make: (z, w) => expSigmoid(z, w) },
  'exp(z) / (1 + exp(z))': {
    truth: 'sigmoid',
    channels: any,
    make: (z, w) => [
      node('Exp', [z], 'power'),
      node('Add', ['power', number(w, 1)], 'sum'),
      node('Div', ['power', 'sum'], 'end'),
    ],
  },
  'tanh(z / 2) / 2 + 1 / 2': {
    truth: 'sigmoid',
    channels: any,
    make: (z, w) => [
      node('Mul', [z, number(w, 0.5)], 'half'),
      node('Tanh', ['half'], 't'),
      node('Mul', ['t', number(w, 0.5)], 'halved'),
      node('Add', ['halved', number(w, 0.5)], 'end'),
    ],
  },
  'Where, stable': {
    truth: 'sigmoid',
    channels: any,
    make: (z, w) => [
      node('Exp', [z], 'power'),
      node('Add', ['power', number(w, 1)], 'more'),
      node('Div', ['power', 'more'], 'left'),
      ...expSigmoid(z, w, 'right'),
      node('Less', [z, number(w, 0)], 'below'),
      node('Where', ['below', 'left', 'right'], 'end'),
    ],
  },
  HardSigmoid: { truth: 'sigmoid', channels: any, make: (z) => [node('HardSigmoid', [z], 'end')] },
  'Clip(z / 5 + 1 / 2)': {
    truth: 'sigmoid',
    channels: any,
    make: (z, w) => [
      node('Mul', [z, number(w, 0.2)], 'slope'),
      node('Add', ['slope', number(w, 0.5)], 'line'),
      node('Clip', ['line', number(w, 0), number(w, 1)], 'end'),
    ],
  },
  'mean of two sigmoids': {
    truth: 'sigmoid',
    channels: any,
    make: (z, w, c) => [
      second(z, w, c, 'other'),
      ...sigmoid(z, 'p'),
      ...sigmoid('other', 'q'),
      node('Add', ['p', 'q'], 'both'),
      node('Mul', ['both', number(w, 0.5)], 'end'),
    ],
  },
  'two sigmoids joined': {
    truth: 'sigmoid',
    channels: [1, 2],
    gives: (channels) => 2 * channels,
    make: (z, w, c) => [
      second(z, w, c, 'other'),
      ...sigmoid(z, 'p'),
      ...sigmoid('other', 'q'),
      node('Concat', ['p', 'q'], 'end', { axis: 1n }),
    ],
  },
  '1 - sigmoid': {
    truth: 'sigmoid',
    channels: any,
    make: (z, w) => [...sigmoid(z, 'p'), node('Sub', [number(w, 1), 'p'], 'end')],
  },
  'product of sigmoids': {
    truth: 'sigmoid',
    channels: any,
    make: (z, w, c) => [second(z, w, c, 'other'), ...sigmoid(z, 'p'), ...sigmoid('other', 'q'), node('Mul', ['p', 'q'], 'end')],
  },
  'largest sigmoid': {
    truth: 'sigmoid',
    channels: [3],
    gives: one,
    make: (z) => [...sigmoid(z, 'p'), node('ReduceMax', ['p'], 'end', { axes: [1n] })],
  },
  'sigmoid, blurred by a fixed kernel': {
    truth: 'sigmoid',
    channels: [1],
    make: (z, w) => {
      w.push(tensor('blur', new Float32Array(9).fill(1 / 9), [1, 1, 3, 3]));
      return [...sigmoid(z, 'p'), node('Conv', ['p', 'blur'], 'end', { pads: [1n, 1n, 1n, 1n] })];
    },
  },
  'sigmoid, a head a class': {
    truth: 'sigmoid',
    channels: [3],
    make: (z, _, c) => [
      split(z, c),
      ...parts(z, c).map((part) => node('Sigmoid', [part], `${part} p`)),
      node(
        'Concat',
        parts(z, c).map((part) => `${part} p`),
        'end',
        { axis: 1n },
      ),
    ],
  },
  Softmax: { truth: 'softmax', channels: many, make: (z) => softmax(z) },
  'exp / sum of exp': {
    truth: 'softmax',
    channels: many,
    make: (z, w) => [
      node('Exp', [z], 'power'),
      node('ReduceSum', ['power', whole(w, 1)], 'sum'),
      node('Div', ['power', 'sum'], 'end'),
    ],
  },
  'softmax in parts, stable': {
    truth: 'softmax',
    channels: many,
    make: (z, w) => [
      node('ReduceMax', [z], 'top', { axes: [1n] }),
      node('Sub', [z, 'top'], 'below'),
      node('Exp', ['below'], 'power'),
      node('ReduceSum', ['power', whole(w, 1)], 'sum'),
      node('Div', ['power', 'sum'], 'end'),
    ],
  },
  'softmax, channels last': {
    truth: 'softmax',
    channels: many,
    make: (z) => [
      node('Transpose', [z], 'last', { perm: [0n, 2n, 3n, 1n] }),
      node('Softmax', ['last'], 'p', { axis: 3n }),
      node('Transpose', ['p'], 'end', { perm: [0n, 3n, 1n, 2n] }),
    ],
  },
  'exp(log-softmax)': {
    truth: 'softmax',
    channels: many,
    make: (z) => [node('LogSoftmax', [z], 'logs', { axis: 1n }), node('Exp', ['logs'], 'end')],
  },
  'mean of two softmaxes': {
    truth: 'softmax',
    channels: many,
    make: (z, w, c) => [
      second(z, w, c, 'other'),
      ...softmax(z, 'p'),
      ...softmax('other', 'q'),
      node('Mean', ['p', 'q'], 'end'),
    ],
  },
  'softmax, resized': { truth: 'softmax', channels: many, make: (z, w) => [...softmax(z, 'p'), ...enlarged('p', w, 'linear')] },
  'p beside 1 - p': {
    truth: 'softmax',
    channels: [1],
    gives: () => 2,
    make: (z, w) => [
      ...sigmoid(z, 'p'),
      node('Sub', [number(w, 1), 'p'], 'rest'),
      node('Concat', ['rest', 'p'], 'end', { axis: 1n }),
    ],
  },
  'softmax in 255 steps': {
    truth: 'softmax',
    channels: many,
    make: (z, w) => [
      ...softmax(z, 'p'),
      node('Mul', ['p', number(w, 255)], 'much'),
      node('Round', ['much'], 'steps'),
      node('Div', ['steps', number(w, 255)], 'end'),
    ],
  },
  'softmax without its background': {
    truth: 'sigmoid',
    channels: [4],
    gives: () => 3,
    make: (z, w) => [...softmax(z, 'p'), node('Slice', ['p', whole(w, 1), whole(w, 4), whole(w, 1)], 'end')],
  },
  LogSoftmax: { truth: 'log-softmax', channels: many, make: (z) => [node('LogSoftmax', [z], 'end', { axis: 1n })] },
  'z - log of the sum of exp': {
    truth: 'log-softmax',
    channels: many,
    make: (z) => [node('ReduceLogSumExp', [z], 'all', { axes: [1n] }), node('Sub', [z, 'all'], 'end')],
  },
  'tanh, trained on -1 and 1': { truth: 'other', channels: any, make: (z) => [node('Tanh', [z], 'end')] },
  'sigmoid, resized by cubics': {
    truth: 'sigmoid',
    channels: [1],
    make: (z, w) => [...sigmoid(z, 'p'), ...enlarged('p', w, 'cubic')],
  },
  'sigmoid beside logits': {
    truth: 'other',
    channels: [1],
    gives: () => 2,
    make: (z) => [...sigmoid(z, 'p'), node('Concat', ['p', z], 'end', { axis: 1n })],
  },
  'a distance, by Relu': { truth: 'other', channels: [1], make: (z) => [node('Relu', [z], 'end')] },
  'labels, rounded': {
    truth: 'other',
    channels: [1],
    make: (z) => [node('Relu', [z], 'some'), node('Ceil', ['some'], 'end')],
  },
};

/** Side of the windows of these networks, in px. */
export const side = 32;

/** The bytes of a trunk with a head behind it. */
export function zooNetwork(trunk: Trunk, head: Head, channels: number, form: Form = {}): Uint8Array {
  return build({ size: { width: side, height: side }, opset: 17, batch: 1, ...form }, (image) => {
    const weights: Weights = [];
    const nodes = [...trunk.make(image, 'z', channels, weights), ...head.make('z', weights, channels)];
    return { nodes, weights, scores: 'end', channels: head.gives?.(channels) ?? channels };
  });
}
