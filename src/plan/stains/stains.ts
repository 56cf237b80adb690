/** Red, green and blue. */
export type Vector = readonly [number, number, number];

/** The two stains of a slide. */
export type Stains = 'hematoxylin-eosin' | 'hematoxylin-dab';

/**
 * The optical density of each stain in red, green and blue (Ruifrok and Johnston 2001, "Quantification of
 * histochemical staining by color deconvolution", the matrix of hematoxylin, eosin and DAB).
 */
const hematoxylin: Vector = [0.65, 0.7, 0.29];
const eosin: Vector = [0.07, 0.99, 0.11];
const dab: Vector = [0.27, 0.57, 0.78];

/** The optical densities of the two stains as unit vectors. */
export const vectorsOf: Readonly<Record<Stains, readonly [Vector, Vector]>> = {
  'hematoxylin-eosin': [unit(hematoxylin), unit(eosin)],
  'hematoxylin-dab': [unit(hematoxylin), unit(dab)],
};

/**
 * Returns the vectors that separate stains: `dot(finders[k], density)` is the amount of stain k. Density along the
 * normal of both stain vectors belongs to neither stain, and is ignored.
 */
export function findersOf([a, b]: readonly [Vector, Vector]): readonly [Vector, Vector] {
  const normal = cross(a, b);
  const area = dot(normal, normal);
  return [scaled(cross(b, normal), 1 / area), scaled(cross(normal, a), 1 / area)];
}

/**
 * The optical density of each sample value `v`: `-ln((v + 1) / 256)`. The 1 keeps the density of black finite. With
 * the natural logarithm, densities are `ln 10` times as large as with `log10`.
 */
export const naturalDensities: Float64Array = Float64Array.from({ length: 256 }, (_, value) => -Math.log((value + 1) / 256));

function unit(vector: Vector): Vector {
  return scaled(vector, 1 / Math.sqrt(dot(vector, vector)));
}

/** The scalar product of two vectors. */
export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function scaled([x, y, z]: Vector, by: number): Vector {
  return [x * by, y * by, z * by];
}
