import { SegtileError } from '../errors.js';
import type { Size } from '../types.js';
import type { Extent, Polygon } from './shapes.js';

/** A ring of a polygon as files have it. It may or may not repeat its first point, and points may have a height, which is not looked at. */
export type Ring = readonly (readonly number[])[];

/** What is wrong with the rings of a polygon, or undefined where nothing is. */
export function wrongRings(rings: unknown): string | undefined {
  if (!Array.isArray(rings) || rings.length === 0) return 'it has no rings';
  for (const ring of rings as unknown[]) {
    if (!Array.isArray(ring) || ring.length < 3) return 'a ring has fewer than 3 points';
    const bad = ring.findIndex(
      (point) => !Array.isArray(point) || point.length < 2 || !Number.isFinite(point[0]) || !Number.isFinite(point[1]),
    );
    if (bad >= 0) return `point ${bad + 1} of a ring is ${JSON.stringify(ring[bad])}, not [x, y]`;
  }
  return undefined;
}

/**
 * A polygon of the first ring, less the others.
 *
 * @param scale level-0 pixels per unit of the points, along x and y
 */
export function polygonOf(label: number, rings: readonly Ring[], scale: readonly [x: number, y: number] = [1, 1]): Polygon {
  const closed = rings.map((ring) => (samePoint(ring[0]!, ring.at(-1)!) ? ring : [...ring, ring[0]!]));
  const points = new Float64Array(2 * closed.reduce((sum, ring) => sum + ring.length, 0));
  const ends: number[] = [];
  let at = 0;
  let [left, top, right, bottom, area] = [Infinity, Infinity, -Infinity, -Infinity, 0];
  for (const ring of closed) {
    const start = at;
    for (const point of ring) {
      const x = point[0]! * scale[0];
      const y = point[1]! * scale[1];
      points[at++] = x;
      points[at++] = y;
      left = Math.min(left, x);
      top = Math.min(top, y);
      right = Math.max(right, x);
      bottom = Math.max(bottom, y);
    }
    const own = Math.abs(ringArea(points.subarray(start, at)));
    area += start === 0 ? own : -own;
    ends.push(at);
  }
  return { kind: 'polygon', label, points, ends, extent: { left, top, right, bottom }, area: Math.max(area, 0) };
}

function samePoint(a: readonly number[], b: readonly number[]): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** The shoelace formula, from the first point so that large coordinates cost no digits. Negative where the ring runs the other way. */
function ringArea(points: Float64Array): number {
  const x0 = points[0]!;
  const y0 = points[1]!;
  let twice = 0;
  for (let at = 2; at + 3 < points.length; at += 2) {
    twice += (points[at]! - x0) * (points[at + 3]! - y0) - (points[at + 2]! - x0) * (points[at + 1]! - y0);
  }
  return twice / 2;
}

/**
 * Gives a shape back that lies on the slide, at least in part.
 *
 * @throws {SegtileError} `input` for one that does not
 */
export function requireInside<Shape extends { readonly extent: Extent }>(shape: Shape, slide: Size, where: string): Shape {
  const { left, top, right, bottom } = shape.extent;
  if (left < slide.width && top < slide.height && right > 0 && bottom > 0) return shape;
  throw new SegtileError(
    'input',
    `${where}, from (${left}, ${top}) to (${right}, ${bottom}), lies outside the slide of ${slide.width} x ${slide.height} px`,
    'check that it is the truth of this slide, in pixels of its full resolution',
  );
}
