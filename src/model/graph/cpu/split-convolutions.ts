import { constant, importDomain, type ModelProto, type NodeProto, node } from '../format/onnx.js';
import { freshNames, type Names } from '../graph-steps.js';
import { dropIdleWeights, hasSubgraphs } from '../prune.js';
import { type BlockedWalk, blockedWalk, isChannelConcat, keepsChannels } from './blocked.js';
import { kernelOf, ofInputs } from './kernels.js';

/** The domain of onnxruntime's own operators, and its convolution that adds its result to another tensor. */
const CONTRIBUTED = 'com.microsoft';
const ADDING = 'FusedConv';

/**
 * Replaces a convolution of concatenated tensors by one of each of them, which adds to what the one before gave. What was put
 * side by side is then neither copied nor kept, which took a U-Net of two levels an eighth of its time and 18 MB a worker.
 *
 * In its blocked layout onnxruntime (1.30) convolves one block of input channels after the other, and adds what each gives to the
 * output. So the terms are summed in the same order, and all scores are the same, bit for bit, if every tensor fills its blocks.
 * Kernels of one pixel are left alone, as for those more channels are added up at a time.
 *
 * @param model is changed in place
 * @param block channels of one block; 1 if there are none. See `channelBlock`
 * @returns whether anything was changed
 */
export function splitConvolutions(model: ModelProto, block: number): boolean {
  if (block === 1 || hasSubgraphs(model.graph!)) return false;
  const graph = model.graph!;
  const walk = blockedWalk(model);
  const concats = graph.node.filter((each) => isSplit(each, walk, block));
  if (concats.length === 0) return false;
  const names = freshNames(model);
  const weights: NodeProto[] = [];
  graph.node = graph.node.flatMap((each) => {
    if (concats.includes(each)) return [];
    const concat = concats.find(({ output }) => output[0] === each.input[0]);
    return concat ? split(each, concat, walk, names, weights) : [each];
  });
  graph.node.unshift(...weights);
  dropIdleWeights(graph);
  importDomain(model, CONTRIBUTED);
  return true;
}

/** Whether a node is a concatenation of tensors that fill blocks, which only convolutions take that can be split. */
function isSplit(concat: NodeProto, walk: BlockedWalk, block: number): boolean {
  if (!isChannelConcat(concat) || concat.input.length < 2) return false;
  const [whole] = concat.output as [string];
  const users = walk.users(whole);
  const takes = (user: NodeProto): boolean =>
    user.input.lastIndexOf(whole) === 0 &&
    isSplittable(user, walk) &&
    channelsOfParts(concat, user, walk).every((channels) => channels > 0 && channels % block === 0);
  return !walk.isOutput(whole) && users.length > 0 && users.every(takes);
}

/**
 * How many channels the parts of a concatenation have. Of one that comes in no blocks, such as what a transposed convolution
 * gives, it is what a convolution of the whole takes besides the others; 0 if there are two of them.
 */
function channelsOfParts({ input }: NodeProto, user: NodeProto, walk: BlockedWalk): readonly number[] {
  const known = input.map((part) => walk.channels(part));
  const [, total] = walk.convolution(user)!.weights.dims.map(Number) as [number, number, number, number];
  const rest = known.reduce<number>((left, channels = 0) => left - channels, total);
  const isTold = known.filter((channels) => channels === undefined).length <= 1;
  return known.map((channels) => channels ?? (isTold ? rest : 0));
}

/**
 * Whether a convolution has kernels of more than one pixel, and whether what takes its output is computed by itself or as an
 * activation. A normalisation, for example, would become a part of the weights of one whole convolution only.
 */
function isSplittable(conv: NodeProto, walk: BlockedWalk): boolean {
  const plain = walk.convolution(conv);
  const [output] = conv.output as [string];
  if (!plain || walk.isOutput(output)) return false;
  const [, , height, width] = plain.weights.dims as [bigint, bigint, bigint, bigint];
  const isApart = (user: NodeProto): boolean =>
    isChannelConcat(user) || walk.convolution(user) !== undefined || keepsChannels(user, walk, walk.isFixed);
  return height * width > 1n && walk.users(output).every(isApart);
}

/**
 * A convolution of each part, of which each but the first begins with what the one before gave. The last one has the bias; where
 * others have none, they get one of zeros, since without a bias onnxruntime does not begin with another tensor in its blocks.
 *
 * @param weights gets the nodes that make kernels and zeros
 */
function split(conv: NodeProto, concat: NodeProto, walk: BlockedWalk, names: Names, weights: NodeProto[]): NodeProto[] {
  const { weights: tensor, outputs } = walk.convolution(conv)!;
  const whole = kernelOf(tensor);
  const made = (what: string, data: Float32Array, dims: readonly number[]): string => {
    weights.push(constant(names(what), data, dims));
    return weights.at(-1)!.output[0]!;
  };
  const channels = channelsOfParts(concat, conv, walk);
  let from = 0;
  let sum: string | undefined;
  return concat.input.map((part, index) => {
    const isLast = index === channels.length - 1;
    const to = from + channels[index]!;
    const { inputs, sides, data } = ofInputs(whole, from, to);
    const kernel = made('kernel', data, [outputs, inputs, ...sides]);
    const given = isLast ? conv.output[0]! : names('sum');
    const bias = isLast ? conv.input[2] : undefined;
    const begun = sum === undefined ? [] : [bias || made('zeros', new Float32Array(outputs), [outputs]), sum];
    const each = node(sum === undefined ? 'Conv' : ADDING, [part, kernel, ...begun], given);
    if (sum !== undefined) each.domain = CONTRIBUTED;
    each.attribute = conv.attribute;
    [from, sum] = [to, given];
    return each;
  });
}
