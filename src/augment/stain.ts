import { findersOf, naturalDensities, type Vector, vectorsOf } from '../plan/stains/stains.js';
import type { Pixels } from '../types.js';
import type { Draws } from './draws.js';
import type { StainJitter, Stains } from './steps.js';

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
 * An RGB image with more or less of each stain. Ruifrok and Johnston's color deconvolution splits the optical density
 * into an amount `c` of each stain, and `c' = factor * c + shift` (Tellez et al. 2018, "Whole-slide mitosis detection
 * in H&E breast histology using PHH3 as a reference to train distilled stain-invariant convolutional networks"). The
 * part of the density that belongs to neither stain is not changed.
 *
 * The optical density of a sample `v` is `-log10((v + 1) / 256)`; the 1 keeps the density of black finite. Results
 * are rounded and clamped to 0 to 255.
 */
export function jitterStains(image: Pixels, stains: Stains, changes: readonly [StainChange, StainChange]): Pixels {
  const { rows, offset } = densityMap(vectorsOf[stains], changes);
  const [[rr, rg, rb], [gr, gg, gb], [br, bg, bb]] = rows;
  const [redOffset, greenOffset, blueOffset] = offset;
  const { data } = image;
  const out = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    const red = naturalDensities[data[at]!]!;
    const green = naturalDensities[data[at + 1]!]!;
    const blue = naturalDensities[data[at + 2]!]!;
    out[at] = sampleOf(rr * red + rg * green + rb * blue + redOffset);
    out[at + 1] = sampleOf(gr * red + gg * green + gb * blue + greenOffset);
    out[at + 2] = sampleOf(br * red + bg * green + bb * blue + blueOffset);
  }
  return { ...image, data: out };
}

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
  const finders = findersOf(stains);
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
