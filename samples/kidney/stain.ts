import { between, keyOf } from './random.js';

/**
 * What a stain does to light. A pixel holds amounts of four substances: nuclear chromatin, cytoplasm, matrix (basement membrane, brush
 * border, collagen) and red blood cells. Each absorbs red, green and blue in its own proportion (Beer and Lambert): the optical
 * density of a pixel is the sum of amounts times these vectors, and its colour is the glass' colour times 10^-density.
 */
export interface Stain {
  /** Optical density per unit of amount, for red, green and blue. */
  readonly density: {
    readonly [substance in 'chromatin' | 'cytoplasm' | 'matrix' | 'blood']: readonly [number, number, number];
  };
  readonly glass: readonly [number, number, number];
}

export type StainName = 'pas' | 'he';

/**
 * Directions after Ruifrok and Johnston (2001) for haematoxylin, eosin and PAS, mixed by eye against real sections; strength,
 * hue and the brightness of the glass vary with the seed.
 */
export function mixStain(name: StainName, seed: number): Stain {
  const key = keyOf(seed, 31, 1);
  const vary = (index: number, spread: number): number => 1 + between(key, index, -spread, spread);
  const strength = vary(0, 0.1);
  const tint = (vector: readonly number[], index: number): [number, number, number] => [
    vector[0]! * strength * vary(index, 0.08),
    vector[1]! * strength * vary(index + 1, 0.05),
    vector[2]! * strength * vary(index + 2, 0.08),
  ];
  const level = between(key, 1, 216, 240);
  const glass = [level + between(key, 2, -1, 2), level + between(key, 3, -3, 0), level + between(key, 4, 0, 3)] as const;
  const substances =
    name === 'pas'
      ? [
          [0.53, 0.55, 0.2],
          [0.14, 0.25, 0.08],
          [0.135, 0.47, 0.14],
          [0.17, 0.4, 0.16],
        ]
      : [
          [0.5, 0.56, 0.24],
          [0.09, 0.36, 0.16],
          [0.06, 0.3, 0.14],
          [0.08, 0.52, 0.34],
        ];
  const [chromatin, cytoplasm, matrix, blood] = substances.map((vector, i) => tint(vector, 10 + 3 * i));
  return { density: { chromatin: chromatin!, cytoplasm: cytoplasm!, matrix: matrix!, blood: blood! }, glass };
}

/** Steps of the table {@link lightTable}, per unit of optical density. */
export const DENSITY_STEPS = 1024;

/** Light that is left, 0 to 1, for optical densities from 0 to 4. */
export function lightTable(): Float32Array {
  return Float32Array.from({ length: 4 * DENSITY_STEPS }, (_, i) => 10 ** (-i / DENSITY_STEPS));
}
