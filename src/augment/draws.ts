import { createRandom } from '../plan/sampling/random.js';

/** Random numbers one after the other. */
export interface Draws {
  /** Uniform in [0, 1). */
  one(): number;
  /** Uniform between two numbers. */
  between(least: number, most: number): number;
  /** One of the integers from 0 to `count - 1`, all alike. */
  below(count: number): number;
}

/** Draws of one purpose; see `createRandom`. */
export function createDraws(seed: number, stream: string): Draws {
  const random = createRandom(seed, stream);
  let taken = 0;
  const one = (): number => {
    const pair = random.pair(taken >> 1);
    return pair[taken++ & 1]!;
  };
  return {
    one,
    between: (least, most) => least + one() * (most - least),
    below: (count) => Math.floor(one() * count),
  };
}

/**
 * A draw from the distribution Beta(alpha, alpha), 0 to 1. Up to 1 by Jöhnk's method (1964, "Erzeugung von betaverteilten und
 * gammaverteilten Zufallszahlen"); above 1, where the density is highest at 1/2, by rejection from the uniform distribution.
 */
export function drawBeta(alpha: number, draws: Draws): number {
  for (;;) {
    const [u, v] = [draws.one(), draws.one()];
    if (alpha > 1) {
      if (v <= (4 * u * (1 - u)) ** (alpha - 1)) return u;
      continue;
    }
    const [x, y] = [u ** (1 / alpha), v ** (1 / alpha)];
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}
