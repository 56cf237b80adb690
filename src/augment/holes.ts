import { IGNORED } from '../plan/labels/ignored.js';
import type { Box, Pixels, Rgb, Size } from '../types.js';
import type { Draws } from './draws.js';
import type { Cutout, Filling, GridDropout } from './steps.js';

/**
 * Squares with centres at random pixels, each equally likely, cut at the border of the tile (DeVries and Taylor 2017,
 * "Improved regularization of convolutional neural networks with cutout"). Their side is `size` times the shorter
 * side of the tile.
 */
export function cutoutHoles({ holes, size }: Pick<Cutout, 'holes' | 'size'>, tile: Size, draws: Draws): Box[] {
  const side = Math.max(1, Math.round(size * Math.min(tile.width, tile.height)));
  return Array.from({ length: holes }, () => {
    const x = draws.below(tile.width) - (side >> 1);
    const y = draws.below(tile.height) - (side >> 1);
    return clipped({ x, y, width: side, height: side }, tile);
  });
}

/**
 * A grid of squares, in px: the distance from one square to the next is `unit`, their side is `hole`, and the first
 * is at `x`, `y`, both below `unit`.
 */
export interface HoleGrid {
  readonly unit: number;
  readonly hole: number;
  readonly x: number;
  readonly y: number;
}

/**
 * The grid of GridMask (Chen, Liu, Zhao and Jia 2020, "GridMask data augmentation"). Its unit `d` is drawn between
 * the two limits, its start anywhere in a unit. The paper's ratio `r`, the part of a unit's edge that is kept, is
 * `1 - hole / unit` here. So `(hole / unit)^2` of each whole unit is cut out.
 */
export function drawGrid({ unit, hole }: Pick<GridDropout, 'unit' | 'hole'>, { width, height }: Size, draws: Draws): HoleGrid {
  const distance = Math.max(2, Math.round(draws.between(unit[0], unit[1]) * Math.min(width, height)));
  const side = Math.min(distance - 1, Math.max(1, Math.round(hole * distance)));
  return { unit: distance, hole: side, x: draws.below(distance), y: draws.below(distance) };
}

/** The squares of a grid that lie on a tile, cut at its border. */
export function gridHoles({ unit, hole, x, y }: HoleGrid, tile: Size): Box[] {
  const holes: Box[] = [];
  for (let top = y - unit; top < tile.height; top += unit) {
    for (let left = x - unit; left < tile.width; left += unit) {
      const box = clipped({ x: left, y: top, width: hole, height: hole }, tile);
      if (box.width > 0 && box.height > 0) holes.push(box);
    }
  }
  return holes;
}

/** The image with holes filled. */
export function fillHoles(image: Pixels, holes: readonly Box[], fill: Filling['fill']): Pixels {
  const [red, green, blue] = fill === 'mean' ? meanColor(image) : fill;
  const data = image.data.slice();
  for (const { x, y, width, height } of holes) {
    for (let row = y; row < y + height; row++) {
      for (let at = (row * image.width + x) * 3, end = at + width * 3; at < end; at += 3) {
        data[at] = red;
        data[at + 1] = green;
        data[at + 2] = blue;
      }
    }
  }
  return { ...image, data };
}

/** The labels with holes filled. Ignored pixels stay ignored. */
export function fillLabels(mask: Pixels, holes: readonly Box[], rule: Filling['mask']): Pixels {
  if (rule === 'keep') return mask;
  const data = mask.data.slice();
  for (const { x, y, width, height } of holes) {
    for (let row = y; row < y + height; row++) {
      const first = row * mask.width + x;
      if (rule === 'ignore') data.fill(IGNORED, first, first + width);
      else for (let at = first; at < first + width; at++) if (data[at] !== IGNORED) data[at] = 0;
    }
  }
  return { ...mask, data };
}

function meanColor({ data }: Pixels): Rgb {
  let [red, green, blue] = [0, 0, 0];
  for (let at = 0; at < data.length; at += 3) {
    red += data[at]!;
    green += data[at + 1]!;
    blue += data[at + 2]!;
  }
  const mean = (sum: number): number => Math.round((sum * 3) / data.length);
  return [mean(red), mean(green), mean(blue)];
}

function clipped(box: Box, { width, height }: Size): Box {
  const x = Math.max(box.x, 0);
  const y = Math.max(box.y, 0);
  return {
    x,
    y,
    width: Math.max(0, Math.min(box.x + box.width, width) - x),
    height: Math.max(0, Math.min(box.y + box.height, height) - y),
  };
}
