import type { Box, Size } from '../../types.js';
import { createGrid, windowsOfRow } from '../windows/grid.js';

/** The top left corner of a window, in working pixels. */
export interface WindowCorner {
  readonly x: number;
  readonly y: number;
}

/**
 * The windows of a grid without margins, in row-major order; the last of a row or column ends at the border of the image.
 *
 * @throws {SegtileError} `usage` where the stride exceeds the window, or a length is no positive integer
 */
export function gridPlaces(size: Size, window: Size, stride: Size): WindowCorner[] {
  const grid = createGrid({ size, window, stride, margin: 0, border: 'keep' });
  return Array.from({ length: grid.rows }, (_, row) => windowsOfRow(grid, row).map(({ box: { x, y } }) => ({ x, y }))).flat();
}

/**
 * A second grid, moved by half a stride along both axes, so that what lies on the seams of the first comes to lie inside. Only windows
 * that lie wholly within the image: its border is the first grid's.
 */
export function halfShiftPlaces(size: Size, window: Size, stride: Size): WindowCorner[] {
  const starts = (length: number, side: number, step: number): number[] => {
    const first = Math.floor(step / 2);
    return Array.from({ length: Math.max(0, Math.floor((length - side - first) / step) + 1) }, (_, i) => first + i * step);
  };
  const across = starts(size.width, window.width, stride.width);
  return starts(size.height, window.height, stride.height).flatMap((y) => across.map((x) => ({ x, y })));
}

/** How many places a window has on an image: one along an axis on which it does not fit. */
export function placeCount(size: Size, window: Size): number {
  return (room(size.width, window.width) + 1) * (room(size.height, window.height) + 1);
}

/** Any of the places of a window on an image, all alike. `u` and `v` are uniform in [0, 1). */
export function anyPlace(size: Size, window: Size, [u, v]: readonly [number, number]): WindowCorner {
  return {
    x: Math.floor(u * (room(size.width, window.width) + 1)),
    y: Math.floor(v * (room(size.height, window.height) + 1)),
  };
}

/**
 * Any of the places at which a window holds a box, all alike; along an axis on which the box is the longer one, any of those at which the
 * window lies inside the box.
 */
export function placeAround(box: Box, size: Size, window: Size, [u, v]: readonly [number, number]): WindowCorner {
  return {
    x: startAround(box.x, box.width, size.width, window.width, u),
    y: startAround(box.y, box.height, size.height, window.height, v),
  };
}

/** How far the start of a window can move on an axis. */
function room(length: number, side: number): number {
  return Math.max(0, length - side);
}

function startAround(start: number, length: number, full: number, side: number, u: number): number {
  const [one, other] = [start, start + length - side];
  const clamp = (value: number): number => Math.min(Math.max(value, 0), room(full, side));
  const low = clamp(Math.min(one, other));
  const high = clamp(Math.max(one, other));
  return low + Math.floor(u * (high - low + 1));
}
