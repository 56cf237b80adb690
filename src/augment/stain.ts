import type { Pixels } from '../types.js';
import type { Draws } from './draws.js';
import type { StainJitter, Stains } from './steps.js';

type Vector = readonly [number, number, number];

/**
 * The optical density of each stain in red, green and blue (Ruifrok and Johnston 2001, "Quantification of histochemical staining by color
 * deconvolution", the matrix of hematoxylin, eosin and DAB).
 */
const hematoxylin: Vector = [0.65, 0.7, 0.29];
const eosin: Vector = [0.07, 0.99, 0.11];
const dab: Vector = [0.27, 0.57, 0.78];

const vectorsOf: Readonly<Record<Stains, readonly [Vector, Vector]>> = {
  'hematoxylin-eosin': [unit(hematoxylin), unit(eosin)],
  'hematoxylin-dab': [unit(hematoxylin), unit(dab)],
};

/** The change of one stain: its amount is multiplied by `factor`, then `shift` is added, in units of optical density. */
export interface StainChange {
  readonly factor: number;
  readonly shift: number;
}

/** Draws a change for each of the two stains, uniform within the limits of the step. */
export function drawStainChanges(
  { sigma, shift }: Pick<StainJitter, 'sigma' | 'shift'>,
  draws: Draws,
): readonly [StainChange, StainChange] {
  const change = (): StainChange => ({ factor: draws.between(1 - sigma, 1 + sigma), shift: draws.between(-shift, shift) });
  return [change(), change()];
}

/**
 * An RGB image with more or less of each stain. Ruifrok and Johnston's color deconvolution splits the optical density into an amount `c` of each
 * stain, and `c' = factor * c + shift` (Tellez et al. 2018, "Whole-slide mitosis detection in H&E breast histology using PHH3 as a reference to
 * train distilled stain-invariant convolutional networks"). The part of the density that belongs to neither stain is not changed.
 *
 * The optical density of a sample `v` is `-log10((v + 1) / 256)`; the 1 keeps the density of black finite. Results are rounded and clamped to 0
 * to 255.
 */
export function jitterStains(image: Pixels, stains: Stains, changes: readonly [StainChange, StainChange]): Pixels {
  const { rows, offset } = densityMap(vectorsOf[stains], changes);
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = rows;
  const [redOffset, greenOffset, blueOffset] = offset;
  const { data } = image;
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    const red = densities[data[at]!]!;
    const green = densities[data[at + 1]!]!;
    const blue = densities[data[at + 2]!]!;
    out[at] = sampleOf(rr * red + rg * green + rb * blue + redOffset);
    out[at + 1] = sampleOf(gr * red + gg * green + gb * blue + greenOffset);
    out[at + 2] = sampleOf(br * red + bg * green + bb * blue + blueOffset);
  }
  return { ...image, data: out };
}

/** The optical density of each sample value, times the natural logarithm of 10. */
const densities: Float64Array = Float64Array.from({ length: 256 }, (_, value) => -Math.log((value + 1) / 256));

/** The sample value for an optical density that is multiplied by the natural logarithm of 10. */
function sampleOf(density: number): number {
  const value = 256 * Math.exp(-density) - 0.5;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** The effect of the changes on the optical density of red, green and blue: `density' = rows * density + offset`. */
function densityMap(
  stains: readonly [Vector, Vector],
  changes: readonly [StainChange, StainChange],
): { readonly rows: readonly [Vector, Vector, Vector]; readonly offset: Vector } {
  const [a, b] = stains;
  const normal = cross(a, b);
  const area = dot(normal, normal);
  // `dot(finders[k], density)` is the amount of stain k in a density; along the normal both amounts are 0.
  const finders = [scaled(cross(b, normal), 1 / area), scaled(cross(normal, a), 1 / area)];
  const row = (c: 0 | 1 | 2): Vector => {
    const out: [number, number, number] = [0, 0, 0];
    out[c] = 1;
    changes.forEach(({ factor }, k) => {
      for (const j of [0, 1, 2] as const) out[j] += (factor - 1) * stains[k]![c] * finders[k]![j];
    });
    return out;
  };
  const shifted = (c: 0 | 1 | 2): number => Math.LN10 * changes.reduce((sum, { shift }, k) => sum + shift * stains[k]![c], 0);
  return { rows: [row(0), row(1), row(2)], offset: [shifted(0), shifted(1), shifted(2)] };
}

function unit(vector: Vector): Vector {
  return scaled(vector, 1 / Math.sqrt(dot(vector, vector)));
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function scaled([x, y, z]: Vector, by: number): Vector {
  return [x * by, y * by, z * by];
}
