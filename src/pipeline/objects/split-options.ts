import { SegtileError } from '../../errors.js';
import type { TouchingSettings } from '../../objects/touching/split.js';
import type { Mpp, Size } from '../../types.js';

/** The options for splitting objects that touch. */
export interface SplitOptions {
  readonly splitTouching?: 'watershed' | undefined;
  /** In micrometres. */
  readonly seedDistance?: number | undefined;
}

/** @throws {SegtileError} `usage` if one option is given without the other */
export function requireSplit({ splitTouching, seedDistance }: SplitOptions): void {
  if (splitTouching !== undefined && seedDistance === undefined)
    throw new SegtileError(
      'usage',
      '--split-touching needs to know how deep inside objects seeds lie',
      'give --seed-distance in micrometres: a little less than the radius of the smallest object',
    );
  if (splitTouching === undefined && seedDistance !== undefined)
    throw new SegtileError('usage', '--seed-distance is given without --split-touching', 'add --split-touching watershed');
}

/**
 * How the objects of a mask are split, if splitting is asked for.
 *
 * @param mpp micrometres per pixel of the mask
 * @throws {SegtileError} `usage` if the size of a pixel is not known
 */
export function touchingOf(
  { splitTouching, seedDistance }: SplitOptions,
  size: Size,
  mpp: Mpp | undefined,
  path: string,
): TouchingSettings | undefined {
  if (splitTouching === undefined) return undefined;
  if (mpp === undefined)
    throw new SegtileError(
      'usage',
      `--seed-distance is in micrometres, but nothing says how large a pixel of ${path} is`,
      'give it with --slide-mpp',
    );
  return { seedDistance: seedDistance! / Math.sqrt(mpp.x * mpp.y), size: { width: size.width, height: size.height } };
}
