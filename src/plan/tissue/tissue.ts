import type { Box, Pixels, Size } from '../../types.js';
import { RADIUS, sampling } from './background.js';
import { removeSmall } from './components.js';
import { medianAbove, medianRows, otsuThreshold, saturation } from './saturation.js';

/** How tissue is found by default: one rule for every command that looks for tissue. */
export const DEFAULT_TISSUE = 'auto';

/**
 * Where a slide has tissue, on a coarse raster over the whole slide, as a summed-area table:
 * `sums[(y) * (width + 1) + x]` counts the tissue pixels above and to the left of `(x, y)`.
 */
export interface TissueMap extends Size {
  readonly sums: Uint32Array;
}

/** Makes a tissue map from a raster in which everything but 0 is tissue. */
export function tissueMap(mask: Uint8Array, { width, height }: Size): TissueMap {
  const sums = new Uint32Array((width + 1) * (height + 1));
  for (let y = 0, at = 0; y < height; y++) {
    let inRow = 0;
    // Starts at the second row and column: the first ones stay 0, since there is nothing above or to the left.
    for (let to = (y + 1) * (width + 1) + 1; to < (y + 2) * (width + 1); to++) {
      if (mask[at++] !== 0) inRow++;
      sums[to] = sums[to - width - 1]! + inRow;
    }
  }
  return { width, height, sums };
}

/**
 * Share of a box that is tissue, 0 to 1. Only the part of the box that lies on the slide counts. The box is widened
 * to whole pixels of the map, so that tissue that only just enters a window is seen.
 *
 * @param box in pixels of an image of the slide
 * @param size how many pixels of that image, perhaps with a fraction, lie on the slide, which the map covers from
 *   edge to edge
 */
export function tissueShare(map: TissueMap, box: Box, size: Size): number {
  const across = onMap(box.x, box.width, size.width, map.width);
  const down = onMap(box.y, box.height, size.height, map.height);
  const at = (x: number, y: number): number => map.sums[y * (map.width + 1) + x]!;
  const count =
    at(across.end, down.end) - at(across.start, down.end) - at(across.end, down.start) + at(across.start, down.start);
  return count / ((across.end - across.start) * (down.end - down.start));
}

/** The pixels of a map along one axis that a span of an image touches, as `start` and `end`; at least one. */
export function onMap(start: number, length: number, full: number, mapped: number): { start: number; end: number } {
  const scale = mapped / full;
  const first = Math.min(Math.floor(Math.max(start, 0) * scale), mapped - 1);
  const end = Math.ceil(Math.min(start + length, full) * scale);
  return { start: first, end: Math.min(Math.max(end, first + 1), mapped) };
}

/**
 * Above this saturation a pixel is always tissue, whatever Otsu's threshold is; HuBMAP's best teams used the same 40
 * as their only rule.
 */
export const STAINED = 40;

/** Below this saturation a pixel is always glass, whatever Otsu's threshold is: JPEG noise on white reaches about 10. */
const GLASS = 10;

/**
 * The saturation that separates tissue from glass: Otsu's threshold of the 7 × 7 median, clamped to the range from
 * {@link GLASS} to {@link STAINED}. It is clamped because every histogram has a best split, even if the view shows
 * only glass or only tissue.
 *
 * @param plane saturation of the whole slide at about 2,048 px
 */
export function tissueThreshold(plane: Uint8Array, size: Size): number {
  const split = otsuThreshold(medianRows(plane, size.width, size.height, RADIUS, sampling(size)));
  return Math.min(Math.max(split, GLASS), STAINED);
}

/**
 * The tissue mask: 1 where the 7 × 7 median of saturation exceeds a threshold, else 0. Objects of fewer than 16
 * pixels and holes of fewer than 64 pixels are removed.
 */
export function saturatedTissue(plane: Uint8Array, { width, height }: Size, threshold: number): Uint8Array {
  const mask = medianAbove(plane, width, height, RADIUS, threshold);
  removeSmall(mask, width, height, 1, 16);
  removeSmall(mask, width, height, 0, 64);
  return mask;
}

/** A mask of the pixels whose saturation exceeds {@link STAINED}, unfiltered: 1, else 0. */
export function stainedPixels(overview: Pixels): Uint8Array {
  return saturation(overview).map((value) => (value > STAINED ? 1 : 0));
}

/**
 * With the `hubmap` rule, the stained share of a window must exceed this for the window to be run: a window is
 * background when `count(S > 40) <= 1000 (T / 256)^2`, which is a share of `1000 / 256^2` whatever the window size.
 */
export const HUBMAP_SHARE: number = 1000 / 256 ** 2;
