import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { parseModel, serializeModel, valueInfo } from '../../../dist/model/graph/format/onnx.js';
import { openModel } from '../../../dist/model/measured/open-model.js';
import { type ClassifierForm, classifier, type Head } from '../classifiers.ts';
import { farthest, noise, saved, scoresOf } from '../run.ts';

const side = 64;
const window = { width: side, height: side };
const pixels = noise(window, 3);

/** The image as the classifiers take it, in NCHW. */
const image = Float32Array.from(
  { length: 3 * side * side },
  (_, i) => pixels[(i % side ** 2) * 3 + Math.floor(i / side ** 2)]! / 255,
);

/** What a classifier gives for an output that is not its own, or for `features` as if they were its pooled vector. */
async function run(bytes: Uint8Array, output: string): Promise<{ data: Float32Array; dims: readonly number[] }> {
  const model = parseModel(bytes);
  model.graph!.output = [valueInfo(output, 'float32')];
  const session = await InferenceSession.create(serializeModel(model));
  const { [output]: found } = await session.run({ image: new Tensor('float32', image, [1, 3, side, side]) });
  await session.release();
  return { data: found!.data as Float32Array, dims: found!.dims };
}

/** The numbers of a weight. */
function weight(bytes: Uint8Array, name: string): Float32Array {
  const found = parseModel(bytes).graph!.initializer.find((each) => each.name === name)!;
  return new Float32Array(found.rawData.slice().buffer);
}

/** The sum of feature maps with the weights of a linear layer, and its bias: one plane a class. */
function weightedSum(features: Float32Array, matrix: Float32Array, bias: Float32Array, transposed: boolean): number[] {
  const places = (side / 4) ** 2;
  const count = features.length / places;
  return Array.from(bias).flatMap((own, c) =>
    Array.from({ length: places }, (_, at) => {
      let sum = own;
      for (let f = 0; f < count; f++)
        sum += features[f * places + at]! * matrix[transposed ? c * count + f : f * bias.length + c]!;
      return sum;
    }),
  );
}

/** Bilinear enlargement by 4 with half-pixel centres. */
function enlarged(planes: readonly number[], classes: number): number[] {
  const small = side / 4;
  const at = (c: number, x: number, y: number) =>
    planes[(c * small + Math.min(Math.max(y, 0), small - 1)) * small + Math.min(Math.max(x, 0), small - 1)]!;
  return Array.from({ length: classes * side * side }, (_, i) => {
    const [c, y, x] = [Math.floor(i / side ** 2), (Math.floor(i / side) % side) / 4 - 0.375, (i % side) / 4 - 0.375];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [a, b] = [x - left, y - top];
    return (
      (at(c, left, top) * (1 - a) + at(c, left + 1, top) * a) * (1 - b) +
      (at(c, left, top + 1) * (1 - a) + at(c, left + 1, top + 1) * a) * b
    );
  });
}

async function activation(form: ClassifierForm): Promise<Float32Array> {
  const { model } = await openModel(saved(classifier(form)), { cam: true, window: side, crop: 0 });
  expect(model).toMatchObject({ task: 'segmentation', cam: true });
  return scoresOf(model, window, pixels, { output: 'logits' });
}

const linearHeads: readonly (readonly [Head, string, string, boolean])[] = [
  ['GlobalAveragePool, Flatten, Gemm', 'scores matrix', 'scores bias', true],
  ['ReduceMean, MatMul, Add', 'matrix', 'bias', false],
  ['GlobalAveragePool, Conv', 'kernel', 'bias', true],
  ['GlobalAveragePool, Reshape, Gemm, Softmax', 'logits matrix', 'logits bias', true],
];

describe('the class activation map', () => {
  it.each(linearHeads)('of %s is the weighted sum of the feature maps', async (head, matrix, bias, transposed) => {
    const bytes = classifier({ head, side });
    const features = (await run(bytes, 'features')).data;
    const expected = enlarged(weightedSum(features, weight(bytes, matrix), weight(bytes, bias), transposed), 3);
    expect(farthest(await activation({ head, side }), expected)).toBeLessThan(1e-4);
  });

  it('of a network whose classes are made before the mean is those maps', async () => {
    const form: ClassifierForm = { head: 'Conv, GlobalAveragePool, Flatten', side };
    const maps = (await run(classifier(form), 'maps')).data;
    expect(farthest(await activation(form), enlarged([...maps], 3))).toBeLessThan(1e-4);
  });

  it('of a head that is not linear is the head at each place, and said so', async () => {
    const path = saved(classifier({ head: 'GlobalAveragePool, Flatten, Gemm, HardSwish, Gemm' }));
    const { model } = await openModel(path, { cam: true, window: side, crop: 0 });
    expect(model.notes.join('\n')).toMatch(/class activation: .*its mean is not, as the head has HardSwish/);
    expect(await scoresOf(model, window, pixels, { output: 'logits' })).toHaveLength(3 * side * side);
  });

  it.each([
    ['GlobalMaxPool, Flatten, Gemm', /lies before GlobalMaxPool "pooled"/],
    ['Flatten, Gemm', /lies before Relu|no mean over a feature map|lies before Conv/],
    ['ReduceMean, Gemm, ArgMax', /lies before ArgMax "scores"/],
  ] as const)('is refused for %s, with what was looked for', async (head, says) => {
    const failure = await openModel(saved(classifier({ head, side })), { cam: true }).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({
      code: 'model',
      message: expect.stringMatching(says),
      hint: expect.stringMatching(/^looked for.*GlobalAveragePool/),
    });
  });
});
