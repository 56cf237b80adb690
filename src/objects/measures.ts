import type { Box, Mpp } from '../types.js';
import { createHullCounter } from './hull.js';
import type { TracedPolygon, TracedRegion } from './trace.js';

/**
 * What an object measures, as scikit-image's `regionprops` defines it; lengths and areas in pixels, or in micrometres where it was measured with the
 * size of a pixel.
 */
export interface ObjectMeasures {
  readonly area: number;
  /** By Crofton's formula in four directions, `perimeter_crofton`: how often lines cross the border tells its length, also of what is not aligned with pixels. */
  readonly perimeter: number;
  /** Diameter of the circle of its area. */
  readonly equivalentDiameter: number;
  /** Axes of the ellipse that has its second moments. */
  readonly majorAxis: number;
  readonly minorAxis: number;
  /** Of the major axis, in radians from the downward direction, more than 0 to the right: from -π/2 to π/2. */
  readonly orientation: number;
  /** `4π area / perimeter²`. A small circle of pixels may have a little more than 1. */
  readonly circularity: number;
  /** Area by that of its convex hull, both in pixels; see {@link createHullCounter}. */
  readonly solidity: number;
}

/** What all measures are made of, in pixels. */
export interface ObjectExtent {
  readonly box: Box;
  readonly area: number;
  /** Middle of its pixels, from the top left corner of the mask: of the first pixel of all it is (0.5, 0.5). */
  readonly centroid: { readonly x: number; readonly y: number };
  /** Variances of the middles of its pixels, and their covariance. */
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
  /** Sides of pixels on its border that run down or up, and across. */
  readonly upright: number;
  readonly level: number;
  /** Corners of its border where a diagonal line enters or leaves it, over both diagonals. */
  readonly diagonal: number;
  readonly hullArea: number;
}

/** Gives the function that measures objects by their outlines, which keeps memory from one to the next. */
export function createExtentFinder(): (region: Pick<TracedRegion, 'polygons' | 'touches'>) => ObjectExtent {
  const hullArea = createHullCounter();
  return ({ polygons, touches }) => {
    const box = boxOf(polygons);
    const middleX = box.x + Math.floor(box.width / 2);
    const middleY = box.y + Math.floor(box.height / 2);
    // Integrals over the object by Green's theorem: over its sides that run down or up, from near its middle so that no digits are lost.
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
      // The integral over a pixel exceeds the square of its middle by a twelfth.
      xx: sumXX / area - x * x - 1 / 12,
      yy: sumYY / area - y * y - 1 / 12,
      xy: sumXY / area - x * y,
      upright,
      level,
      // Both diagonals cross the border at a corner of pixels that it passes straight, one where it turns; none where its pixels touch there alone.
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

/** Measures an object in units in which a pixel has some size: pixels, where nothing is said. */
export function measuresOf(extent: ObjectExtent, pixel: Mpp = { x: 1, y: 1 }): ObjectMeasures {
  const { upright, level, diagonal } = extent;
  const area = extent.area * pixel.x * pixel.y;
  const [xx, yy, xy] = [extent.xx * pixel.x ** 2, extent.yy * pixel.y ** 2, extent.xy * pixel.x * pixel.y];
  const half = (xx + yy) / 2;
  const apart = Math.hypot((xx - yy) / 2, xy);
  // Lines along rows lie a pixel's height apart, along columns its width, and diagonal ones the height of the triangle of both. Each crosses the border twice.
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
