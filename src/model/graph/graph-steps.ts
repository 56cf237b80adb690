import type { TensorLayout } from './layout.js';
import { constant, elementCode, type ModelProto, type NodeProto, node } from './onnx.js';

/** One operation of a chain: given the names of its input and output, and a maker of names, the nodes that do it. */
export type GraphStep = (input: string, output: string, names: Names) => readonly NodeProto[];
type Attributes = Parameters<typeof node>[3];
/** A maker of names that no tensor or node has yet. */
export type Names = (what: string) => string;

/** Names that the network does not use. */
export function freshNames({ graph }: ModelProto): Names {
  const used = [
    ...graph!.node.flatMap(({ name, input, output }) => [name, ...input, ...output]),
    ...graph!.initializer.map(({ name }) => name),
  ];
  let prefix = 'segtile';
  while (used.some((name) => name.startsWith(prefix))) prefix += '_';
  const count = new Map<string, number>();
  return (what) => {
    const before = count.get(what) ?? 0;
    count.set(what, before + 1);
    return `${prefix}/${what}${before || ''}`;
  };
}

/** The nodes that lead from one tensor to another through some steps. */
export function chain(from: string, to: string, names: Names, steps: readonly GraphStep[]): NodeProto[] {
  const all = steps.length > 0 ? steps : [simple('Identity')];
  let input = from;
  return all.flatMap((step, index) => {
    const output = index === all.length - 1 ? to : names('step');
    const nodes = step(input, output, names);
    input = output;
    return nodes;
  });
}

/** One node without other inputs. */
export function simple(opType: string, attributes: Attributes = {}): GraphStep {
  return (input, output) => [node(opType, [input], output, attributes)];
}

/** An operation on a tensor and some numbers. */
export function withNumbers(
  opType: string,
  data: Float32Array | BigInt64Array,
  dims: readonly number[] = [data.length],
  attributes: Attributes = {},
): GraphStep {
  return (input, output, names) => {
    const numbers = names('numbers');
    return [constant(numbers, data, dims), node(opType, [input, numbers], output, attributes)];
  };
}

/** A change of the element type. */
export const cast = (to: keyof typeof elementCode): GraphStep => simple('Cast', { to: BigInt(elementCode[to]) });
/** A change of the order of axes, from one layout to the other. */
export const transpose = (from: TensorLayout): GraphStep =>
  simple('Transpose', { perm: from === 'nhwc' ? [0n, 3n, 1n, 2n] : [0n, 2n, 3n, 1n] });

/** Takes away an axis of 1. */
export const squeezed = (axis: number, opset: number): GraphStep => axisStep('Squeeze', axis, opset);
/** Puts in an axis of 1. */
export const unsqueezed = (axis: number, opset: number): GraphStep => axisStep('Unsqueeze', axis, opset);
/** The same numbers in other axes; 0 leaves one as it is. */
export const reshaped = (dims: readonly number[]): GraphStep => withNumbers('Reshape', BigInt64Array.from(dims.map(BigInt)));

/** Since opset 13 the axes are an input. */
function axisStep(opType: 'Squeeze' | 'Unsqueeze', axis: number, opset: number): GraphStep {
  return opset < 13 ? simple(opType, { axes: [BigInt(axis)] }) : withNumbers(opType, BigInt64Array.of(BigInt(axis)));
}

/** 1 where a number is the largest along an axis, else 0, as float32. It is worked out in the numbers' own type, so that no rounding makes two of them equal. */
export function isLargest(axis: number, opset: number): GraphStep {
  return (input, output, names) => {
    const [along, largest, below, sign, float, one] = ['axis', 'largest', 'below', 'sign', 'float', 'one'].map(names) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const reduce =
      opset < 18 ? node('ReduceMax', [input], largest, { axes: [BigInt(axis)] }) : node('ReduceMax', [input, along], largest);
    return [
      constant(along, BigInt64Array.of(BigInt(axis))),
      reduce,
      node('Sub', [input, largest], below),
      node('Sign', [below], sign),
      ...cast('float32')(sign, float, names),
      constant(one, Float32Array.of(1)),
      node('Add', [float, one], output),
    ];
  };
}
