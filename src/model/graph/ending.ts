import type { GraphProto, NodeProto } from './format/onnx.js';

/** The last node of a network whose scores are already probabilities. */
export interface Ending {
  readonly activation: 'sigmoid' | 'softmax';
  /** Name of the tensor that the node yields. */
  readonly tensor: string;
  /**
   * Whether removing the node makes the graph yield logits. This needs that nothing else uses or clips its result, and
   * that no channel is dropped after a softmax.
   */
  readonly removable: boolean;
}

/** Operations that give the same numbers, in another order, shape or type. */
export const rearranges: readonly string[] = ['Identity', 'Cast', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'];

const keepsProbabilities = new Set([...rearranges, 'Resize', 'Upsample', 'Pad']);
/** Operations that turn scores into labels or into yes and no. */
const decisions = new Set([
  'ArgMax',
  'ArgMin',
  'TopK',
  'Hardmax',
  'Round',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Equal',
]);
const mayDropChannels = new Set(['Slice', 'Gather', 'Split']);
const bounds = new Set(['Clip']);

/** A tensor that is reached by walking from the output towards the input, and the node that makes it. */
interface Stop {
  readonly tensor: string;
  readonly maker: NodeProto;
  /** Whether anything other than the output depends on it. */
  readonly shared: boolean;
  /** Types of the operations between it and the output. */
  readonly passed: ReadonlySet<string>;
}

/** Walks from the output towards the input, past nodes that only move, pick or clip numbers, to the node that computes them. */
function lastComputation(graph: GraphProto, output: string): Stop | undefined {
  const makers = new Map<string, NodeProto>();
  const uses = new Map<string, number>();
  for (const maker of graph.node) {
    for (const name of maker.output) makers.set(name, maker);
    for (const name of maker.input) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  let shared = false;
  const passed = new Set<string>();
  for (let tensor = output, steps = 0; steps <= graph.node.length; steps++) {
    const maker = makers.get(tensor);
    if (!maker) return undefined;
    shared ||= (uses.get(tensor) ?? 0) > (steps === 0 ? 0 : 1);
    if (![keepsProbabilities, mayDropChannels, bounds].some((set) => set.has(maker.opType))) {
      return { tensor, maker, shared, passed };
    }
    passed.add(maker.opType);
    tensor = maker.input[0] ?? '';
  }
  return undefined;
}

/** Finds the node at the end of a network that makes probabilities, if there is one. */
export function endingOf(graph: GraphProto, output: string): Ending | undefined {
  const last = lastComputation(graph, output);
  if (!last) return undefined;
  const { tensor, maker, shared, passed } = last;
  const plain = !shared && !passed.has('Clip');
  if (maker.opType === 'Sigmoid') return { activation: 'sigmoid', tensor, removable: plain };
  if (maker.opType === 'HardSigmoid') return { activation: 'sigmoid', tensor, removable: false };
  const picked = [...mayDropChannels].some((opType) => passed.has(opType));
  return maker.opType === 'Softmax' ? { activation: 'softmax', tensor, removable: plain && !picked } : undefined;
}

/** The last node of a network that turns its scores into labels, or into yes and no. */
export interface Decision {
  readonly opType: string;
  /** Name of the tensor with the scores, which the node reads. An ArgMax, for example, discards their values. */
  readonly input: string;
  /** The channel axis, for operations that choose among channels. */
  readonly axis: number;
  readonly kind: 'choice' | 'yes or no';
  /** Whether labels can be read from the output: no later node changes their values, number or place. */
  readonly isReadable: boolean;
  /** Whether the output has the axes of the node's result, in the same order. */
  readonly keepsAxes: boolean;
}

/** Operations that keep labels in their place. */
const keepsLabels = new Set(['Identity', 'Cast', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);
const choices = new Set(['ArgMax', 'Hardmax']);
const comparisons = new Set(['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']);

/** Whether an operation gives each pixel one of several labels. */
export function isChoice(opType: string): boolean {
  return choices.has(opType);
}

/** Finds the node at the end of a network that turns scores into labels, or into yes and no, if there is one. */
export function decisionOf(graph: GraphProto, output: string): Decision | undefined {
  const last = lastComputation(graph, output);
  if (!last || !decisions.has(last.maker.opType)) return undefined;
  const { maker, passed } = last;
  const { opType, input, attribute } = maker;
  const kind = comparisons.has(opType) ? 'yes or no' : 'choice';
  const given = (name: string) => attribute.find((each) => each.name === name)?.i;
  const isPlain = [...passed].every((each) => keepsLabels.has(each)) && !given('select_last_index');
  return {
    opType,
    input: input[0] ?? '',
    axis: Number(given('axis') ?? (opType === 'Hardmax' ? -1 : 0)),
    kind,
    isReadable: isPlain && (choices.has(opType) || kind === 'yes or no'),
    keepsAxes: [...passed].every((each) => each === 'Identity' || each === 'Cast'),
  };
}

/**
 * Replaces the node that turns logits into probabilities with Identity, so that the network yields logits. Changes `graph`
 * in place; does nothing if there is no such node.
 */
export function removeEnding(graph: GraphProto, output: string): void {
  const ending = endingOf(graph, output);
  const last = graph.node.find((made) => ending !== undefined && made.output.includes(ending.tensor));
  if (!last) return;
  last.opType = 'Identity';
  last.attribute = [];
}
