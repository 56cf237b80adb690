import { SegtileError } from '../../errors.js';
import type { Mpp } from '../../types.js';

/**
 * The range of micrometres per pixel that a slide can have. An objective of 1.25x gives 8. Programs that do not know
 * the size write 72 to 600 dots per inch, which is 353 to 42 µm. A model that is run at a wrong pixel size fails
 * silently, so a value outside this range is an error or counts as unknown. It is never used.
 */
export const LEAST_MPP = 0.02;
export const LARGEST_MPP = 20;

/** The largest ratio of the two sides of a pixel. */
const LARGEST_ASPECT = 2;

/** Why a slide cannot have pixels of this size, as the end of a sentence; undefined if it can. */
export function mppProblem({ x, y }: Mpp): string | undefined {
  if (!(Math.min(x, y) >= LEAST_MPP && Math.max(x, y) <= LARGEST_MPP)) {
    return `beyond ${LEAST_MPP} to ${LARGEST_MPP} µm`;
  }
  // A ratio of exactly the limit may be off by the last bit.
  return Math.max(x / y, y / x) > LARGEST_ASPECT * (1 + 1e-9) ? `with sides more than 1:${LARGEST_ASPECT} apart` : undefined;
}

/**
 * Checks micrometres per pixel that a user gave, and returns them.
 *
 * @param what the option that gave them, such as `--mpp`, for messages
 * @param code the code of the error for a wrong number
 * @throws {SegtileError} with `code` if no slide can have them
 */
export function requireMpp(value: number, what: string, code: 'usage' | 'input' | 'model' = 'usage'): number {
  if (value >= LEAST_MPP && value <= LARGEST_MPP) return value;
  throw new SegtileError(
    code,
    `expected ${LEAST_MPP} to ${LARGEST_MPP} µm per pixel for ${what} but got ${value}`,
    'give micrometres per pixel, such as 0.5',
  );
}
