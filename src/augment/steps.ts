import type { Rgb } from '../types.js';

/** What every step has: how likely it is to be taken, 0 to 1, and the seed of its draws. */
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

/** How holes are filled: with one colour, or that of the tile's mean; and what their labels become: 255, 0, or what they are. */
export interface Filling {
  readonly fill: 'mean' | Rgb;
  readonly mask: 'ignore' | 'background' | 'keep';
}

/** Squares cut out of the tile, around any of its pixels, the parts outside of it left away. */
export interface Cutout extends Chance, Filling {
  readonly kind: 'cutout';
  readonly holes: number;
  /** Side of a square, as a share of the tile's shorter side. */
  readonly size: number;
}

/** A regular grid of squares cut out of the tile. */
export interface GridDropout extends Chance, Filling {
  readonly kind: 'grid-dropout';
  /** Least and greatest distance from a square to the next, as shares of the tile's shorter side. */
  readonly unit: readonly [number, number];
  /** Side of a square, as a share of that distance. */
  readonly hole: number;
}

/** A part of the tile that holds a labelled pixel, enlarged to the tile's size; only as the first step. A tile without one is left as it is. */
export interface NonEmptyCrop extends Chance {
  readonly kind: 'non-empty-crop';
  /** Least and greatest side of the part, as shares of the tile's. */
  readonly scale: readonly [number, number];
}

/** Which two stains a slide has. */
export type Stains = 'hematoxylin-eosin' | 'hematoxylin-dab';

/** More or less of each stain. */
export interface StainJitter extends Chance {
  readonly kind: 'stain-jitter';
  readonly stains: Stains;
  /** The amount of each stain is multiplied by a factor between `1 - sigma` and `1 + sigma`. */
  readonly sigma: number;
  /** And raised by something between `-shift` and `shift`, in units of optical density. */
  readonly shift: number;
}

/** Another tile over this one: blended, or a part of it laid over. */
export interface Mix extends Chance {
  readonly kind: 'mixup' | 'cutmix';
  /** Both parameters of the Beta distribution from which the ratio is drawn. */
  readonly alpha: number;
}

/** One thing that is done to a tile. */
export type AugmentStep = Flip | Rotate90 | Cutout | GridDropout | NonEmptyCrop | StainJitter | Mix;

/** Whether a step needs another tile. */
export function isMix(step: AugmentStep): step is Mix {
  return step.kind === 'mixup' || step.kind === 'cutmix';
}

/** What is made of tiles besides themselves. */
export interface Augmentation {
  /** The seed of all that is no step's: which tiles are mixed. */
  readonly seed: number;
  /** How many copies of each tile are made. */
  readonly copies: number;
  /** Parts of the dataset whose tiles are copied. */
  readonly splits: readonly string[];
  /** What is done to a copy, in order. */
  readonly steps: readonly AugmentStep[];
}
