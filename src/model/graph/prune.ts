import type { GraphProto, NodeProto } from './format/onnx.js';

/** Types of attributes that hold one subgraph or several (`AttributeProto.AttributeType` in onnx.proto). */
const graphTypes: ReadonlySet<number> = new Set([5, 10]);

/** Whether a node has subgraphs, which can take any tensor. */
export function hasSubgraph({ attribute }: NodeProto): boolean {
  return attribute.some(({ type }) => graphTypes.has(type));
}

/** Whether any node of a graph has subgraphs. */
export function hasSubgraphs({ node }: GraphProto): boolean {
  return node.some(hasSubgraph);
}

/**
 * Removes nodes that no output needs, such as heads that are only used in training. Does nothing if a node has a subgraph,
 * because a subgraph may use any tensor.
 */
export function prune(graph: GraphProto): void {
  if (hasSubgraphs(graph)) return;
  const needed = new Set(graph.output.map(({ name }) => name));
  const kept = [...graph.node].reverse().filter(({ input, output }) => {
    const isNeeded = output.some((name) => needed.has(name));
    if (isNeeded) for (const name of input) needed.add(name);
    return isNeeded;
  });
  graph.node = kept.reverse();
}

/** Removes the weights that nothing in a graph takes any more. */
export function dropIdleWeights(graph: GraphProto): void {
  const used = new Set([...graph.node.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)]);
  const idle = new Set(graph.initializer.map(({ name }) => name).filter((name) => !used.has(name)));
  graph.initializer = graph.initializer.filter(({ name }) => !idle.has(name));
  graph.input = graph.input.filter(({ name }) => !idle.has(name)); // before IR version 4 they are listed there too
}
