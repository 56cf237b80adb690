import type { Substances } from './painting/substances.js';
import type { Section } from './structures/section.js';

/** A rectangle of a slide, in pixels. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Everything that the tissue of a slide depends on. The textures hold noise with features of about 1, 5 and 25 µm. */
export interface Ground {
  readonly section: Section;
  readonly seed: number;
  readonly mpp: number;
  readonly fine: Float32Array;
  readonly mid: Float32Array;
  readonly wide: Float32Array;
}

/**
 * The tissue of a tile: what each pixel contains, how much of it is covered by tissue (0 to 1, times the thickness), and
 * its label.
 */
export interface Tissue extends Substances {
  readonly cover: Float32Array;
  readonly labels: Uint8Array;
}

/**
 * Labels of the truth, from 0. A structure's label covers all of it: wall, membrane and lumen. Capillaries between tubules
 * count as vessels.
 */
export const LABELS = ['background', 'glomerulus', 'sclerosed glomerulus', 'tubule', 'vessel'] as const;
