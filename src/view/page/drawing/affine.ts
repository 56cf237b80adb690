import type { Mpp } from '../../../types.js';

/** A transformation from level-0 px to screen px: `x' = a x + c y + e`, `y' = b x + d y + f`. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/**
 * Micrometres per level-0 px in the direction that is horizontal on the screen. Pixels may be wider than high, and the
 * slide may be turned.
 */
export function mppAcross({ a, b, c, d }: Affine, { x, y }: Mpp): number {
  // The way on the slide from one px of the screen to the next one on its right.
  const [right, down] = [d / (a * d - b * c), -b / (a * d - b * c)];
  return Math.hypot(right * x, down * y) * Math.hypot(a, b);
}
