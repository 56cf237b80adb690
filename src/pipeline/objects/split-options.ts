import { SegtileError } from '../../errors.js';
import { createSplitter, type Splitter } from '../../objects/touching/split.js';
import type { Mpp, Size } from '../../types.js';

/** The options that say how objects that touch are told apart. */
export interface SplitOptions {
  readonly splitTouching?: 'watershed' | undefined;
  /** In micrometres. */
  readonly seedDistance?: number | undefined;
}

/**
 * @throws {SegtileError} `usage` for one option without the other, and together with what is not known of parts of objects
 */
export function requireSplit({ splitTouching, seedDistance, measure }: SplitOptions & { readonly measure?: unknown }): void {
  if (splitTouching !== undefined && seedDistance === undefined)
    throw new SegtileError(
      'usage',
      '--split-touching needs to know how deep inside objects seeds lie',
      'give --seed-distance in micrometres: a little less than the radius of the smallest object',
    );
  if (splitTouching === undefined && seedDistance !== undefined)
    throw new SegtileError('usage', '--seed-distance is given without --split-touching', 'add --split-touching watershed');
  if (splitTouching !== undefined && measure !== undefined)
    throw new SegtileError(
      'usage',
      '--measure and --split-touching exclude each other: pixels have gone by when an object is split',
      'measure the objects as they are, or split them',
    );
}

/**
 * Splits the objects of a mask, if that is asked for.
 *
 * @param mpp of a pixel of the mask
 * @throws {SegtileError} `usage` where the size of a pixel is not known
 */
export function splitterOf(
  { splitTouching, seedDistance }: SplitOptions,
  size: Size,
  mpp: Mpp | undefined,
  path: string,
): Splitter | undefined {
  if (splitTouching === undefined) return undefined;
  if (mpp === undefined)
    throw new SegtileError(
      'usage',
      `--seed-distance is in micrometres, but nothing says how large a pixel of ${path} is`,
      'say so with --slide-mpp',
    );
  return createSplitter({ seedDistance: seedDistance! / Math.sqrt(mpp.x * mpp.y), size });
}
