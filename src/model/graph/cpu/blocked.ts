import { type GraphWalk, isStandard, textOf, walkOf, wholeNumbers } from '../../measured/graph.js';
import type { ModelProto, NodeProto, TensorProto } from '../format/onnx.js';
import { hasFloats } from './kernels.js';

/** Operations on each number by itself that onnxruntime computes in its blocked layout, or within a convolution. */
const pointwise = new Set(['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh']);

/** A convolution in the plane, of all channels with all, whose weights are constant and inside the file. */
export interface PlainConv {
  /** `[outputs, inputs, height, width]`. */
  readonly weights: TensorProto;
  /** One number for each output; left out if it has none. */
  readonly bias?: TensorProto;
  readonly outputs: number;
}

/** What is known of a graph's tensors where it runs in onnxruntime's blocked layout. */
export interface BlockedWalk extends GraphWalk {
  /** The weights of a node if it is a {@link PlainConv}. */
  convolution(node: NodeProto): PlainConv | undefined;
  /**
   * How many channels a tensor has that onnxruntime computes in blocks or could, if all its channels filled blocks.
   * Undefined for any other tensor.
   */
  channels(tensor: string): number | undefined;
  /** Whether the image has a fixed size, so that onnxruntime knows all others. */
  readonly isFixed: boolean;
  /** Whether a tensor is an output of the graph. */
  isOutput(tensor: string): boolean;
}

/** Prepares a graph for {@link BlockedWalk}. The graph must not be changed meanwhile. */
export function blockedWalk(model: ModelProto): BlockedWalk {
  const graph = model.graph!;
  const constants = constantsOf(model);
  const outputs = new Set(graph.output.map(({ name }) => name));
  const [image] = graph.input.filter(({ name }) => !constants.has(name));
  const walk = walkOf(graph, image?.name ?? '');
  const isFixed = image?.type?.tensorType?.shape?.dim.every(({ dimValue }) => dimValue > 0n) ?? false;
  const known = new Map<string, number | undefined>();

  const convolution = (node: NodeProto): PlainConv | undefined => {
    const [, weights = '', bias = ''] = node.input;
    if (node.opType !== 'Conv' || !isStandard(node) || (wholeNumbers(node, 'group')?.[0] ?? 1) !== 1) return undefined;
    const kernel = constants.get(weights);
    if (kernel?.dims.length !== 4 || !hasFloats(kernel)) return undefined;
    const outputs = Number(kernel.dims[0]);
    if (bias === '') return { weights: kernel, outputs };
    const added = constants.get(bias);
    if (!added || !hasFloats(added) || Number(added.dims[0]) !== outputs) return undefined;
    return { weights: kernel, bias: added, outputs };
  };
  const found = (tensor: string): number | undefined => {
    const made = walk.maker(tensor);
    if (!made || !isStandard(made) || made.output.length !== 1) return undefined;
    if (made.opType === 'Conv') return convolution(made)?.outputs;
    if (keepsChannels(made, walk, isFixed)) return channels(made.input[0]!);
    if (!isChannelConcat(made)) return undefined;
    const parts = made.input.map(channels);
    return parts.includes(undefined) ? undefined : (parts as number[]).reduce((a, b) => a + b);
  };
  const channels = (tensor: string): number | undefined => {
    if (!known.has(tensor)) known.set(tensor, found(tensor));
    return known.get(tensor);
  };
  return { ...walk, convolution, channels, isFixed, isOutput: (tensor) => outputs.has(tensor) };
}

/**
 * Whether a node of one output gives each channel of its first input on its own, and does so in onnxruntime's blocked
 * layout (NchwcTransformer, as of 1.30). It enlarges to given sizes there only if they are known, which mostly are computed from
 * the size of the image; whether they are multiples is not looked at.
 */
export function keepsChannels(node: NodeProto, walk: GraphWalk, isFixed: boolean): boolean {
  if (pointwise.has(node.opType) || node.opType === 'MaxPool' || node.opType === 'AveragePool') return true;
  if (node.opType !== 'Resize') return false;
  const [, , scales = '', sizes = ''] = node.input;
  const [batch, channels, ...factors] = walk.numbers(scales)?.values ?? [];
  const isWhole = batch === 1 && channels === 1 && factors.every((by) => Number.isInteger(by));
  if (sizes === '' ? !isWhole : !isFixed) return false;
  const transformation = textOf(node, 'coordinate_transformation_mode') ?? 'half_pixel';
  if (textOf(node, 'mode') === 'linear') return ['half_pixel', 'asymmetric', 'align_corners'].includes(transformation);
  const isNearest = (textOf(node, 'mode') ?? 'nearest') === 'nearest';
  return isNearest && transformation === 'asymmetric' && textOf(node, 'nearest_mode') === 'floor';
}

/** Whether a node puts tensors behind each other along the channels of `[batch, channels, height, width]`. */
export function isChannelConcat(node: NodeProto): boolean {
  return node.opType === 'Concat' && isStandard(node) && wholeNumbers(node, 'axis')?.[0] === 1;
}

/** The tensors of a graph that nothing can change: initializers that are no inputs of it, and the values of Constant nodes. */
function constantsOf({ graph, irVersion }: ModelProto): ReadonlyMap<string, TensorProto> {
  // Since IR version 4, an initializer that is also an input is only a default.
  const changeable = new Set(irVersion < 4n ? [] : graph!.input.map(({ name }) => name));
  const initializers = graph!.initializer.filter(({ name }) => !changeable.has(name));
  const values = graph!.node.flatMap(({ opType, output, attribute }): [string, TensorProto][] =>
    opType === 'Constant' ? attribute.flatMap(({ t }): [string, TensorProto][] => (t ? [[output[0]!, t]] : [])) : [],
  );
  return new Map([...initializers.map((each): [string, TensorProto] => [each.name, each]), ...values]);
}
