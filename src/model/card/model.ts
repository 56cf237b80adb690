import type { MaskClass, SampleType, Size } from '../../types.js';
import type { TensorLayout } from '../graph/layout.js';
import type { TensorFact } from '../graph/onnx.js';
import type { Fit } from '../measured/fit.js';
import type { Standardization } from './card.js';

/** A class and the probability that a pixel of it must exceed, where the card or a flag gives one. */
export interface ModelClass extends MaskClass {
  readonly threshold?: number;
}

/** `sample * gain + offset` for each channel of the network's image. */
export interface Normalization {
  readonly gain: readonly number[];
  readonly offset: readonly number[];
}

/** A network and all that is known about it. Plain data. */
export interface Model {
  readonly path: string;
  /** Hex digest of the network's bytes. */
  readonly sha256: string;
  readonly name: string;
  /** The classes that a mask can show: `classes[i].label` is `i + 1`. */
  readonly classes: readonly ModelClass[];
  /** The label that each channel of the scores stands for; 0 is background. */
  readonly labels: readonly number[];
  /** Whether a pixel belongs to one class at most, so that the channels compete. */
  readonly exclusive: boolean;
  /** How many channels the scores have. */
  readonly channels: number;
  /** What must still be applied to the network's own output to make probabilities. */
  readonly activation: 'sigmoid' | 'softmax' | 'none';
  /** What turns logits into probabilities. Absent where the network yields probabilities and nothing else. */
  readonly squash?: 'sigmoid' | 'softmax';
  /** The network's input and output as it declares them. */
  readonly image: TensorFact;
  readonly scores: TensorFact;
  /** The output that was asked for by name. */
  readonly output?: string;
  /** The operation that leaves labels of its scores, where the network gives labels: 1 for the label of a pixel and 0 for the others. */
  readonly decision?: string;
  /** Where the channels of the network's input stand. */
  readonly layout: TensorLayout;
  /** How many channels the network's input has, and what they are; see {@link modelPixels}. */
  readonly depth: number;
  readonly color: 'rgb' | 'bgr' | 'gray' | 'channels';
  /** What samples of a slide reach the network. */
  readonly samples: SampleType;
  /** What happens to the samples before the network sees them; `window` gives each channel of each window mean 0 and variance 1. */
  readonly normalize: Normalization | Standardization | 'window' | 'none';
  /** The one window that the network takes, in px, where it was exported for one. */
  readonly fixedWindow?: Size;
  /** The window's side, the stride and the margin that the card suggests, in px. */
  readonly window?: number;
  readonly stride?: number;
  readonly margin?: number;
  /** The step by which windows may be apart for the network to give the same scores, where the card says it, in px. */
  readonly phase?: number;
  /** Where its scores lie under the window, where that was measured or said; without it all over it. */
  readonly fit?: Fit;
  /** How many px of the window have no score on the side where the most are missing; the least margin. Absent for none. */
  readonly crop?: number;
  /** Micrometres per pixel that the network was trained at. */
  readonly mpp?: number;
  /** What was assumed, or read from the graph, and may be worth a look: a few words each. */
  readonly notes: readonly string[];
}

/** What a window holds for a network: RGB as the eye sees it, or as many channels of the slide as the network takes. */
export function modelPixels({ color, depth, samples }: Pick<Model, 'color' | 'depth' | 'samples'>): {
  readonly kind: 'picture' | 'channels';
  readonly channels: number;
} {
  const picture = samples === 'uint8' && color !== 'channels';
  return picture ? { kind: 'picture', channels: 3 } : { kind: 'channels', channels: depth };
}
