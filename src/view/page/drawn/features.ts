import type { MaskClass } from '../../../types.js';
import type { CorrectedFeature, ShownObject } from '../../messages.js';
import type { DrawnArea, Point } from './shapes.js';

/** Makes a feature of a class from an area; undefined if the area is empty. */
export function featureOf(area: DrawnArea, { name, color }: MaskClass): CorrectedFeature | undefined {
  const properties = { objectType: 'annotation', classification: { name, color } } as const;
  return withArea({ type: 'Feature', id: crypto.randomUUID(), geometry: NOTHING, properties }, area);
}

const NOTHING = { type: 'MultiPolygon', coordinates: [] } as const;

/** The area of a feature. */
export function areaOf({ geometry }: CorrectedFeature): DrawnArea {
  return geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
}

/** The same feature with another area; undefined if the area is empty. */
export function withArea(feature: CorrectedFeature, area: DrawnArea): CorrectedFeature | undefined {
  const [first, ...others] = area;
  if (first === undefined) return undefined;
  const one = others.length === 0;
  return { ...feature, geometry: one ? { type: 'Polygon', coordinates: first } : { type: 'MultiPolygon', coordinates: area } };
}

/** Turns an object of a mask into a feature, as if it had been drawn. */
export function featureOfObject({ id, polygons }: ShownObject, { name, color }: MaskClass): CorrectedFeature {
  const closed = polygons.map((polygon) => polygon.map((ring) => [...ring, ring[0]!]));
  const geometry: CorrectedFeature['geometry'] =
    closed.length === 1 ? { type: 'Polygon', coordinates: closed[0]! } : { type: 'MultiPolygon', coordinates: closed };
  return { type: 'Feature', id, geometry, properties: { objectType: 'annotation', classification: { name, color } } };
}

/** The same feature with another class. */
export function withClass(feature: CorrectedFeature, { name, color }: MaskClass): CorrectedFeature {
  return { ...feature, properties: { ...feature.properties, classification: { name, color } } };
}

/** Whether a point is inside a feature: a ray from the point to the right crosses the rings an odd number of times. */
export function holds(feature: CorrectedFeature, [x, y]: Point): boolean {
  let inside = false;
  for (const ring of areaOf(feature).flat()) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [[x0, y0], [x1, y1]] = [ring[j]!, ring[i]!];
      if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
    }
  }
  return inside;
}

/**
 * Removes corners that are not farther than `near` from the straight line between the corners that are kept (Douglas
 * and Peucker, 1973).
 */
export function simplified(corners: readonly Point[], near: number): readonly Point[] {
  if (corners.length < 3) return corners;
  const [first, last] = [corners[0]!, corners.at(-1)!];
  let [worst, at] = [0, 0];
  for (let i = 1; i < corners.length - 1; i++) {
    const away = distance(corners[i]!, first, last);
    if (away > worst) [worst, at] = [away, i];
  }
  if (worst <= near) return [first, last];
  return [...simplified(corners.slice(0, at + 1), near).slice(0, -1), ...simplified(corners.slice(at), near)];
}

/** The distance from a point to the line through two others; if these are the same, the distance to them. */
function distance([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point): number {
  const length = Math.hypot(x1 - x0, y1 - y0);
  return length === 0 ? Math.hypot(x - x0, y - y0) : Math.abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length;
}
