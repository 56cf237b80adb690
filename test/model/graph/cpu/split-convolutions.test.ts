import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelBlock } from '../../../../dist/model/devices/channel-block.js';
import { splitConvolutions } from '../../../../dist/model/graph/cpu/split-convolutions.js';
import {
  constant,
  type ModelProto,
  type NodeProto,
  node,
  serializeModel,
  tensor,
  valueInfo,
} from '../../../../dist/model/graph/format/onnx.js';
import { farthest } from '../../run.ts';
import { madeBy, optimized, outputOf, shapeOf, sketch } from './onnxruntime.ts';
import { drawnNetwork, floored, halving } from './random-network.ts';

const dims = [1, 3, 24, 32];
/** Convolutions are split for blocks of 16 here: those of this machine have as many channels, or half as many. */
const block = 16;

/** A U-Net of two levels. What is put beside its skip connection comes first, as in PyTorch, or last. */
function smallUnet(activation = 'Relu', order: 'up' | 'skip' = 'up', image = dims): ModelProto {
  const { add, conv, weight, model } = sketch();
  weight(tensor('twice', Float32Array.of(1, 1, 2, 2)));
  const skip = add(node('Relu', [conv('image', 'first', [3, 16])], 'skip'));
  const small = add(node('MaxPool', [skip], 'small', halving));
  const deep = add(node('Relu', [conv(small, 'deeper', [16, 32])], 'deep'));
  const up = add(node('Resize', [deep, '', 'twice'], 'up', floored));
  add(node('Concat', order === 'up' ? [up, skip] : [skip, up], 'both', { axis: 1n }));
  const last = add(node(activation, [conv('both', 'last', [48, 8])], 'rectified'));
  return model(image, [add(node('Sigmoid', [conv(last, 'logits', [8, 1], 1)], 'scores'))]);
}

const types = ({ graph }: ModelProto) => graph!.node.map(({ opType }) => opType).filter((each) => each !== 'Constant');

/** Where onnxruntime has no blocks, as on some processors, it adds up in another order, and segtile splits nothing. */
const within = (await channelBlock(shapeOf)) > 1 ? 0 : 1e-6;

/** Whether a network is changed. Its scores must be the same, bit for bit. */
async function expectSameBits(build: () => ModelProto, channels = block): Promise<boolean> {
  const model = build();
  const isChanged = splitConvolutions(model, channels);
  expect(farthest(await outputOf(model, dims), await outputOf(build(), dims))).toBeLessThanOrEqual(within);
  return isChanged;
}

describe('splitConvolutions', () => {
  it('a convolution of two tensors becomes two, of which the second adds to the first', () => {
    const model = smallUnet();
    expect(splitConvolutions(model, block)).toBe(true);
    expect(types(model)).not.toContain('Concat');
    const second = madeBy(model, 'last');
    expect([second.opType, second.domain, second.input[0], second.input[2]]).toEqual([
      'FusedConv',
      'com.microsoft',
      'skip',
      'last bias',
    ]);
    const first = madeBy(model, second.input[3]!);
    expect([first.opType, first.input.length, first.input[0]]).toEqual(['Conv', 2, 'up']);
    const kernels = [first, second].map(({ input }) => madeBy(model, input[1]!).attribute[0]!.t!.dims.map(Number));
    expect(kernels).toEqual([
      [8, 32, 3, 3],
      [8, 16, 3, 3],
    ]);
    expect(model.graph!.initializer.map(({ name }) => name)).not.toContain('last kernel');
    expect(splitConvolutions(model, block)).toBe(false);
  });

  it('the weights of each tensor are those that it had', () => {
    const model = smallUnet();
    const floats = (raw: Uint8Array) => new Float32Array(new Uint8Array(raw).buffer);
    const whole = floats(model.graph!.initializer.find(({ name }) => name === 'last kernel')!.rawData);
    splitConvolutions(model, block);
    const second = madeBy(model, 'last');
    const [first, other] = [madeBy(model, second.input[3]!), second].map(({ input }) =>
      floats(madeBy(model, input[1]!).attribute[0]!.t!.rawData),
    ) as [Float32Array, Float32Array];
    for (let output = 0; output < 8; output++) {
      const from = output * 48 * 9;
      expect(first.subarray(output * 32 * 9, (output + 1) * 32 * 9)).toEqual(whole.subarray(from, from + 32 * 9));
      expect(other.subarray(output * 16 * 9, (output + 1) * 16 * 9)).toEqual(whole.subarray(from + 32 * 9, from + 48 * 9));
    }
  });

  it.each(['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh'])(
    'bits are the same with %s behind it, in either order',
    async (activation) => {
      for (const order of ['up', 'skip'] as const) expect(await expectSameBits(() => smallUnet(activation, order))).toBe(true);
    },
  );

  it('onnxruntime computes it in its blocked layout and puts nothing side by side, for images of any size too', async () => {
    if ((await channelBlock(shapeOf)) === 1) return;
    for (const image of [dims, [1, 3, 'height', 'width']]) {
      const model = smallUnet('Relu', 'up', image as number[]);
      splitConvolutions(model, block);
      const { graph } = await optimized(model);
      const convolutions = graph!.node.filter(({ opType }) => opType.endsWith('Conv'));
      expect(convolutions.map(({ domain }) => domain)).toEqual(convolutions.map(() => 'com.microsoft.nchwc'));
      expect(convolutions).toHaveLength(5);
      expect(graph!.node.map(({ opType }) => opType).filter((each) => /Concat|Add|ReorderOutput/.test(each))).toHaveLength(1);
    }
  });

  const also =
    (...nodes: readonly NodeProto[]) =>
    (model: ModelProto) => {
      model.graph!.node.push(...nodes);
    };
  const edited = (output: string, edit: (node: NodeProto) => unknown) => (model: ModelProto) => edit(madeBy(model, output));

  it.each<[string, (model: ModelProto) => unknown]>([
    ['is an output of the graph', ({ graph }) => graph!.output.push(valueInfo('both', 'float32'))],
    ['is taken by something else, too', also(node('Relu', ['both'], 'other'))],
    ['is the weights of the convolution', edited('last', (each) => each.input.splice(1, 1, 'both'))],
    [
      'is taken by a grouped convolution',
      edited('last', (each) => each.attribute.push(...node('', [], '', { group: 2n }).attribute)),
    ],
    ['is taken by a convolution of another domain', edited('last', (each) => Object.assign(each, { domain: 'com.example' }))],
    ['is taken by a kernel of one pixel', (model) => onePixel(model)],
    ['lies along the height', edited('both', (each) => Object.assign(each.attribute[0]!, { i: 2n }))],
    ['holds a tensor that does not come in blocks', edited('both', (each) => each.input.push('image'))],
    [
      'holds two tensors that do not come in blocks',
      (model) => {
        transposed(model);
        madeBy(model, 'both').input.push('up');
        reweighted(model, [8, 80, 3, 3]);
      },
    ],
    ['has one part', edited('both', (each) => each.input.splice(1, 1))],
    ['goes nowhere', edited('last', (each) => each.input.splice(0, 1, 'up'))],
    ['is convolved to an output', ({ graph }) => graph!.output.push(valueInfo('last', 'float32'))],
    ['is normalised behind the convolution', also(node('BatchNormalization', ['last', 'a', 'b', 'c', 'd'], 'normal'))],
    ['is multiplied behind the convolution', also(node('Mul', ['last', 'last'], 'square'))],
    ['may be taken by a subgraph', edited('up', (each) => Object.assign(each.attribute[0]!, { type: 5 }))],
    ['has weights that a user can replace', ({ graph }) => graph!.input.push(valueInfo('last kernel', 'float32'))],
  ])('a concatenation stays that %s', (_, change) => {
    const model = smallUnet();
    change(model);
    const before = serializeModel(model);
    expect(splitConvolutions(model, block)).toBe(false);
    expect(serializeModel(model)).toEqual(before);
  });

  it('nothing is split where parts do not fill blocks, or where there are none', () => {
    for (const channels of [1, 32, 64]) expect(splitConvolutions(smallUnet(), channels)).toBe(false);
  });

  it.each<[string, (model: ModelProto) => unknown]>([
    ['has no bias', edited('last', (each) => each.input.pop())],
    ['is taken by a convolution with holes', reshaped({ dilations: [2n, 2n], pads: [2n, 2n, 2n, 2n] })],
    ['is taken by a convolution that shrinks it', reshaped({ strides: [2n, 2n], auto_pad: 'SAME_UPPER' })],
    ['is taken by two convolutions', also(...twin())],
    ['goes into another concatenation', also(node('Concat', ['last', 'skip'], 'more', { axis: 1n }))],
    ['has three parts', threeParts],
    ['has the same part twice', sameTwice],
    ['is made of old words', ({ opsetImport }) => Object.assign(opsetImport[0]!, { version: 13n })],
    ['has weights of a Constant node', constantWeights],
    ['holds what a transposed convolution gives', transposed],
  ])('a concatenation is split that %s', async (_, change) => {
    const build = () => {
      const model = smallUnet();
      change(model);
      return model;
    };
    expect(await expectSameBits(build)).toBe(true);
  });
});

function kernelOf(model: ModelProto) {
  return model.graph!.initializer.find(({ name }) => name === 'last kernel')!;
}

/** Gives the last convolution other weights. */
function reweighted(model: ModelProto, shape: readonly number[]): void {
  const length = shape.reduce((a, b) => a * b);
  const values = Float32Array.from({ length }, (_, i) => Math.sin(i) / 8);
  Object.assign(kernelOf(model), tensor('last kernel', values, shape));
}

function onePixel(model: ModelProto): void {
  reweighted(model, [8, 48, 1, 1]);
  madeBy(model, 'last').attribute = [];
}

function threeParts(model: ModelProto): void {
  reweighted(model, [8, 80, 3, 3]);
  madeBy(model, 'both').input.push('up');
}

function sameTwice(model: ModelProto): void {
  reweighted(model, [8, 64, 3, 3]);
  madeBy(model, 'both').input.push('skip');
}

function reshaped(attributes: Parameters<typeof node>[3]): (model: ModelProto) => unknown {
  return (model) => Object.assign(madeBy(model, 'last'), { attribute: node('Conv', [], '', attributes).attribute });
}

/** Enlarges by a transposed convolution, which onnxruntime computes outside of its blocks. */
function transposed(model: ModelProto): void {
  const values = Float32Array.from({ length: 32 * 32 * 4 }, (_, i) => Math.cos(i) / 16);
  model.graph!.initializer.push(tensor('wide kernel', values, [32, 32, 2, 2]));
  Object.assign(madeBy(model, 'up'), node('ConvTranspose', ['deep', 'wide kernel'], 'up', { strides: [2n, 2n] }));
}

function twin(): readonly NodeProto[] {
  const other = node('Conv', ['both', 'last kernel'], 'other', { pads: [1n, 1n, 1n, 1n] });
  return [other, node('Tanh', ['other'], 'bent'), node('ReduceMean', ['bent'], 'mean')];
}

function constantWeights(model: ModelProto): void {
  const values = new Float32Array(new Uint8Array(kernelOf(model).rawData).buffer);
  model.graph!.initializer = model.graph!.initializer.filter(({ name }) => name !== 'last kernel');
  model.graph!.node.unshift(constant('last kernel', values, [8, 48, 3, 3]));
}

it('random networks give the same bits with and without splitting', async () => {
  let changed = 0;
  const here = await channelBlock(shapeOf);
  const given = [fc.integer(), fc.infiniteStream(fc.nat())] as const;
  await fc.assert(
    fc.asyncProperty(...given, async (seed, numbers) => {
      if (await expectSameBits(drawnNetwork(dims, seed, numbers), here)) changed++;
    }),
    { seed: 7, numRuns: 400 },
  );
  if (here > 1) expect(changed).toBeGreaterThan(20);
});
