import { SegtileError } from '../../errors.js';
import type { Mpp, Size } from '../../types.js';
import type { SlidePlan } from './plan-slide.js';

/** The size of a mask in pixels, and the size of a pixel in micrometres. */
export interface MaskSize extends Size {
  readonly mpp: Mpp | undefined;
}

/**
 * The most mask pixels along one side of a level-0 pixel. A larger number is a typing error, and the mask would not fit
 * on a disk.
 */
const FINEST = 32;

/**
 * The size of the mask: the size of level 0, or that for the wanted micrometres per pixel.
 *
 * @throws {SegtileError} `usage` if micrometres per pixel are wanted and the slide has none, or if they are much finer
 *   than those of the slide
 */
export function maskSize({ slide }: Pick<SlidePlan, 'slide'>, outputMpp: number | undefined): MaskSize {
  if (outputMpp === undefined) return { width: slide.width, height: slide.height, mpp: slide.mpp && axes(slide.mpp) };
  if (!slide.mpp) {
    throw new SegtileError(
      'usage',
      `the mask should have ${outputMpp} µm per pixel, but ${slide.path} does not say how large its pixels are`,
      'give the size of a level-0 pixel with --slide-mpp, for example --slide-mpp 0.5',
    );
  }
  const finest = Math.max(slide.mpp.x, slide.mpp.y) / FINEST;
  if (outputMpp < finest) {
    throw new SegtileError(
      'usage',
      `expected at least ${Number(finest.toPrecision(3))} µm per pixel of the mask of ${slide.path} but got ${outputMpp}`,
      `the slide itself has ${slide.mpp.x} µm per pixel`,
    );
  }
  const width = Math.max(1, Math.round((slide.width * slide.mpp.x) / outputMpp));
  const height = Math.max(1, Math.round((slide.height * slide.mpp.y) / outputMpp));
  return { width, height, mpp: { x: (slide.mpp.x * slide.width) / width, y: (slide.mpp.y * slide.height) / height } };
}

/** The slide's micrometres per pixel as numbers, without their source. */
function axes({ x, y }: Mpp): Mpp {
  return { x, y };
}
