import { SegtileError } from '../../../errors.js';
import type { Mpp } from '../../../types.js';
import type { CleanUp } from './clean-up.js';

/** An area in pixels of the working image, or in square micrometres. */
export interface Area {
  readonly value: number;
  readonly unit: 'px' | 'um2';
}

/** The sizes below which objects and holes are removed, as the user gives them; see {@link CleanUp}. */
export interface CleanUpAreas {
  readonly minObject?: Area | undefined;
  readonly fillHoles?: Area | undefined;
}

/**
 * The smallest number of pixels that cover at least this area.
 *
 * @param mpp micrometres per pixel
 * @param option the option that gives the area, for messages; `image` is what messages call the image
 * @throws {SegtileError} `usage` if the area is in µm² and the size of pixels is not known
 */
export function areaInPixels({ value, unit }: Area, mpp: Mpp | undefined, option: string, image: string): number {
  if (unit === 'px') return Math.ceil(value);
  if (!mpp) {
    throw new SegtileError(
      'usage',
      `${option} is ${value} µm², but ${image} does not say how large its pixels are`,
      `give pixels, such as ${option} 200px, or the size of a level-0 pixel with --slide-mpp when the model is run`,
    );
  }
  const pixels = value / (mpp.x * mpp.y);
  // A division that should come out even may be off by the last bits.
  const whole = Math.round(pixels);
  return Math.abs(pixels - whole) <= 1e-9 * pixels ? whole : Math.ceil(pixels);
}

/** Whether a clean-up is asked for. */
export function hasCleanUp({ minObject, fillHoles }: CleanUpAreas): boolean {
  return minObject !== undefined || fillHoles !== undefined;
}

/**
 * The limits of a clean-up in pixels; undefined if no clean-up is asked for.
 *
 * @param mpp micrometres per pixel of the mask that is cleaned, if known
 * @param image what messages call the image
 * @throws {SegtileError} `usage` if the area is in µm² and the size of pixels is not known
 */
export function cleanUpOf(areas: CleanUpAreas, mpp: Mpp | undefined, image: string): CleanUp | undefined {
  if (!hasCleanUp(areas)) return undefined;
  const { minObject, fillHoles } = areas;
  return {
    minObject: minObject ? areaInPixels(minObject, mpp, '--min-object', image) : 0,
    fillHoles: fillHoles ? areaInPixels(fillHoles, mpp, '--fill-holes', image) : 0,
  };
}
