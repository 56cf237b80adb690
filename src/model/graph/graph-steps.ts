import { constant, elementCode, type ModelProto, type NodeProto, node } from './format/onnx.js';
import type { TensorLayout } from './layout.js';

/** One step of a chain: makes the nodes that lead from its input tensor to its output tensor. `names` makes new names. */
export type GraphStep = (input: string, output: string, names: Names) => readonly NodeProto[];
type Attributes = Parameters<typeof node>[3];
/** Makes a name that no tensor or node has yet. */
export type Names = (what: string) => string;

/** Returns a maker of names that the network does not use. */
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

/** The nodes that lead from one tensor to another through the steps, in order. Without steps it is one Identity. */
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

/** A step of one node that has no other inputs. */
export function simple(opType: string, attributes: Attributes = {}): GraphStep {
  return (input, output) => [node(opType, [input], output, attributes)];
}

/** A step that applies an operation to a tensor and some constant numbers. */
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

/** Changes the element type. */
export const cast = (to: keyof typeof elementCode): GraphStep => simple('Cast', { to: BigInt(elementCode[to]) });
/** Changes the order of axes from one layout to the other. */
export const transpose = (from: TensorLayout): GraphStep =>
  simple('Transpose', { perm: from === 'nhwc' ? [0n, 3n, 1n, 2n] : [0n, 2n, 3n, 1n] });

/** Removes an axis of size 1. */
export const squeezed = (axis: number, opset: number): GraphStep => axisStep('Squeeze', axis, opset);
/** Inserts an axis of size 1. */
export const unsqueezed = (axis: number, opset: number): GraphStep => axisStep('Unsqueeze', axis, opset);
/** Reshapes a tensor. A size of 0 keeps the axis as it is. */
export const reshaped = (dims: readonly number[]): GraphStep => withNumbers('Reshape', BigInt64Array.from(dims.map(BigInt)));

/** Since opset 13 the axes are an input instead of an attribute. */
function axisStep(opType: 'Squeeze' | 'Unsqueeze', axis: number, opset: number): GraphStep {
  return opset < 13 ? simple(opType, { axes: [BigInt(axis)] }) : withNumbers(opType, BigInt64Array.of(BigInt(axis)));
}

/**
 * 1 where a number is the largest along an axis, otherwise 0, as float32. It is computed in the numbers' own type, so that
 * rounding does not make two of them equal.
 */
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
