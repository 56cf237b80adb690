import { describe, expect, it } from 'vitest';
import { blockedWalk } from '../../../../dist/model/graph/cpu/blocked.js';
import { isRepetition, restateResizes } from '../../../../dist/model/graph/cpu/resizes.js';
import { type Attribute, type ModelProto, type NodeProto, node, tensor } from '../../../../dist/model/graph/format/onnx.js';
import { textOf } from '../../../../dist/model/measured/graph.js';
import { farthest } from '../../run.ts';
import { outputOf, sketch } from './onnxruntime.ts';

const transformations = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'tf_half_pixel_for_nn',
  'asymmetric',
  'align_corners',
];
const roundings = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'];
const rules = transformations.flatMap((transformation) => roundings.map((rounding) => ({ transformation, rounding })));

/** Where ONNX puts output `i` of an enlargement of `length` samples by a factor, in float32 as onnxruntime counts. */
const placeOf: Readonly<Record<string, (i: number, factor: number, length: number) => number>> = {
  half_pixel: (i, factor) => Math.fround(Math.fround(Math.fround(i + 0.5) / factor) - 0.5),
  half_pixel_symmetric: (i, factor) => Math.fround(Math.fround(Math.fround(i + 0.5) / factor) - 0.5),
  pytorch_half_pixel: (i, factor, length) =>
    length * factor > 1 ? Math.fround(Math.fround(Math.fround(i + 0.5) / factor) - 0.5) : 0,
  tf_half_pixel_for_nn: (i, factor) => Math.fround(Math.fround(i + 0.5) / factor),
  asymmetric: (i, factor) => Math.fround(i / factor),
  align_corners: (i, factor, length) => (length * factor > 1 ? Math.fround((i * (length - 1)) / (length * factor - 1)) : 0),
};
const rounded: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Whether output `i` is sample `floor(i / factor)`, by the definition of ONNX. */
function isRepeated({ transformation, rounding }: (typeof rules)[number], factor: number, length: number): boolean {
  for (let i = 0; i < length * factor; i++) {
    const at = rounded[rounding]!(placeOf[transformation]!(i, factor, length));
    if (Math.min(Math.max(at, 0), length - 1) !== Math.floor(i / factor)) return false;
  }
  return true;
}

describe('isRepetition', () => {
  it.each(Array.from({ length: 16 }, (_, i) => i + 1))(
    'is true of the rules that repeat samples %i times, by enumeration',
    (factor) => {
      const lengths = [1, 2, 3, 5, 64, 599, 4096, 65_535];
      for (const rule of rules) {
        const repeated = lengths.every((length) => isRepeated(rule, factor, length));
        if (isRepetition(rule, factor)) expect([rule, repeated]).toEqual([rule, true]);
        // What is the same for small factors alone is left as it is.
        else if (factor > 2) expect([rule, repeated]).toEqual([rule, false]);
      }
    },
  );
});

interface Enlargement {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly scales: readonly number[];
  /** Of the samples. */
  readonly height?: number;
  readonly width?: number;
  /** Whether it lies between two convolutions, where onnxruntime has its blocked layout. */
  readonly isBetween?: boolean;
}

/** A graph that enlarges 16 channels. */
function enlarging({ attributes, scales, height = 2, width = 3, isBetween = true }: Enlargement): ModelProto {
  const { add, conv, weight, model } = sketch();
  weight(tensor('scales', Float32Array.from(scales)));
  const from = isBetween ? conv('image', 'before', [16, 16], 1) : 'image';
  const large = add(node('Resize', [from, '', 'scales'], 'large', attributes));
  return model([1, 16, height, width], [isBetween ? conv(large, 'behind', [16, 16], 1) : large], 19);
}

const restate = (model: ModelProto): boolean => restateResizes(model, blockedWalk(model));
const named = (transformation: string, rounding: string, mode = 'nearest') => ({
  mode,
  coordinate_transformation_mode: transformation,
  nearest_mode: rounding,
});

describe('restateResizes', () => {
  const repeating = [2, 3, 5, 6, 7, 16].flatMap((factor) =>
    rules.flatMap((rule) => (isRepetition(rule, factor) ? [[factor, rule.transformation, rule.rounding] as const] : [])),
  );

  it.each(repeating)('factor %i by %s, %s: onnxruntime gives the same bits', async (factor, transformation, rounding) => {
    for (const [height, width] of [
      [1, 1],
      [2, 600],
      [37, 3],
    ] as const) {
      const enlargement = { attributes: named(transformation, rounding), scales: [1, 1, factor, factor], height, width };
      for (const isBetween of [true, false]) {
        const dims = [1, 16, height, width];
        const before = await outputOf(enlarging({ ...enlargement, isBetween }), dims);
        const model = enlarging({ ...enlargement, isBetween });
        expect(restate(model)).toBe(transformation !== 'asymmetric' || rounding !== 'floor');
        const after = await outputOf(model, dims);
        expect(Buffer.from(after.buffer).equals(Buffer.from(before.buffer))).toBe(true);
      }
    }
  });

  it('the defaults of ONNX are restated, also of nodes without attributes and for sides of different factors', () => {
    const model = enlarging({ attributes: {}, scales: [1, 1, 3, 2] });
    expect(restate(model)).toBe(true);
    const resize = model.graph!.node.find(({ opType }) => opType === 'Resize')!;
    expect(textOf(resize, 'coordinate_transformation_mode')).toBe('asymmetric');
    expect(textOf(resize, 'nearest_mode')).toBe('floor');
    expect(restate(model)).toBe(false);
  });

  it('linear ones with the half-pixel centres of PyTorch get those of ONNX, and the same scores but for rounding', async () => {
    const enlargement = {
      attributes: named('pytorch_half_pixel', 'floor', 'linear'),
      scales: [1, 1, 2, 3],
      height: 9,
      width: 40,
    };
    const model = enlarging(enlargement);
    expect(restate(model)).toBe(true);
    const resize = model.graph!.node.find(({ opType }) => opType === 'Resize')!;
    expect(textOf(resize, 'coordinate_transformation_mode')).toBe('half_pixel');
    const dims = [1, 16, 9, 40];
    expect(farthest(await outputOf(model, dims), await outputOf(enlarging(enlargement), dims))).toBeLessThan(1e-6);
  });

  it.each<[string, Enlargement]>([
    ['by a factor that is not whole', { attributes: {}, scales: [1, 1, 1.5, 2] }],
    ['to half the size', { attributes: {}, scales: [1, 1, 0.5, 0.5] }],
    ['by a factor that was not tried', { attributes: {}, scales: [1, 1, 17, 17] }],
    ['of the channels', { attributes: {}, scales: [1, 2, 2, 2] }],
    ['by floor of half-pixel centres', { attributes: named('half_pixel', 'floor'), scales: [1, 1, 2, 2] }],
    ['by align_corners', { attributes: named('align_corners', 'round_prefer_floor'), scales: [1, 1, 2, 2] }],
    ['of the nearest of three from the left', { attributes: named('asymmetric', 'round_prefer_floor'), scales: [1, 1, 3, 3] }],
    ['that is cubic', { attributes: named('pytorch_half_pixel', 'floor', 'cubic'), scales: [1, 1, 2, 2] }],
    ['that is linear with half-pixel centres', { attributes: named('half_pixel', 'floor', 'linear'), scales: [1, 1, 2, 2] }],
    ['of named axes', { attributes: { axes: [0n, 1n, 3n, 2n] }, scales: [1, 1, 2, 2] }],
    [
      'that smooths',
      { attributes: { ...named('pytorch_half_pixel', 'floor', 'linear'), antialias: 1n }, scales: [1, 1, 2, 2] },
    ],
  ])('an enlargement %s stays as it is', (_, enlargement) => {
    expect(restate(enlarging(enlargement))).toBe(false);
  });

  it('so do one to given sizes, one of another domain, and one by scales that are computed', () => {
    const change: Readonly<Record<string, (resize: NodeProto) => void>> = {
      sizes: (resize) => resize.input.push('sizes'),
      domain: (resize) => {
        resize.domain = 'com.example';
      },
      computed: (resize) => {
        resize.input[2] = 'image';
      },
    };
    for (const [what, apply] of Object.entries(change)) {
      const model = enlarging({ attributes: {}, scales: [1, 1, 2, 2] });
      apply(model.graph!.node.find(({ opType }) => opType === 'Resize')!);
      expect([what, restate(model)]).toEqual([what, false]);
    }
  });
});
