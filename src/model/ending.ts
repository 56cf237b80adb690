import type { GraphProto, NodeProto } from './onnx.js';

/** How a network's own graph ends, where its scores are probabilities already. */
export interface Ending {
  readonly activation: 'sigmoid' | 'softmax';
  /** Output of the node that makes probabilities. */
  readonly tensor: string;
  /** Whether the graph without that node would yield the logits: nothing else uses its result, and no channel is dropped after a softmax. */
  readonly removable: boolean;
}

const keepsProbabilities = new Set([
  'Identity',
  'Cast',
  'Transpose',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Resize',
  'Upsample',
  'Pad',
]);
const mayDropChannels = new Set(['Slice', 'Gather', 'Split']);

/** Walks from the output towards the input, past what only moves or picks numbers, to a node that makes probabilities. */
export function endingOf(graph: GraphProto, output: string): Ending | undefined {
  const makers = new Map<string, NodeProto>();
  const uses = new Map<string, number>();
  for (const maker of graph.node) {
    for (const name of maker.output) makers.set(name, maker);
    for (const name of maker.input) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  let shared = false;
  let picked = false;
  for (let name = output, steps = 0; steps <= graph.node.length; steps++) {
    const maker = makers.get(name);
    shared ||= (uses.get(name) ?? 0) > (steps === 0 ? 0 : 1);
    if (maker?.opType === 'Sigmoid') return { activation: 'sigmoid', tensor: name, removable: !shared };
    if (maker?.opType === 'Softmax') return { activation: 'softmax', tensor: name, removable: !shared && !picked };
    if (!maker || !(keepsProbabilities.has(maker.opType) || mayDropChannels.has(maker.opType))) return undefined;
    picked ||= mayDropChannels.has(maker.opType);
    name = maker.input[0] ?? '';
  }
  return undefined;
}

/** Makes the node that turns logits into probabilities hand them on as they are. */
export function removeEnding(graph: GraphProto, output: string): void {
  const ending = endingOf(graph, output);
  const last = graph.node.find((made) => ending !== undefined && made.output.includes(ending.tensor));
  if (!last) return;
  last.opType = 'Identity';
  last.attribute = [];
}
