import type { Section } from './section.js';
import type { Substances } from './substances.js';

/** A rectangle of a slide in its pixels. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** All that the tissue of a slide depends on. Textures hold noise with features of about 1, 5 and 25 um. */
export interface Ground {
  readonly section: Section;
  readonly seed: number;
  readonly mpp: number;
  readonly fine: Float32Array;
  readonly mid: Float32Array;
  readonly wide: Float32Array;
}

/** The tissue of a tile: what is in each pixel, how much of it is covered by tissue (0 to 1 times its thickness), and its label. */
export interface Tissue extends Substances {
  readonly cover: Float32Array;
  readonly labels: Uint8Array;
}

/** Labels of the truth, in order from 0. A structure's label holds for all of it: wall, membrane and lumen. Capillaries between tubules are vessels. */
export const LABELS = ['background', 'glomerulus', 'sclerosed glomerulus', 'tubule', 'vessel'] as const;
