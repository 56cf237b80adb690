import { between, keyOf } from '../random.js';

/**
 * How a stain absorbs light. A pixel holds amounts of four substances: nuclear chromatin, cytoplasm, matrix (basement
 * membrane, brush border, collagen) and red blood cells. Each absorbs red, green and blue in its own proportion
 * (Beer-Lambert law): the optical density of a pixel is the sum of amounts times densities, and its colour is the colour
 * of the glass times 10^-density.
 */
export interface Stain {
  /** Steps of `light` per unit of amount: red, green and blue of each substance, in the order above. */
  readonly density: Densities;
  /** The share of light that passes, from 0 to 1, for optical densities from 0 to 4. */
  readonly light: Float32Array;
  readonly glass: readonly [number, number, number];
}

type Three = readonly [number, number, number];
type Densities = readonly [...Three, ...Three, ...Three, ...Three];

/** Number of entries of `light` per unit of optical density. */
const STEPS = 1024;

/** A stain: PAS, or haematoxylin and eosin. */
export type StainName = 'pas' | 'he';

/** Optical densities per unit of amount, for chromatin, cytoplasm, matrix and red blood cells. */
const VECTORS: Record<StainName, readonly [Three, Three, Three, Three]> = {
  pas: [
    [0.53, 0.55, 0.2],
    [0.14, 0.25, 0.08],
    [0.135, 0.47, 0.14],
    [0.17, 0.4, 0.16],
  ],
  he: [
    [0.5, 0.56, 0.24],
    [0.085, 0.32, 0.145],
    [0.06, 0.28, 0.13],
    [0.08, 0.5, 0.34],
  ],
};

/**
 * Makes a stain. The directions follow Ruifrok and Johnston (2001) for haematoxylin, eosin and PAS, mixed by eye against
 * real sections. Strength, hue and the brightness of the glass vary with the seed.
 */
export function mixStain(name: StainName, seed: number): Stain {
  const key = keyOf(seed, 31, 1);
  const vary = (index: number, spread: number): number => 1 + between(key, index, -spread, spread);
  const strength = vary(0, 0.1);
  const tint = (vector: Three, index: number): Three => [
    vector[0] * STEPS * strength * vary(index, 0.08),
    vector[1] * STEPS * strength * vary(index + 1, 0.05),
    vector[2] * STEPS * strength * vary(index + 2, 0.08),
  ];
  const level = between(key, 1, 216, 240);
  const glass = [level + between(key, 2, -1, 2), level + between(key, 3, -3, 0), level + between(key, 4, 0, 3)] as const;
  const [chromatin, cytoplasm, matrix, blood] = VECTORS[name];
  return {
    density: [...tint(chromatin, 10), ...tint(cytoplasm, 13), ...tint(matrix, 16), ...tint(blood, 19)],
    light: Float32Array.from({ length: 4 * STEPS }, (_, i) => 10 ** (-i / STEPS)),
    glass,
  };
}
