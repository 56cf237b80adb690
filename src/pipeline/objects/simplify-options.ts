import { SegtileError } from '../../errors.js';
import type { SimplifySettings } from '../../objects/simplify/simplify.js';
import { type Length, lengthInPixels } from '../../plan/labels/length.js';
import type { Mpp } from '../../types.js';

/** The option for simpler outlines. */
export interface SimplifyOptions {
  /** How far a simplified outline may be from the corners of the pixels: in pixels of the mask, or in micrometres. */
  readonly simplify?: Length | undefined;
}

/** The entry of a record on simplified outlines. */
export interface SimplifiedFacts {
  /** The tolerance in pixels of the mask. */
  readonly tolerancePx: number;
  /** The number of objects whose outlines stay as they are in part, because they would cross themselves. */
  readonly unsimplified: number;
}

/** Half a pixel: a smaller tolerance changes no outline. */
const LEAST_PX = 0.5;

/** @throws {SegtileError} `usage` if the tolerance changes no outline */
export function requireSimplify({ simplify }: SimplifyOptions): void {
  if (simplify === undefined || simplify.unit === 'um' || simplify.value >= LEAST_PX) return;
  throw new SegtileError(
    'usage',
    `--simplify ${simplify.value}px changes nothing: the edges of pixels are half a pixel from the line that they follow`,
    'give --simplify 0.5px or more',
  );
}

/**
 * How the outlines of a mask are simplified, if it is asked for.
 *
 * @param scale level-0 pixels per pixel of the mask
 * @param mpp micrometres per pixel of the mask
 * @param split whether objects are split
 * @throws {SegtileError} `usage` if the tolerance is in micrometres and the size of a pixel is not known
 */
export function simplifyingOf(
  { simplify }: SimplifyOptions,
  scale: SimplifySettings['scale'],
  mpp: Mpp | undefined,
  split: boolean,
  path: string,
): SimplifySettings | undefined {
  if (simplify === undefined) return undefined;
  return { tolerance: lengthInPixels(simplify, mpp, '--simplify', path), scale, split };
}
