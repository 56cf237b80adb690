import type { Size } from '../../types.js';
import type { Model } from '../card/model.js';

/** How a model is run, as far as its graph depends on it. */
export interface GraphWay {
  readonly window: Size;
  readonly output: 'probabilities' | 'logits';
  readonly scoreType: 'float32' | 'uint8';
}

/** Everything that the graph that onnxruntime gets is made from, besides the network. Serializable as JSON. */
export function graphCircumstances(model: Model, { window, output, scoreType }: GraphWay): object {
  const { output: named, cam, layout, color, samples, normalize, activation, crop } = model;
  return { window, output, scoreType, named, cam, layout, color, samples, normalize, activation, crop };
}
