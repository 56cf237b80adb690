import { createRandom } from '../plan/sampling/random.js';

/** A sequence of random numbers. */
export interface Draws {
  /** Uniform in [0, 1). */
  one(): number;
  /** Uniform between two numbers. */
  between(least: number, most: number): number;
  /** One of the integers from 0 to `count - 1`, each equally likely. */
  below(count: number): number;
}

/** The random numbers for one purpose, named by `stream`; see `createRandom`. */
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
 * A draw from the distribution Beta(alpha, alpha), 0 to 1. For alpha up to 1 by Jöhnk's method (1964, "Erzeugung von
 * betaverteilten und gammaverteilten Zufallszahlen"); for alpha above 1, with the highest density at 1/2, by
 * rejection from the uniform distribution.
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
