import { node, parseModel, serializeModel, tensor, valueInfo } from '../../../dist/model/graph/onnx.js';

/** A network of one class with logits, with probabilities of background and class as its output instead, for windows of 512 px. */
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
