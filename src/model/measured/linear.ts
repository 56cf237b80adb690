import { rearranges } from '../graph/ending.js';
import { elementCode, type NodeProto } from '../graph/format/onnx.js';
import { type GraphWalk, isStandard, textOf, wholeNumbers } from './graph.js';

/** Operations that move, pick, copy, transpose or scale numbers, and clip none. */
const carries = new Set([
  ...rearranges,
  'Expand',
  'Tile',
  'Slice',
  'Split',
  'Gather',
  'Pad',
  'Resize',
  'Upsample',
  'DepthToSpace',
  'SpaceToDepth',
  'CenterCropPad',
  'AveragePool',
  'GlobalAveragePool',
  'ReduceMean',
  'ReduceSum',
  'Neg',
  'Dropout',
  'QuantizeLinear',
  'DequantizeLinear',
]);
/** Operations that add tensors or concatenate them. */
const joins = new Set(['Concat', 'Add', 'Sub', 'Sum', 'Mean']);
/** Unbounded sums with learned weights. */
const sums = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'BatchNormalization']);

const floats: readonly number[] = [elementCode.float32, elementCode.float16, elementCode.float64, elementCode.bfloat16];

/**
 * Whether a network's output is a linear function of its last learned layer. This is so if, walking back from the output,
 * all nodes before a sum with learned weights only carry ({@link carries}) or join ({@link joins}) numbers, or scale them
 * by constants. Such scores are unbounded, so they are logits.
 *
 * A sum that is a mean (no weight is negative, and all together are 1) keeps the bounds of what it sums up, so the walk
 * goes on through it: it may blend the probabilities of two heads. A walk that reaches the image itself also counts as
 * linear.
 *
 * @param output name of the output
 * @param image name of the input
 */
export function isLinear(walk: GraphWalk, output: string, image: string): boolean {
  const known = new Map<string, boolean>();
  const linear = (tensor: string): boolean => {
    if (tensor === image) return true;
    const before = known.get(tensor);
    if (before !== undefined) return before;
    known.set(tensor, false);
    const node = walk.maker(tensor);
    const found = node !== undefined && isStandard(node) && through(node);
    known.set(tensor, found);
    return found;
  };
  const through = (node: NodeProto): boolean => {
    const { opType, input } = node;
    const varying = input.filter((name) => walk.varies(name));
    const [first] = varying;
    if (first === undefined) return false;
    if (carries.has(opType)) return varying.length === 1 && input[0] === first && keeps(node) && linear(first);
    if (joins.has(opType)) return varying.every(linear);
    if (opType === 'Mul') return varying.length === 1 && linear(first);
    if (opType === 'Div') return varying.length === 1 && input[0] === first && linear(first);
    if (!sums.has(opType) || varying.length !== 1) return false;
    if (opType !== 'MatMul' && input[0] !== first) return false;
    return !isMean(node, walk) || linear(first);
  };
  return linear(output);
}

/** Whether a node of {@link carries} stays linear with its attributes: a cubic Resize overshoots, and a Cast may round. */
function keeps(node: NodeProto): boolean {
  if (node.opType === 'Resize' || node.opType === 'Upsample') return textOf(node, 'mode') !== 'cubic';
  return node.opType !== 'Cast' || floats.includes(wholeNumbers(node, 'to')?.[0] ?? 0);
}

/** Whether each output of a convolution is a weighted mean of its inputs. */
function isMean({ opType, input }: NodeProto, walk: GraphWalk): boolean {
  if (opType !== 'Conv' || (input[2] && walk.numbers(input[2])?.values.every((value) => value === 0) !== true)) return false;
  const kernel = walk.numbers(input[1] ?? '');
  const outputs = kernel?.dims[0] ?? 0;
  if (!kernel || outputs === 0 || kernel.values.some((value) => value < 0)) return false;
  const each = kernel.values.length / outputs;
  return Array.from({ length: outputs }, (_, i) => kernel.values.slice(i * each, (i + 1) * each)).every(
    (values) => Math.abs(values.reduce((a, b) => a + b, 0) - 1) < 1e-4,
  );
}
