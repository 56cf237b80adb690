import { SegtileError } from '../errors.js';
import type { Size } from '../types.js';

/** How much larger or smaller than a slide an image of it may be, along a side. More is rather an image of something else. */
const MOST = 64;

/**
 * Makes sure that an image shows the whole slide: that there is a factor by which both sides of the slide become those of the
 * image, give or take less than a pixel, as the levels of a scanner's pyramid are rounded up or down, and that it is at most 64 or at least 1 / 64.
 *
 * @param slide level 0, in pixels
 * @param what the image is, for messages
 * @throws {SegtileError} `input` naming both sizes
 */
export function requireSameShape(path: string, image: Size, slide: Size, what = 'truth'): void {
  const sizes = `${path} has ${image.width} x ${image.height} px, the slide ${slide.width} x ${slide.height} px`;
  if (!hasShape(image, slide)) {
    if (hasShape({ width: image.height, height: image.width }, slide)) {
      throw new SegtileError(
        'input',
        `${path} has ${image.width} x ${image.height} px, which is the shape of the slide, ${slide.width} x ${slide.height} px, turned by a quarter`,
        `pixels are read as they are stored, whatever a TIFF or EXIF orientation says: export slide and ${what} in the same way`,
      );
    }
    throw new SegtileError(
      'input',
      `${path} has ${image.width} x ${image.height} px, which is not the shape of the slide, ${slide.width} x ${slide.height} px`,
      `check that it is the ${what} of this slide, and of the whole of it`,
    );
  }
  if (tooFar(slide.width, image.width) || tooFar(slide.height, image.height)) {
    throw new SegtileError(
      'input',
      `${sizes}: ${factorText(image, slide)} is more than ${MOST} times`,
      `check that it is the ${what} of this slide, and of the whole of it; if it is, save it at a ${image.width < slide.width ? 'larger' : 'smaller'} size`,
    );
  }
}

/** Whether a factor brings both sides of one to those of the other, give or take less than a pixel of the smaller. */
export function hasShape(image: Size, slide: Size): boolean {
  // Of the two the smaller is a rounded copy of the larger.
  const [small, large] = image.width * image.height <= slide.width * slide.height ? [image, slide] : [slide, image];
  const wide = factors(large.width, small.width);
  const high = factors(large.height, small.height);
  return Math.max(wide.least, high.least) < Math.min(wide.most, high.most);
}

/** Says by what factor an image is stretched over a slide, or nothing where it has the slide's size. */
export function stretchNotes(path: string, image: Size, slide: Size): string[] {
  if (image.width === slide.width && image.height === slide.height) return [];
  const how = image.width * image.height > slide.width * slide.height ? 'shrunk to' : 'stretched over';
  return [
    `${path} has ${image.width} x ${image.height} px and is ${how} the ${slide.width} x ${slide.height} px of the slide: ${factorText(image, slide)}`,
  ];
}

/** Factors in x and y; both where they differ. */
function factorText(image: Size, slide: Size): string {
  const text = (factor: number): string => String(Number(factor.toPrecision(4)));
  const [x, y] = [text(slide.width / image.width), text(slide.height / image.height)];
  return x === y ? `by ${x} in x and y` : `by ${x} in x, ${y} in y`;
}

/** Whether no rounding makes one side that of the other at a factor of {@link MOST}. */
function tooFar(slide: number, image: number): boolean {
  return image < Math.floor(slide / MOST) || slide < Math.floor(image / MOST);
}

function factors(large: number, small: number): { least: number; most: number } {
  return { least: large / (small + 1), most: small === 1 ? Infinity : large / (small - 1) };
}
