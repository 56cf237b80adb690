import { SegtileError } from '../../errors.js';
import type { Mpp } from '../../types.js';

/**
 * Micrometres per pixel that a slide can have. An objective of 1.25x gives 8; programs that know nothing of size write 72 to 600 dots per inch, 353 to
 * 42 µm. A model that is run at a wrong size fails silently, so what lies beyond is an error or unknown, never believed.
 */
export const LEAST_MPP = 0.02;
export const LARGEST_MPP = 20;

/** How much longer one side of a pixel can be than the other. */
const LARGEST_ASPECT = 2;

/** Why a slide cannot have pixels of this size, as the end of a sentence; undefined where it can. */
export function mppProblem({ x, y }: Mpp): string | undefined {
  if (!(Math.min(x, y) >= LEAST_MPP && Math.max(x, y) <= LARGEST_MPP)) {
    return `beyond ${LEAST_MPP} to ${LARGEST_MPP} µm`;
  }
  // A ratio that is said as such may be off by the last bit.
  return Math.max(x / y, y / x) > LARGEST_ASPECT * (1 + 1e-9) ? `with sides more than 1:${LARGEST_ASPECT} apart` : undefined;
}

/**
 * Micrometres per pixel as a person says them.
 *
 * @param what says so, such as `--mpp`
 * @param code whose fault a wrong number is
 * @throws {SegtileError} where no slide can have them
 */
export function requireMpp(value: number, what: string, code: 'usage' | 'input' | 'model' = 'usage'): number {
  if (value >= LEAST_MPP && value <= LARGEST_MPP) return value;
  throw new SegtileError(
    code,
    `expected ${LEAST_MPP} to ${LARGEST_MPP} µm per pixel for ${what} but got ${value}`,
    'give micrometres per pixel, such as 0.5',
  );
}
