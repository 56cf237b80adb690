import { SegtileError } from '../errors.js';
import type { Size } from '../types.js';

/**
 * Makes sure that an image shows the whole slide: that there is a factor by which both sides of the slide become those of the image, give or take
 * less than a pixel for rounding.
 *
 * @param slide level 0, in pixels
 * @throws {SegtileError} `input` naming both sizes
 */
export function requireSameShape(path: string, image: Size, slide: Size): void {
  const wide = factors(slide.width, image.width);
  const high = factors(slide.height, image.height);
  if (Math.max(wide.least, high.least) < Math.min(wide.most, high.most)) return;
  throw new SegtileError(
    'input',
    `${path} has ${image.width} x ${image.height} px, which is not the shape of the slide, ${slide.width} x ${slide.height} px`,
    'check that it is the truth of this slide, and of the whole of it',
  );
}

function factors(slide: number, image: number): { least: number; most: number } {
  return { least: slide / (image + 1), most: image === 1 ? Infinity : slide / (image - 1) };
}
