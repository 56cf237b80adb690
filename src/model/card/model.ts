import type { MaskClass, SampleType, Size } from '../../types.js';
import type { TensorFact } from '../graph/format/onnx.js';
import type { TensorLayout } from '../graph/layout.js';
import type { Fit } from '../measured/fit.js';
import type { Standardization } from './card.js';

/** A class, and the probability that its pixels must exceed if the card or a flag gives one. */
export interface ModelClass extends MaskClass {
  readonly threshold?: number;
}

/** `sample * gain + offset` for each channel of the network's image. */
export interface Normalization {
  readonly gain: readonly number[];
  readonly offset: readonly number[];
}

/** A network and everything that is known about it. Plain data. */
export interface Model {
  readonly path: string;
  /** SHA-256 of the network and its weights, in hex; see `ModelFile`. */
  readonly sha256: string;
  readonly name: string;
  /** Whether the network gives scores for the pixels of a window, or one vector of scores for the whole window. */
  readonly task: 'segmentation' | 'classification';
  /** The classes that a mask can show: `classes[i].label` is `i + 1`. */
  readonly classes: readonly ModelClass[];
  /** The label that each channel of the scores stands for; 0 is background. */
  readonly labels: readonly number[];
  /** Whether a pixel belongs to at most one class, so that the channels compete. */
  readonly exclusive: boolean;
  /** How many channels the scores have. */
  readonly channels: number;
  /** The function that must still be applied to the network's output to get probabilities. */
  readonly activation: 'sigmoid' | 'softmax' | 'none';
  /** The function that turns logits into probabilities. Absent if the network only gives probabilities. */
  readonly squash?: 'sigmoid' | 'softmax';
  /** The network's input and output as it declares them. */
  readonly image: TensorFact;
  readonly scores: TensorFact;
  /** The name of the output, if the user or the card chose one. */
  readonly output?: string;
  /**
   * Set if the network gives labels: the operation that makes them. The scores are then 1 for the label of a pixel and 0
   * for all other labels.
   */
  readonly decision?: string;
  /** Set if a classifier is run for its class activation map. */
  readonly cam?: true;
  /** The order of the axes of the network's input. */
  readonly layout: TensorLayout;
  /** How many channels the network's input has, and what they are; see {@link modelPixels}. */
  readonly depth: number;
  readonly color: 'rgb' | 'bgr' | 'gray' | 'channels';
  /** The type of the samples that the network is fed. */
  readonly samples: SampleType;
  /** How samples are normalised before the network. `window` brings each channel of each window to mean 0 and variance 1. */
  readonly normalize: Normalization | Standardization | 'window' | 'none';
  /** The only window size that the network takes, in px, if it was exported with a fixed one. */
  readonly fixedWindow?: Size;
  /** The window's side, the stride and the margin that the card suggests, in px. */
  readonly window?: number;
  readonly stride?: number;
  readonly margin?: number;
  /**
   * The network gives the same scores for windows whose offsets differ by a multiple of this many px. Set if the card says
   * it.
   */
  readonly phase?: number;
  /** Where the scores lie in the window, if that was measured or stated. Without it, they cover the whole window. */
  readonly fit?: Fit;
  /**
   * How many px of the window have no score, on the side where the most are missing. The margin is at least this. Absent
   * if none are missing.
   */
  readonly crop?: number;
  /** The resolution that the network was trained at, in micrometres per pixel. */
  readonly mpp?: number;
  /** What was assumed or read from the graph and may be worth checking, each in a few words. */
  readonly notes: readonly string[];
}

/**
 * The pixels that a network is fed: the RGB picture, always with 3 channels, or as many channels of the slide as the
 * network takes.
 */
export function modelPixels({ color, depth, samples }: Pick<Model, 'color' | 'depth' | 'samples'>): {
  readonly kind: 'picture' | 'channels';
  readonly channels: number;
} {
  const picture = samples === 'uint8' && color !== 'channels';
  return picture ? { kind: 'picture', channels: 3 } : { kind: 'channels', channels: depth };
}
