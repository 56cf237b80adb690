import type { Stains } from '../plan/stains/stains.js';
import type { Rgb } from '../types.js';

/** What every step has: the probability that it is done, 0 to 1, and the seed of its random draws. */
export interface Chance {
  readonly probability: number;
  readonly seed: number;
}

/** Swaps left and right, or top and bottom. */
export interface Flip extends Chance {
  readonly kind: 'flip-horizontal' | 'flip-vertical';
}

/** Turns by one, two or three quarters of a circle, each as likely. */
export interface Rotate90 extends Chance {
  readonly kind: 'rotate90';
}

/** How holes are filled, with one colour or the mean of the tile, and what their labels become: 255, 0, or unchanged. */
export interface Filling {
  readonly fill: 'mean' | Rgb;
  readonly mask: 'ignore' | 'background' | 'keep';
}

/** Squares cut out of the tile around random pixels; parts outside the tile are cut off. */
export interface Cutout extends Chance, Filling {
  readonly kind: 'cutout';
  readonly holes: number;
  /** Side of a square, as a share of the tile's shorter side. */
  readonly size: number;
}

/** A regular grid of squares cut out of the tile. */
export interface GridDropout extends Chance, Filling {
  readonly kind: 'grid-dropout';
  /** Smallest and largest distance from a square to the next, as shares of the tile's shorter side. */
  readonly unit: readonly [number, number];
  /** Side of a square, as a share of that distance. */
  readonly hole: number;
}

/**
 * A part of the tile that contains a labelled pixel, enlarged to the tile's size. Only allowed as the first step. A
 * tile without labels is not changed.
 */
export interface NonEmptyCrop extends Chance {
  readonly kind: 'non-empty-crop';
  /** Smallest and largest side of the part, as shares of the tile's sides. */
  readonly scale: readonly [number, number];
}

export type { Stains };

/** More or less of each stain. */
export interface StainJitter extends Chance {
  readonly kind: 'stain-jitter';
  readonly stains: Stains;
  /** The amount of each stain is multiplied by a factor between `1 - sigma` and `1 + sigma`. */
  readonly sigma: number;
  /** Then a number between `-shift` and `shift` is added, in units of optical density. */
  readonly shift: number;
}

/** Mixes another tile into this one: blends both, or replaces a box by the other tile. */
export interface Mix extends Chance {
  readonly kind: 'mixup' | 'cutmix';
  /** Both parameters of the Beta distribution that the ratio is drawn from. */
  readonly alpha: number;
}

/** Replaces a box of the tile by one of another tile, and weighs labels by where classes are active. */
export interface SnapMix extends Chance {
  readonly kind: 'snapmix';
  /** Both parameters of the Beta distribution that the sizes of both boxes are drawn from. */
  readonly alpha: number;
  /** The folder of the maps of activation, files of probabilities by slide. */
  readonly maps: string;
}

/** One change of a tile. */
export type AugmentStep = Flip | Rotate90 | Cutout | GridDropout | NonEmptyCrop | StainJitter | Mix | SnapMix;

/** Whether a step needs another tile. */
export function isMix(step: AugmentStep): step is Mix | SnapMix {
  return step.kind === 'mixup' || step.kind === 'cutmix' || step.kind === 'snapmix';
}

/** How changed copies of tiles are made. */
export interface Augmentation {
  /** The seed of the draws that belong to no step: which tiles are mixed. */
  readonly seed: number;
  /** The number of copies of each tile. */
  readonly copies: number;
  /** Parts of the dataset whose tiles are copied. */
  readonly splits: readonly string[];
  /** The steps that are done to a copy, in order. */
  readonly steps: readonly AugmentStep[];
}
