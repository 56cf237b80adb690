import type { ModelProto, NodeProto } from '../../dist/model/graph/format/onnx.js';

/** What an element of a tensor depends on along one axis, in px of the input: from `lo` before its place to `hi` behind it. */
interface Field {
  /** Distance of neighbouring elements. */
  readonly step: number;
  readonly lo: number;
  readonly hi: number;
}

/** Operators whose elements depend on those at the same place alone. */
const POINTWISE = new Set(
  'Relu LeakyRelu Sigmoid Softmax Log Exp Add Sub Mul Div Cast Identity Transpose Pad Slice Reshape Split Concat Clip BatchNormalization'.split(
    ' ',
  ),
);

/**
 * How far a pixel of the output of a network may be from a pixel of its input on which it depends, along an axis, in px:
 * follows kernels, dilations and strides through the graph (Araujo, Norris and Sim 2019, "Computing Receptive Fields of
 * Convolutional Neural Networks", with both sides kept apart, as kernels may be even).
 *
 * @throws {Error} for an operator that sees everything, or that is not known here
 */
export function receptiveField({ graph }: ModelProto): number {
  const { node: nodes, input, output, initializer } = graph!;
  const weights = new Map(initializer.map((each) => [each.name, each]));
  const image = input.find(({ name }) => !weights.has(name))!;
  const fields = new Map<string, Field>([[image.name, { step: 1, lo: 0, hi: 0 }]]);
  for (const node of nodes) {
    const seen = node.input.flatMap((name) => fields.get(name) ?? []);
    if (seen.length === 0 || node.opType === 'Shape') continue;
    const dims = (name: string): readonly number[] => weights.get(name)?.dims.map(Number) ?? [];
    const field = after(node, widest(seen), dims);
    for (const name of node.output) fields.set(name, field);
  }
  const { lo, hi } = fields.get(output[0]!.name)!;
  return Math.ceil(Math.max(lo, hi));
}

function widest(seen: readonly Field[]): Field {
  return {
    step: Math.min(...seen.map(({ step }) => step)),
    lo: Math.max(...seen.map(({ lo }) => lo)),
    hi: Math.max(...seen.map(({ hi }) => hi)),
  };
}

function after(node: NodeProto, { step, lo, hi }: Field, dims: (name: string) => readonly number[]): Field {
  const numbers = (name: string): number[] => node.attribute.find((each) => each.name === name)?.ints.map(Number) ?? [];
  if (POINTWISE.has(node.opType)) return { step, lo, hi };
  const [kernel = dims(node.input[1] ?? '').at(-1) ?? 1] = numbers('kernel_shape');
  const wide = (numbers('dilations')[0] ?? 1) * (kernel - 1);
  const [stride = 1] = numbers('strides');
  const [before = 0] = numbers('pads');
  switch (node.opType) {
    case 'Conv':
    case 'MaxPool':
    case 'AveragePool':
      return { step: step * stride, lo: lo + step * before, hi: hi + step * (wide - before) };
    case 'ConvTranspose': {
      const fine = step / stride;
      return { step: fine, lo: lo + fine * Math.max(0, wide - before), hi: hi + fine * before };
    }
    case 'Resize': {
      // All enlarge to the next finer level, by 2. Linear ones look at a neighbour.
      const isLinear = node.attribute.some(({ name, s }) => name === 'mode' && Buffer.from(s).toString() === 'linear');
      return { step: step / 2, lo: lo + (isLinear ? step : step / 2), hi: hi + (isLinear ? step : 0) };
    }
    default:
      throw new Error(`the receptive field of ${node.opType} is not known`);
  }
}
