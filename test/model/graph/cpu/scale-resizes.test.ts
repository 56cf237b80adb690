import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scaleResizes } from '../../../../dist/model/graph/cpu/scale-resizes.js';
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
import { madeBy, optimized, outputOf, sketch } from './onnxruntime.ts';
import { floored } from './random-network.ts';

/** How a plane is made smaller: by a convolution or a pool, whose pads are those of both ends of an axis. */
interface Step {
  readonly opType: 'Conv' | 'MaxPool' | 'AveragePool';
  readonly side: number;
  readonly stride: number;
  readonly pads: readonly [number, number];
  readonly isUp: boolean;
}

const pool: Step = { opType: 'MaxPool', side: 2, stride: 2, pads: [0, 0], isUp: false };
const free = [1, 3, 'height', 'width'] as unknown as readonly number[];

/** A U-Net for images of any size, that enlarges to the size of what is put beside, as PyTorch exports it. */
function sizedUnet(steps: readonly Step[], enlarging: Parameters<typeof node>[3] = floored): ModelProto {
  const { add, conv, weight, model } = sketch();
  const bounds = [0n, 2n, 4n].map((value) => tensor(`at ${value}`, BigInt64Array.of(value)));
  weight(...bounds);
  const part = (name: string, from: number, to: number, output: string) =>
    add(node('Slice', [add(node('Shape', [name], `${output} shape`)), `at ${from}`, `at ${to}`], output));
  const skips: string[] = [];
  let deepest = steps.reduce((from, { opType, side, stride, pads: [begin, end], isUp }, level) => {
    const skip = add(node('Relu', [conv(from, `level ${level}`, [level === 0 ? 3 : 16, 16])], `skip ${level}`));
    skips.push(skip);
    const all = [begin, begin, end, end].map(BigInt);
    const lengths = { kernel_shape: [BigInt(side), BigInt(side)], strides: [BigInt(stride), BigInt(stride)], pads: all };
    const down = `down ${level}`;
    if (opType !== 'Conv') return add(node(opType, [skip], down, { ...lengths, ceil_mode: isUp ? 1n : 0n }));
    conv(skip, down, [16, 16], side, stride);
    const made = node('Conv', [], '', lengths).attribute;
    madeBy(model(free, [down]), down).attribute = made;
    return down;
  }, 'image');
  for (const [level, skip] of [...skips.entries()].reverse()) {
    const sizes = [part(deepest, 0, 2, `whole ${level}`), part(skip, 2, 4, `sides ${level}`)];
    const all = add(node('Concat', sizes, `sizes ${level}`, { axis: 0n }));
    const up = add(node('Resize', [deepest, '', '', all], `up ${level}`, enlarging));
    const both = add(node('Concat', [up, skip], `both ${level}`, { axis: 1n }));
    deepest = add(node('Relu', [conv(both, `joined ${level}`, [32, 16])], `out ${level}`));
  }
  return model(free, [add(node('Sigmoid', [conv(deepest, 'logits', [16, 1], 1)], 'scores'))]);
}

const factors = ({ graph }: ModelProto): readonly (number | undefined)[] =>
  graph!.node.flatMap(({ opType, input }) => {
    if (opType !== 'Resize') return [];
    const scales = graph!.node.find(({ output }) => output[0] === input[2])?.attribute[0]?.t;
    return [scales && new Float32Array(new Uint8Array(scales.rawData).buffer)[3]!];
  });

describe('scaleResizes', () => {
  it('sizes become factors, and what measured them goes', () => {
    const model = sizedUnet([pool, { ...pool, side: 4, stride: 4 }]);
    expect(scaleResizes(model, 'image', 16)).toBe(true);
    expect(factors(model)).toEqual([4, 2]);
    expect(model.graph!.node.map(({ opType }) => opType)).not.toContain('Shape');
    expect(scaleResizes(model, 'image', 16)).toBe(false);
  });

  it.each([
    ['nearest', floored, 0],
    ['linear', { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }, 1e-6],
  ])('scores are the same for all images in step (%s)', async (_, enlarging, within) => {
    const build = () => sizedUnet([pool, pool], enlarging);
    const model = build();
    expect(scaleResizes(model, 'image', 4)).toBe(true);
    for (const [height, width] of [
      [4, 4],
      [16, 36],
      [20, 12],
    ] as const) {
      const dims = [1, 3, height, width];
      expect(farthest(await outputOf(model, dims), await outputOf(build(), dims))).toBeLessThanOrEqual(within);
    }
  });

  it('onnxruntime then keeps its blocked layout for images of any size', async () => {
    const layouts = async (model: ModelProto) =>
      (await optimized(model)).graph!.node.filter(({ opType }) => /Resize|Upsample/.test(opType)).map(({ domain }) => domain);
    const model = sizedUnet([pool]);
    const before = await layouts(sizedUnet([pool]));
    scaleResizes(model, 'image', 2);
    const isBlocked = (await optimized(model)).graph!.node.some(({ domain }) => domain === 'com.microsoft.nchwc');
    expect([before, await layouts(model)]).toEqual([[''], [isBlocked ? 'com.microsoft.nchwc' : '']]);
  });

  it('sizes stay where the sides of images need not be multiples of all strides', () => {
    const model = sizedUnet([pool, pool]);
    expect(scaleResizes(model, 'image', 2)).toBe(true);
    expect(factors(model)).toEqual([undefined, 2]);
    for (const step of [1, 3, 5]) expect(scaleResizes(sizedUnet([pool]), 'image', step)).toBe(false);
  });

  const edited = (output: string, edit: (made: NodeProto) => unknown) => (model: ModelProto) => edit(madeBy(model, output));
  const marked = (output: string, name: string, value: bigint | string) =>
    edited(output, (made) => made.attribute.push(...node('', [], '', { [name]: value }).attribute));

  it.each<[string, (model: ModelProto) => unknown]>([
    ['the file is of old words', ({ opsetImport }) => Object.assign(opsetImport[0]!, { version: 10n })],
    ['a subgraph may take any tensor', edited('up 0', (made) => Object.assign(made.attribute[0]!, { type: 5 }))],
    ['nothing is put beside', edited('both 0', (made) => made.input.splice(1, 1))],
    ['what is beside is no larger', edited('both 0', (made) => made.input.splice(1, 1, 'beside'))],
    ['what is beside is an image of its own', edited('both 0', (made) => made.input.splice(1, 1, 'other'))],
    ['it is put below', edited('both 0', (made) => Object.assign(made.attribute[0]!, { i: 2n }))],
    ['the plane is made smaller by another operation', edited('down 0', (made) => Object.assign(made, { opType: 'LpPool' }))],
    ['the plane is made smaller in another domain', edited('down 0', (made) => Object.assign(made, { domain: 'com.example' }))],
    ['padding is left to the operation', marked('down 0', 'auto_pad', 'SAME_UPPER')],
    ['only some axes are enlarged', marked('up 0', 'axes', 2n)],
    ['small values are averaged', marked('up 0', 'antialias', 1n)],
    ['the mode is another', edited('up 0', (made) => Object.assign(made.attribute[0]!, { s: Buffer.from('cubic') }))],
  ])('sizes stay where %s', (_, change) => {
    const model = sizedUnet([pool]);
    model.graph!.node.splice(-4, 0, node('MaxPool', ['skip 0'], 'beside', { kernel_shape: [4n, 4n], strides: [4n, 4n] }));
    model.graph!.input.push(valueInfo('other', 'float32', free));
    change(model);
    const before = serializeModel(model);
    expect(scaleResizes(model, 'image', 8)).toBe(false);
    expect(serializeModel(model)).toEqual(before);
  });

  it('a constant enlargement on the way counts', () => {
    const model = sizedUnet([{ ...pool, side: 4, stride: 4 }]);
    model.graph!.node.splice(
      model.graph!.node.indexOf(madeBy(model, 'down 0')) + 1,
      0,
      node('Resize', ['down 0', '', 'by'], 'half', floored),
    );
    model.graph!.node.unshift(constant('by', Float32Array.of(1, 1, 2, 2)));
    madeBy(model, 'up 0').input[0] = 'half';
    expect(scaleResizes(model, 'image', 4)).toBe(true);
    expect(factors(model)).toEqual([2, 2]);
  });
});

it('random strides, kernels and pads: what is restated runs on all images in step, with the same bits', async () => {
  const step = fc.record({
    opType: fc.constantFrom('Conv', 'MaxPool', 'AveragePool'),
    side: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    pads: fc.tuple(fc.nat(1), fc.nat(1)),
    isUp: fc.boolean(),
  });
  let [restated, left] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 2 }),
      fc.constantFrom(1, 2, 4, 6, 9, 12),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      async (steps, each, [down, across]) => {
        const fitting = steps.map((one) => ({
          ...one,
          pads: one.pads.map((pad) => Math.min(pad, one.side - 1)) as [number, number],
        }));
        const model = sizedUnet(fitting);
        const isChanged = scaleResizes(model, 'image', each);
        if (!isChanged) return void left++;
        const dims = [1, 3, down * each, across * each];
        const before = await outputOf(sizedUnet(fitting), dims).catch(() => undefined);
        if (!before) return; // a kernel may be larger than its plane
        expect(await outputOf(model, dims)).toEqual(before);
        restated++;
      },
    ),
    { seed: 7, numRuns: 400 },
  );
  expect(Math.min(restated, left)).toBeGreaterThan(50);
});
