import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelBlock } from '../../../../dist/model/devices/channel-block.js';
import { widenSkips } from '../../../../dist/model/graph/cpu/widen-skips.js';
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
import { madeBy, outputOf, shapeOf, sketch } from './onnxruntime.ts';
import { drawnNetwork, floored, halving } from './random-network.ts';

const dims = [1, 3, 24, 32];

/** A U-Net of two levels whose skip connection has few channels, and 16 beside them. */
function narrowUnet(narrow = 8): ModelProto {
  const { add, conv, weight, model } = sketch();
  weight(tensor('twice', Float32Array.of(1, 1, 2, 2)));
  const skip = add(node('Relu', [conv('image', 'first', [3, narrow])], 'skip'));
  const small = add(node('MaxPool', [skip], 'small', halving));
  const deep = add(node('Relu', [conv(small, 'deeper', [narrow, 16])], 'deep'));
  const up = add(node('Resize', [deep, '', 'twice'], 'up', floored));
  add(node('Concat', [up, skip], 'both', { axis: 1n }));
  return model(dims, [conv('both', 'last', [16 + narrow, 5])]);
}

/** How many inputs and outputs a convolution has by its weights, which may be those of an initializer or of a node. */
function channelsOf(model: ModelProto, output: string): readonly number[] {
  const [, kernel] = madeBy(model, output).input;
  const { initializer } = model.graph!;
  const weights = initializer.find(({ name }) => name === kernel) ?? madeBy(model, kernel!).attribute[0]!.t!;
  const [to, from] = weights.dims.map(Number);
  return [from!, to!];
}

/** Whether a network is widened. Its scores must be the same but for rounding. */
async function expectSame(made: () => ModelProto, block: number, within = 1e-6): Promise<boolean> {
  const model = made();
  const isChanged = widenSkips(model, block);
  expect(farthest(await outputOf(model, dims), await outputOf(made(), dims))).toBeLessThanOrEqual(within);
  return isChanged;
}

describe('widenSkips', () => {
  it('fills a skip connection up to a block of zeros, which the concatenation takes', async () => {
    const model = narrowUnet();
    expect(widenSkips(model, 16)).toBe(true);
    expect(channelsOf(model, 'first')).toEqual([3, 16]);
    expect(channelsOf(model, 'deeper')).toEqual([8, 16]);
    expect(channelsOf(model, 'last')).toEqual([32, 5]);
    expect(model.graph!.initializer.map(({ name }) => name)).not.toContain('first kernel');
    expect(widenSkips(model, 16)).toBe(false);
  });

  it('gives the same scores, and the same bits where the new channels come last and blocks are those of the machine', async () => {
    const here = await channelBlock(shapeOf);
    for (const block of [8, 16])
      for (const narrow of [4, 8, 12, 20, 24]) {
        const isChanged = await expectSame(() => narrowUnet(narrow), block, block === here ? 0 : 1e-6);
        expect([block, narrow, isChanged]).toEqual([block, narrow, narrow % block !== 0]);
      }
  });

  it.each([
    [8, 8],
    [8, 4],
    [16, 16],
    [8, 1],
    [3, 16],
    [10, 16],
  ])('%i channels stay where a block has %i: they fill it, or are no multiple of 4', (narrow, block) => {
    const model = narrowUnet(narrow);
    const before = serializeModel(model);
    expect(widenSkips(model, block)).toBe(false);
    expect(serializeModel(model)).toEqual(before);
  });

  const also =
    (...nodes: readonly NodeProto[]) =>
    (model: ModelProto) => {
      model.graph!.node.push(...nodes);
    };
  const edited = (output: string, edit: (made: NodeProto) => unknown) => (model: ModelProto) => edit(madeBy(model, output));
  const weights = (name: string, edit: (kernel: ReturnType<typeof tensor>) => unknown) => (model: ModelProto) =>
    edit(model.graph!.initializer.find((each) => each.name === name)!);
  const grouped = (made: NodeProto) => made.attribute.push(...node('Conv', [], '', { group: 2n }).attribute);
  const shape = node('Shape', ['skip'], 'shape');

  it.each<[string, (model: ModelProto) => unknown]>([
    ['is an output of the graph', ({ graph }) => graph!.output.push(valueInfo('skip', 'float32'))],
    ['is part of an output', ({ graph }) => graph!.output.push(valueInfo('both', 'float32'))],
    ['is pooled to an output', ({ graph }) => graph!.output.push(valueInfo('small', 'float32'))],
    ['is made by a grouped convolution', edited('first', grouped)],
    ['is concatenated for a grouped convolution', edited('last', grouped)],
    ['is taken by a convolution of another domain', edited('deeper', (made) => Object.assign(made, { domain: 'com.example' }))],
    ['has weights that a user can replace', ({ graph }) => graph!.input.push(valueInfo('first kernel', 'float32'))],
    ['has a bias that a user can replace', ({ graph }) => graph!.input.push(valueInfo('first bias', 'float32'))],
    ['goes to weights that a user can replace', ({ graph }) => graph!.input.push(valueInfo('last kernel', 'float32'))],
    ['has weights in half precision', weights('first kernel', (kernel) => Object.assign(kernel, { dataType: 10 }))],
    ['has weights in a file of their own', weights('first kernel', (kernel) => Object.assign(kernel, { dataLocation: 1 }))],
    [
      'goes to weights in a file of their own',
      weights('deeper kernel', (kernel) => Object.assign(kernel, { dataLocation: 1 })),
    ],
    [
      'has weights that are computed',
      (model) => {
        model.graph!.node.unshift(node('Relu', ['first kernel'], 'positive'));
        madeBy(model, 'first').input[1] = 'positive';
      },
    ],
    ['is the weights of a convolution too', also(node('Conv', ['deep', 'skip'], 'odd'))],
    ['is added to another tensor', also(node('Add', ['skip', 'skip'], 'sum'))],
    ['is normalised', also(node('BatchNormalization', ['skip', 'a', 'b', 'c', 'd'], 'normal'))],
    ['is averaged over its channels', also(node('ReduceMean', ['skip'], 'mean', { axes: [1n] }))],
    ['is pooled with the places of the largest', edited('small', (made) => made.output.push('places'))],
    ['is enlarged to given sizes', also(node('Resize', ['skip', '', '', 'sizes'], 'large', floored))],
    ['is the sizes of an enlargement', also(node('Resize', ['deep', '', '', 'skip'], 'large', floored))],
    [
      'has a shape that is an output',
      (model) => {
        also(shape)(model);
        model.graph!.output.push(valueInfo('shape', 'int64'));
      },
    ],
    ['has a shape that is used as a whole', also(shape, node('Reshape', ['image', 'shape'], 'again'))],
    [
      'has a shape of which the channels are used',
      also(shape, constant('one', BigInt64Array.of(1n)), node('Gather', ['shape', 'one'], 'count')),
    ],
    [
      'has a shape of which the first two sizes are used',
      also(
        shape,
        constant('from', BigInt64Array.of(0n)),
        constant('to', BigInt64Array.of(2n)),
        node('Slice', ['shape', 'from', 'to'], 'sizes'),
      ),
    ],
    ['has a shape that is read from the channels on', also(node('Shape', ['skip'], 'shape', { start: 1n }))],
    ['is used by a subgraph, or may be', edited('up', (made) => Object.assign(made.attribute[0]!, { type: 5 }))],
    ['lies below the other', edited('both', (made) => Object.assign(made.attribute[0]!, { i: 2n }))],
    ['is concatenated twice', edited('both', (made) => made.input.push('skip'))],
    ['lies beside the image, which comes in no blocks', edited('both', (made) => made.input.splice(0, 1, 'image'))],
    [
      'lies beside what onnxruntime computes outside of its blocks',
      edited('up', (made) => Object.assign(made, { opType: 'ConvTranspose' })),
    ],
    ['goes through an activation that is behind the concatenation', also(node('Relu', ['both'], 'rectified'))],
    ['goes nowhere', edited('last', (made) => made.input.splice(0, 1, 'up'))],
  ])('a skip connection stays that %s', (_, change) => {
    const model = narrowUnet();
    change(model);
    const before = serializeModel(model);
    expect(widenSkips(model, 16)).toBe(false);
    expect(serializeModel(model)).toEqual(before);
  });

  it.each<[string, (model: ModelProto) => unknown]>([
    [
      'weights that old files list among the inputs',
      (model) => {
        model.irVersion = 3n;
        for (const { name } of model.graph!.initializer) model.graph!.input.push(valueInfo(name, 'float32'));
      },
    ],
    [
      'weights of Constant nodes',
      (model) => {
        const kernel = model.graph!.initializer.find(({ name }) => name === 'first kernel')!;
        model.graph!.initializer = model.graph!.initializer.filter((each) => each !== kernel);
        model.graph!.node.unshift(
          constant('first kernel', new Float32Array(new Uint8Array(kernel.rawData).buffer), [8, 3, 3, 3]),
        );
      },
    ],
    ['no bias', edited('first', (made) => made.input.pop())],
    [
      'height and width that are used',
      also(
        shape,
        constant('which', BigInt64Array.of(2n, -1n)),
        node('Gather', ['shape', 'which'], 'sides'),
        node('Cast', ['sides'], 'floats', { to: 1n }),
      ),
    ],
    [
      'the last sizes that are used',
      also(
        shape,
        constant('from', BigInt64Array.of(2n)),
        constant('to', BigInt64Array.of(4n)),
        node('Slice', ['shape', 'from', 'to'], 'sizes'),
        node('Shape', ['skip'], 'behind', { start: 2n }),
      ),
    ],
    [
      'another convolution that takes it at once',
      ({ graph }) => {
        graph!.node.push(node('Conv', ['skip', 'deeper kernel'], 'beside'), node('Sigmoid', ['beside'], 'score'));
      },
    ],
    [
      'a grouped convolution that takes it',
      ({ graph }) => {
        graph!.initializer.push(tensor('halves', new Float32Array(6 * 4), [6, 4, 1, 1]));
        graph!.node.push(node('Conv', ['skip', 'halves'], 'beside', { group: 2n }));
      },
    ],
  ])('one is widened that has %s', async (_, change) => {
    const made = () => {
      const model = narrowUnet();
      change(model);
      return model;
    };
    expect(await expectSame(made, 16)).toBe(true);
  });

  it('convolutions that take more than a block are widened too, but not others that share their weights', async () => {
    const made = () => {
      const { add, conv, model } = sketch();
      const skip = conv('image', 'first', [3, 24]);
      const wide = conv('image', 'wide', [3, 16]);
      const other = conv('image', 'other', [3, 24]);
      const both = add(node('Concat', [skip, wide], 'both', { axis: 1n }));
      const taken = conv(both, 'taken', [40, 4]);
      const one = conv(skip, 'one', [24, 4]);
      const two = add(node('Conv', [other, 'one kernel', 'one bias'], 'two', { pads: [1n, 1n, 1n, 1n] }));
      return model(dims, [add(node('Sum', [taken, one, two], 'sum'))]);
    };
    const model = made();
    expect(widenSkips(model, 16)).toBe(true);
    expect(['first', 'taken', 'one', 'two'].map((output) => channelsOf(model, output))).toEqual([
      [3, 32],
      [48, 4],
      [32, 4],
      [24, 4],
    ]);
    expect(model.graph!.initializer.map(({ name }) => name)).toContain('one kernel');
    expect(await expectSame(made, 16)).toBe(true);
  });
});

it('random networks give the same scores with and without widening', async () => {
  let widened = 0;
  const given = [fc.integer(), fc.constantFrom(8, 16), fc.infiniteStream(fc.nat())] as const;
  await fc.assert(
    fc.asyncProperty(...given, async (seed, block, numbers) => {
      if (await expectSame(drawnNetwork(dims, seed, numbers), block)) widened++;
    }),
    { seed: 7, numRuns: 400 },
  );
  expect(widened).toBeGreaterThan(50);
});
