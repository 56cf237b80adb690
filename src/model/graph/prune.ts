import type { GraphProto } from './format/onnx.js';

/** Whether nodes have subgraphs, which can take any tensor. */
export function hasSubgraphs({ node }: GraphProto): boolean {
  return node.some(({ attribute }) => attribute.some(({ type }) => type === 5 || type === 10));
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
