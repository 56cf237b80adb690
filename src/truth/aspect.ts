import { SegtileError } from '../errors.js';
import type { Size } from '../types.js';

/**
 * An image may be at most this many times larger or smaller than its slide, along a side. Beyond that it is likely an
 * image of something else.
 */
const MOST = 64;

/**
 * Makes sure that an image shows the whole slide: one factor between 1 / 64 and 64 turns both sides of the slide into
 * the sides of the image. An error of less than a pixel is allowed, because scanners round the levels of a pyramid up
 * or down.
 *
 * @param slide level 0, in pixels
 * @param what what the image is, for messages
 * @throws {SegtileError} `input` naming both sizes
 */
export function requireSameShape(path: string, image: Size, slide: Size, what = 'truth'): void {
  const sizes = `${path} has ${image.width} × ${image.height} px, the slide ${slide.width} × ${slide.height} px`;
  if (!hasShape(image, slide)) {
    if (hasShape({ width: image.height, height: image.width }, slide)) {
      throw new SegtileError(
        'input',
        `${path} has ${image.width} × ${image.height} px, which is the shape of the slide, ${slide.width} × ${slide.height} px, turned by 90 degrees`,
        `pixels are read as stored, without applying a TIFF or EXIF orientation: export slide and ${what} the same way`,
      );
    }
    throw new SegtileError(
      'input',
      `${path} has ${image.width} × ${image.height} px, which is not the shape of the slide, ${slide.width} × ${slide.height} px`,
      `check that it is the ${what} of this slide and shows the whole slide`,
    );
  }
  if (tooFar(slide.width, image.width) || tooFar(slide.height, image.height)) {
    throw new SegtileError(
      'input',
      `${sizes}: ${factorText(image, slide)} is more than ${MOST} times, the limit`,
      `check that it is the ${what} of this slide and shows the whole slide; if so, save it at a ${image.width < slide.width ? 'larger' : 'smaller'} size`,
    );
  }
}

/**
 * Whether one factor scales both sides of the image to those of the slide. An error of less than a pixel of the smaller
 * of the two is allowed.
 */
function hasShape(image: Size, slide: Size): boolean {
  // The smaller one is a rounded copy of the larger.
  const [small, large] = image.width * image.height <= slide.width * slide.height ? [image, slide] : [slide, image];
  const wide = factors(large.width, small.width);
  const high = factors(large.height, small.height);
  return Math.max(wide.least, high.least) < Math.min(wide.most, high.most);
}

/** A note that says by what factor an image is stretched to the slide; none if both have the same size. */
export function stretchNotes(path: string, image: Size, slide: Size): string[] {
  if (image.width === slide.width && image.height === slide.height) return [];
  const how = image.width * image.height > slide.width * slide.height ? 'shrunk to' : 'stretched over';
  return [
    `${path} has ${image.width} × ${image.height} px and is ${how} the ${slide.width} × ${slide.height} px of the slide: ${factorText(image, slide)}`,
  ];
}

/** The factors in x and y, as words. */
function factorText(image: Size, slide: Size): string {
  const text = (factor: number): string => String(Number(factor.toPrecision(4)));
  const [x, y] = [text(slide.width / image.width), text(slide.height / image.height)];
  return x === y ? `by ${x} in x and y` : `by ${x} in x, ${y} in y`;
}

/** Whether the sides differ by a factor of more than {@link MOST}, even if they were rounded. */
function tooFar(slide: number, image: number): boolean {
  return image < Math.floor(slide / MOST) || slide < Math.floor(image / MOST);
}

function factors(large: number, small: number): { least: number; most: number } {
  return { least: large / (small + 1), most: small === 1 ? Infinity : large / (small - 1) };
}
