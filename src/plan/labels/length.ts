import { SegtileError } from '../../errors.js';
import type { Mpp } from '../../types.js';

/** A length in pixels of an image, or in micrometres. */
export interface Length {
  readonly value: number;
  readonly unit: 'px' | 'um';
}

/**
 * A length in pixels.
 *
 * @param mpp micrometres per pixel
 * @param option the option that gives the length, for messages; `image` is what messages call the image
 * @throws {SegtileError} `usage` if the length is in µm and the size of pixels is not known
 */
export function lengthInPixels({ value, unit }: Length, mpp: Mpp | undefined, option: string, image: string): number {
  if (unit === 'px') return value;
  if (mpp) return value / Math.sqrt(mpp.x * mpp.y);
  throw new SegtileError(
    'usage',
    `${option} is ${value} µm, but nothing says how large a pixel of ${image} is`,
    `say so with --slide-mpp, or give pixels, such as ${option} 0.5px`,
  );
}
