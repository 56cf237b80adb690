import { isStandard, textOf, wholeNumbers } from '../../measured/graph.js';
import { constant, type ModelProto, type NodeProto, opsetOf } from '../format/onnx.js';
import { freshNames } from '../graph-steps.js';
import { hasSubgraphs, prune } from '../prune.js';
import { type BlockedWalk, blockedWalk, isChannelConcat } from './blocked.js';

/** Operations of one tensor that keep its height and width. */
const keeping = new Set([
  ...['Identity', 'Dropout', 'BatchNormalization', 'InstanceNormalization'],
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Clip', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh'],
]);

/**
 * Restates enlargements to sizes that are computed from the image as enlargements by the factors that they come to, for images
 * whose sides are multiples of some step. For images of any size onnxruntime computes only those in its blocked layout.
 *
 * A result that is put beside another tensor must be as large. By how much that tensor and the one that is enlarged are smaller
 * than the image follows from the strides on the way, if they divide the step. So the scores are the
 * same, and linear enlargements are rounded as in that layout.
 *
 * @param model is changed in place
 * @param image name of the input, `[batch, channels, height, width]`
 * @param step of which its height and width are multiples, in px
 * @returns whether anything was changed
 */
export function scaleResizes(model: ModelProto, image: string, step: number): boolean {
  const graph = model.graph!;
  if (opsetOf(model) < 11 || hasSubgraphs(graph)) return false;
  const walk = blockedWalk(model);
  const known = new Map<string, number | undefined>([[image, 1]]);
  const spacing = (tensor: string): number | undefined => {
    if (known.has(tensor)) return known.get(tensor);
    known.set(tensor, undefined); // while it is looked for: a tensor tells nothing of itself
    const made = walk.maker(tensor);
    const found = made && made.output[0] === tensor && isStandard(made) ? spacingOf(made, walk, spacing) : undefined;
    const whole = found !== undefined && step % found === 0 ? found : undefined;
    known.set(tensor, whole);
    return whole;
  };
  const factors = graph.node.flatMap((each): [NodeProto, number][] => {
    if (!isSized(each)) return [];
    const [from = 0, to] = [spacing(each.input[0]!), spacing(each.output[0]!)];
    return from > 0 && to !== undefined && from % to === 0 ? [[each, from / to]] : [];
  });
  if (factors.length === 0) return false;
  const names = freshNames(model);
  for (const [each, factor] of factors) {
    const made = constant(names('scales'), Float32Array.of(1, 1, factor, factor));
    graph.node.unshift(made);
    each.input = [each.input[0]!, each.input[1]!, made.output[0]!];
  }
  // What measured the sizes would make onnxruntime leave its layout.
  prune(graph);
  return true;
}

/** By how many px of the image the numbers of a node's result lie apart; undefined if that is not known, or differs by axis. */
function spacingOf(made: NodeProto, walk: BlockedWalk, spacing: (tensor: string) => number | undefined): number | undefined {
  const [first = ''] = made.input;
  if (keeping.has(made.opType)) return spacing(first);
  if (['Conv', 'MaxPool', 'AveragePool'].includes(made.opType)) {
    const [before, stride] = [spacing(first), strideOf(made, walk)];
    return before === undefined || stride === undefined ? undefined : before * stride;
  }
  if (isSized(made)) return spacingBeside(made.output[0]!, walk, spacing);
  if (made.opType === 'Resize') {
    const [before, factor] = [spacing(first), factorOf(made, walk)];
    return before === undefined || factor === undefined || before % factor !== 0 ? undefined : before / factor;
  }
  return isChannelConcat(made) ? alike(made.input.map(spacing)) : undefined;
}

/** The spacing of tensors that are put beside each other; those of which it is not known have that of the others. */
function alike(all: readonly (number | undefined)[]): number | undefined {
  const found = new Set(all.filter((each) => each !== undefined));
  return found.size === 1 ? [...found][0] : undefined;
}

/** The spacing of what a tensor is put beside. */
function spacingBeside(tensor: string, walk: BlockedWalk, spacing: (tensor: string) => number | undefined): number | undefined {
  const others = walk.users(tensor).flatMap((user) => (isChannelConcat(user) ? user.input : []));
  return alike(others.filter((name) => name !== tensor).map(spacing));
}

/**
 * By how much a convolution or a pool makes a plane smaller whose sides are multiples of its stride; undefined if what is left is
 * no exact share of it, or differs by axis.
 */
function strideOf(made: NodeProto, walk: BlockedWalk): number | undefined {
  const pads = wholeNumbers(made, 'pads') ?? [0, 0, 0, 0];
  const sides = wholeNumbers(made, 'kernel_shape') ?? walk.convolution(made)?.weights.dims.slice(2).map(Number);
  const padding = textOf(made, 'auto_pad') ?? 'NOTSET';
  const [down = 1, across = down] = wholeNumbers(made, 'strides') ?? [1, 1];
  if (sides?.length !== 2 || pads.length !== 4 || down !== across || padding !== 'NOTSET') return undefined;
  const dilations = wholeNumbers(made, 'dilations') ?? [1, 1];
  const isUp = wholeNumbers(made, 'ceil_mode')?.[0] === 1;
  const isExact = sides.every((side, axis) => {
    // The result has `round((size + over) / stride) + 1` numbers.
    const over = pads[axis]! + pads[axis + 2]! - (dilations[axis]! * (side - 1) + 1);
    return (isUp ? Math.ceil(over / down) : Math.floor(over / down)) === -1;
  });
  return isExact ? down : undefined;
}

/** The factor by which a node enlarges height and width, if it is whole and constant. */
function factorOf(made: NodeProto, walk: BlockedWalk): number | undefined {
  const [batch, channels, down, across] = walk.numbers(made.input[2] ?? '')?.values ?? [];
  const isWhole = batch === 1 && channels === 1 && down === across && Number.isInteger(down);
  return isWhole && !(made.input[3] ?? '') ? down : undefined;
}

/** Whether a node enlarges a tensor to sizes that it is given, which may be restated. */
function isSized(each: NodeProto): boolean {
  const mode = textOf(each, 'mode') ?? 'nearest';
  const isPlain = each.attribute.every(({ name }) => !['axes', 'antialias', 'keep_aspect_ratio_policy'].includes(name));
  const isResize = each.opType === 'Resize' && isStandard(each) && (each.input[3] ?? '') !== '';
  const isOfAll = textOf(each, 'coordinate_transformation_mode') !== 'tf_crop_and_resize';
  return isResize && isPlain && isOfAll && (mode === 'nearest' || mode === 'linear');
}
