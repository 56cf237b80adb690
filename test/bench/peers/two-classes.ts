import { node, parseModel, serializeModel, tensor, valueInfo } from '../../../dist/model/graph/format/onnx.js';

/** Changes a network with logits of one class so that it gives probabilities of background and class, for windows of 512 px. */
export function withTwoClasses(network: Uint8Array): Uint8Array {
  const model = parseModel(network);
  const graph = model.graph!;
  graph.node.push(
    node('Sigmoid', ['out'], 'class'),
    node('Sub', ['one', 'class'], 'background'),
    node('Concat', ['background', 'class'], 'probabilities', { axis: 1n }),
  );
  graph.initializer.push(tensor('one', Float32Array.of(1)));
  graph.output = [valueInfo('probabilities', 'float32', [1, 2, 512, 512])];
  return serializeModel(model);
}
