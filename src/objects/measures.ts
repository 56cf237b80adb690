import type { Box, Mpp } from '../types.js';
import { createHullCounter } from './hull.js';
import type { TracedPolygon, TracedRegion } from './regions.js';

/**
 * The measures of an object, as scikit-image's `regionprops` defines them. Lengths and areas are in pixels, or in
 * micrometres if a pixel size in micrometres was given.
 */
export interface ObjectMeasures {
  readonly area: number;
  /**
   * Crofton's formula in four directions (`perimeter_crofton`). It derives the length from how often lines cross the
   * border, so it also holds for borders that are not aligned with pixels.
   */
  readonly perimeter: number;
  /** Diameter of the circle with the same area. */
  readonly equivalentDiameter: number;
  /** Lengths of the axes of the ellipse with the same second moments. */
  readonly majorAxis: number;
  readonly minorAxis: number;
  /**
   * Direction of the major axis in radians, from -π/2 to π/2: the angle from the downward direction, positive to the
   * right.
   */
  readonly orientation: number;
  /** `4π area / perimeter²`. It may be slightly above 1 for a small circle of pixels. */
  readonly circularity: number;
  /** Area divided by the area of its convex hull, both in pixels; see {@link createHullCounter}. */
  readonly solidity: number;
}

/** The quantities from which all measures are computed, in pixels. */
export interface ObjectExtent {
  readonly box: Box;
  readonly area: number;
  /**
   * Centroid of its pixels, counted from the top left corner of the mask: the centre of the first pixel of the mask
   * is (0.5, 0.5).
   */
  readonly centroid: { readonly x: number; readonly y: number };
  /** Variances of the centres of its pixels, and their covariance. */
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
  /** Number of vertical (`upright`) and of horizontal (`level`) pixel sides on its border. */
  readonly upright: number;
  readonly level: number;
  /** Number of times that diagonal lines through pixel corners enter or leave it, over both diagonals. */
  readonly diagonal: number;
  readonly hullArea: number;
}

/** Returns a function that measures objects by their outlines. It reuses its memory from one object to the next. */
export function createExtentFinder(): (region: Pick<TracedRegion, 'polygons' | 'touches'>) => ObjectExtent {
  const hullArea = createHullCounter();
  return ({ polygons, touches }) => {
    const box = boxOf(polygons);
    const middleX = box.x + Math.floor(box.width / 2);
    const middleY = box.y + Math.floor(box.height / 2);
    // Integrals over the object by Green's theorem, summed over its vertical sides. Coordinates are relative to a
    // point near its middle, so that no digits are lost.
    let [area, sumX, sumY, sumXX, sumXY, sumYY] = [0, 0, 0, 0, 0, 0];
    let [upright, level, turns] = [0, 0, 0];
    for (const polygon of polygons) {
      for (const ring of polygon) {
        turns += ring.length / 2;
        let x0 = ring[ring.length - 2]! - middleX;
        let y0 = ring[ring.length - 1]! - middleY;
        for (let i = 0; i < ring.length; i += 2) {
          const x = ring[i]! - middleX;
          const y = ring[i + 1]! - middleY;
          const down = y - y0;
          if (down === 0) level += Math.abs(x - x0);
          else {
            upright += Math.abs(down);
            const byY = (y * y - y0 * y0) / 2;
            area += x * down;
            sumX += ((x * x) / 2) * down;
            sumY += x * byY;
            sumXX += ((x * x * x) / 3) * down;
            sumXY += ((x * x) / 2) * byY;
            sumYY += (x * (y * y * y - y0 * y0 * y0)) / 3;
          }
          x0 = x;
          y0 = y;
        }
      }
    }
    const [x, y] = [sumX / area, sumY / area];
    return {
      box,
      area,
      centroid: { x: middleX + x, y: middleY + y },
      // The integral of the square over a pixel exceeds the square at its centre by 1/12.
      xx: sumXX / area - x * x - 1 / 12,
      yy: sumYY / area - y * y - 1 / 12,
      xy: sumXY / area - x * y,
      upright,
      level,
      // At a pixel corner that the border passes straight, both diagonals cross the border. At a corner where it
      // turns, one does. At a corner where two of its pixels only touch, none does.
      diagonal: 2 * (upright + level - turns) + (turns - 2 * touches),
      hullArea: hullArea(polygons, box),
    };
  };
}

/** The box around some polygons. */
function boxOf(polygons: readonly TracedPolygon[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [outer] of polygons) {
    for (let i = 0; i < outer.length; i += 2) {
      const [x, y] = [outer[i]!, outer[i + 1]!];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Measures an object in the unit in which the size of a pixel is given; in pixels by default. */
export function measuresOf(extent: ObjectExtent, pixel: Mpp = { x: 1, y: 1 }): ObjectMeasures {
  const { upright, level, diagonal } = extent;
  const area = extent.area * pixel.x * pixel.y;
  const [xx, yy, xy] = [extent.xx * pixel.x ** 2, extent.yy * pixel.y ** 2, extent.xy * pixel.x * pixel.y];
  const half = (xx + yy) / 2;
  const apart = Math.hypot((xx - yy) / 2, xy);
  // Lines along rows are one pixel height apart, and lines along columns one pixel width. Diagonal lines are apart by
  // the height, over its hypotenuse, of the right triangle with both as legs. Each line enters and leaves the object,
  // so it crosses the border twice.
  const crossings = (upright * pixel.y + level * pixel.x) / 2;
  const across = ((diagonal / 2) * pixel.x * pixel.y) / Math.hypot(pixel.x, pixel.y);
  const perimeter = (Math.PI / 4) * (crossings + across);
  return {
    area,
    perimeter,
    equivalentDiameter: Math.sqrt((4 * area) / Math.PI),
    majorAxis: 4 * Math.sqrt(Math.max(half + apart, 0)),
    minorAxis: 4 * Math.sqrt(Math.max(half - apart, 0)),
    orientation: xx === yy ? (xy > 0 ? Math.PI / 4 : -Math.PI / 4) : Math.atan2(2 * xy, yy - xx) / 2,
    circularity: (4 * Math.PI * area) / perimeter ** 2,
    solidity: extent.area / extent.hullArea,
  };
}
