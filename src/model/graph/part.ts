import { constant, node, type ValueInfoProto, valueInfo } from './format/onnx.js';
import type { GraphStep, Names } from './graph-steps.js';

/**
 * A step that keeps a part of planes `[batch, channels, height, width]`, and the two inputs of the graph that say which:
 * int64 `[top, left]` of its first pixel, and int64 `[bottom, right]` behind its last one. They are inputs and no constants
 * because windows at the slide's border keep more than others.
 */
export function partStep(names: Names): { readonly inputs: readonly ValueInfoProto[]; readonly step: GraphStep } {
  const [from, to, sides] = [names('from'), names('to'), names('sides')];
  return {
    inputs: [from, to].map((name) => valueInfo(name, 'int64', [2])),
    step: (input, output) => [constant(sides, BigInt64Array.of(2n, 3n)), node('Slice', [input, from, to, sides], output)],
  };
}
