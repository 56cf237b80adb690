import type { Box, Size } from '../../types.js';
import { createGrid, windowsOfRow } from '../windows/grid.js';

/** The top left corner of a window, in working pixels. */
export interface WindowCorner {
  readonly x: number;
  readonly y: number;
}

/**
 * The windows of a grid without margins, in row-major order; the last of a row or column ends at the border of the
 * image.
 *
 * @throws {SegtileError} `usage` if the stride exceeds the window, or a length is not a positive integer
 */
export function gridPlaces(size: Size, window: Size, stride: Size): WindowCorner[] {
  const grid = createGrid({ size, window, stride, margin: 0, border: 'keep' });
  return Array.from({ length: grid.rows }, (_, row) => windowsOfRow(grid, row).map(({ box: { x, y } }) => ({ x, y }))).flat();
}

/**
 * The places of a second grid, shifted by half a stride along both axes, so that objects on the seams of the first
 * grid lie inside its windows. It only has windows that lie wholly within the image: the first grid covers the
 * border.
 */
export function halfShiftPlaces(size: Size, window: Size, stride: Size): WindowCorner[] {
  const starts = (length: number, side: number, step: number): number[] => {
    const first = Math.floor(step / 2);
    return Array.from({ length: Math.max(0, Math.floor((length - side - first) / step) + 1) }, (_, i) => first + i * step);
  };
  const across = starts(size.width, window.width, stride.width);
  return starts(size.height, window.height, stride.height).flatMap((y) => across.map((x) => ({ x, y })));
}

/** The number of places that a window can have on an image. An axis along which it does not fit counts as one place. */
export function placeCount(size: Size, window: Size): number {
  return (room(size.width, window.width) + 1) * (room(size.height, window.height) + 1);
}

/** Picks one of the places of a window on an image, all equally likely. `u` and `v` are uniform in [0, 1). */
export function anyPlace(size: Size, window: Size, [u, v]: readonly [number, number]): WindowCorner {
  return {
    x: Math.floor(u * (room(size.width, window.width) + 1)),
    y: Math.floor(v * (room(size.height, window.height) + 1)),
  };
}

/**
 * Picks one of the places at which a window contains a box, all equally likely. Along an axis on which the box is
 * longer than the window, it picks one of the places at which the window lies inside the box. `u` and `v` are uniform
 * in [0, 1).
 */
export function placeAround(box: Box, size: Size, window: Size, [u, v]: readonly [number, number]): WindowCorner {
  return {
    x: startAround(box.x, box.width, size.width, window.width, u),
    y: startAround(box.y, box.height, size.height, window.height, v),
  };
}

/** How many px the start of a window can move along an axis. */
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
