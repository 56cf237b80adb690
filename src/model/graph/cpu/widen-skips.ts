import { type GraphWalk, isStandard, wholeNumbers } from '../../measured/graph.js';
import { constant, type ModelProto, type NodeProto, node, opsetOf } from '../format/onnx.js';
import { freshNames, type Names } from '../graph-steps.js';
import { dropIdleWeights, hasSubgraphs } from '../prune.js';
import { type BlockedWalk, blockedWalk, isChannelConcat, keepsChannels } from './blocked.js';
import { type ConvKernel, floatsOf, kernelOf, withIdleInputs, withZeroOutputs } from './kernels.js';

/**
 * Only as many channels as a multiple of this are filled up: of others onnxruntime computes no convolution in blocks (1.30), so
 * that they would be rounded otherwise.
 */
const MULTIPLE = 4;

/** A convolution that takes the new channels too, and before which of its inputs they come. */
interface Taker {
  readonly node: NodeProto;
  readonly at: number;
}

/** A convolution whose output is to be widened, and what takes it. */
interface Widening {
  readonly source: NodeProto;
  readonly takers: readonly Taker[];
  /** Tensors of which all other convolutions are to have no more channels than before. */
  readonly taken: readonly string[];
}

/**
 * Fills the channels of narrow skip connections up to whole blocks of onnxruntime's layout for convolutions. A tensor of 8
 * channels that is put beside one of 16 makes onnxruntime leave blocks of 16 for both, with copies before and behind.
 *
 * The new channels are zeros that a convolution gives, and the convolutions behind the concatenation have weights of 0 for them.
 * They compute whole blocks in any case, and round no sum otherwise if the new channels come last. Convolutions that take a skip connection of less
 * than a block by itself, such as behind a pool, get the channels that were: onnxruntime has a faster kernel for those.
 *
 * Only what a convolution gives is widened, where it is the one part of a concatenation that does not fill its blocks, the
 * others come in blocks, and only convolutions take the whole. It stays as it is if anything else would see the new channels.
 *
 * @param model is changed in place
 * @param block channels of one block; see `channelBlock`
 * @returns whether anything was changed
 */
export function widenSkips(model: ModelProto, block: number): boolean {
  // Slices take their bounds as inputs since opset 10. Subgraphs can take any tensor.
  if (opsetOf(model) < 10 || hasSubgraphs(model.graph!)) return false;
  const names = freshNames(model);
  let isChanged = false;
  for (;;) {
    const walk = blockedWalk(model);
    const widening = firstWidening(model, walk, block);
    if (!widening) return isChanged;
    widen(model, widening, walk, block, names);
    isChanged = true;
  }
}

function firstWidening(model: ModelProto, walk: BlockedWalk, block: number): Widening | undefined {
  for (const concat of model.graph!.node) {
    const narrow = narrowPart(concat, walk, block);
    const source = narrow === undefined ? undefined : sourceOf(narrow, walk);
    const users = source && usersOf(source.output[0]!, walk, block);
    if (users) return { source, ...users };
  }
  return undefined;
}

/**
 * The one part of a concatenation that is to be widened to whole blocks; undefined if there is none or another one, if parts do
 * not come in blocks, or if anything but convolutions takes the whole.
 */
function narrowPart(concat: NodeProto, walk: BlockedWalk, block: number): string | undefined {
  if (!isChannelConcat(concat)) return undefined;
  const [whole] = concat.output as [string];
  const users = walk.users(whole);
  const isTaken = users.every((user) => walk.convolution(user) !== undefined && user.input.lastIndexOf(whole) === 0);
  if (walk.isOutput(whole) || users.length === 0 || !isTaken) return undefined;
  const parts = concat.input.map((name) => walk.channels(name));
  if (parts.includes(undefined)) return undefined;
  const narrow = concat.input.filter((_, index) => parts[index]! % block !== 0);
  return narrow.length === 1 && walk.channels(narrow[0]!)! % MULTIPLE === 0 ? narrow[0] : undefined;
}

/** The convolution whose channels a tensor has, one for one; undefined if there is none. */
function sourceOf(tensor: string, walk: BlockedWalk): NodeProto | undefined {
  const made = walk.maker(tensor)!;
  if (walk.convolution(made)) return made;
  return keepsChannels(made, walk, walk.isFixed) ? sourceOf(made.input[0]!, walk) : undefined;
}

type Users = Pick<Widening, 'takers' | 'taken'>;

/** What takes a tensor if it is widened; undefined if something takes it that would see the new channels. */
function usersOf(tensor: string, walk: BlockedWalk, block: number): Users | undefined {
  if (walk.isOutput(tensor)) return undefined;
  const found = walk.users(tensor).map((user) => usersThrough(user, tensor, walk, block));
  if (found.includes(undefined)) return undefined;
  const all = found as Users[];
  return { takers: all.flatMap(({ takers }) => takers), taken: [...new Set(all.flatMap(({ taken }) => taken))] };
}

function usersThrough(user: NodeProto, tensor: string, walk: BlockedWalk, block: number): Users | undefined {
  const count = walk.channels(tensor)!;
  if (user.opType === 'Shape') return isBlindToChannels(user, walk) ? { takers: [], taken: [] } : undefined;
  if (isChannelConcat(user)) {
    if (narrowPart(user, walk, block) !== tensor) return undefined;
    const before = user.input.slice(0, user.input.indexOf(tensor)).map((name) => walk.channels(name)!);
    const at = [...before, count].reduce((a, b) => a + b);
    return { takers: walk.users(user.output[0]!).map((node) => ({ node, at })), taken: [] };
  }
  if (!isStandard(user) || user.input.lastIndexOf(tensor) !== 0) return undefined;
  if (user.opType === 'Conv') {
    const isBlocked = count > block && walk.convolution(user) !== undefined;
    return isBlocked ? { takers: [{ node: user, at: count }], taken: [] } : { takers: [], taken: [tensor] };
  }
  // Sizes say how many channels there are to be, and so do not fit any more.
  const isKept = walk.channels(user.output[0]!) === count && keepsChannels(user, walk, walk.isFixed) && !user.input[3];
  return isKept ? usersOf(user.output[0]!, walk, block) : undefined;
}

/** Whether nothing sees the number of channels in the shape that a node gives. */
function isBlindToChannels(shape: NodeProto, walk: BlockedWalk): boolean {
  const [output] = shape.output as [string];
  if ((wholeNumbers(shape, 'start')?.[0] ?? 0) >= 2) return true;
  if (shape.attribute.length > 0 || walk.isOutput(output)) return false;
  return walk.users(output).every((user) => picksOthers(user, walk));
}

/** Whether a node picks from the shape `[batch, channels, height, width]` no channels. */
function picksOthers(user: NodeProto, walk: GraphWalk): boolean {
  const numbers = (input: number) => walk.numbers(user.input[input] ?? '')?.values;
  if (user.opType === 'Gather') return numbers(1)?.every((index) => index !== 1 && index !== -3) ?? false;
  if (user.opType !== 'Slice' || user.input.length > 4) return false;
  const [start, end] = [numbers(1)?.[0], numbers(2)?.[0]];
  if (start === undefined || end === undefined) return false;
  const fromFront = (index: number) => (index < 0 ? index + 4 : index);
  return fromFront(start) >= 2 || fromFront(end) <= 1;
}

function widen(model: ModelProto, { source, takers, taken }: Widening, walk: BlockedWalk, block: number, names: Names): void {
  const graph = model.graph!;
  const { weights, bias, outputs } = walk.convolution(source)!;
  const count = block - (outputs % block);
  for (const tensor of taken) {
    const others = walk.users(tensor).filter((user) => user.opType === 'Conv' && takers.every(({ node }) => node !== user));
    const position = graph.node.indexOf(walk.maker(tensor)!) + 1;
    graph.node.splice(position, 0, ...narrowed(tensor, outputs, others, names));
  }
  const added = takers.flatMap(({ node, at }) => {
    const kernel = kernelOf(walk.convolution(node)!.weights);
    return setWeights(node, withIdleInputs(kernel, at, count), undefined, names);
  });
  const wider = bias && Float32Array.of(...floatsOf(bias), ...new Float32Array(count));
  added.push(...setWeights(source, withZeroOutputs(kernelOf(weights), count), wider, names));
  graph.node.unshift(...added);
  dropIdleWeights(graph);
  graph.valueInfo = []; // they may state the channels that were
}

/** Gives convolutions only the first channels of a tensor. Returns the nodes that take them from it. */
function narrowed(tensor: string, channels: number, users: readonly NodeProto[], names: Names): readonly NodeProto[] {
  const bounds = [0, channels, 1].map((value) => constant(names('bound'), BigInt64Array.of(BigInt(value))));
  const first = node('Slice', [tensor, ...bounds.map(({ output }) => output[0]!)], names('narrow'));
  for (const user of users) user.input[0] = first.output[0]!;
  return [...bounds, first];
}

/** Gives a convolution other weights, and another bias if there is one. Returns the nodes that make them. */
function setWeights(
  node: NodeProto,
  { outputs, inputs, sides, data }: ConvKernel,
  bias: Float32Array | undefined,
  names: Names,
): readonly NodeProto[] {
  const made = [constant(names('kernel'), data, [outputs, inputs, ...sides])];
  if (bias) made.push(constant(names('bias'), bias));
  for (const [index, { output }] of made.entries()) node.input[index + 1] = output[0]!;
  return made;
}
