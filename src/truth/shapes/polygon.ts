import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import type { Extent, Polygon } from './shapes.js';

/**
 * A ring of a polygon as files store it. Its last point may or may not repeat the first. Points may have a height,
 * which is ignored.
 */
export type Ring = readonly (readonly number[])[];

/** The largest coordinate that is accepted: no slide comes near it, and computing with larger ones would overflow. */
const FARTHEST = 1e12;

/**
 * The rings of a polygon that enclose an area. Undefined if the first, outer ring encloses none: it has fewer than
 * three points, all its points are on one line, or a coordinate is null (NaN is read as null).
 *
 * @throws {SegtileError} `input` naming the malformed point
 */
export function enclosingRings(rings: unknown, where: string): readonly Ring[] | undefined {
  if (!Array.isArray(rings)) throw noPolygon(where, `its rings are ${show(rings)}`);
  const kept: Ring[] = [];
  for (const [index, ring] of (rings as unknown[]).entries()) {
    if (!Array.isArray(ring)) throw noPolygon(where, `a ring is ${show(ring)}`);
    for (const [at, point] of (ring as unknown[]).entries())
      requirePoint(point, `${where} is not a polygon: point ${at + 1} of a ring`);
    if (encloses(ring as (number | null)[][])) kept.push(ring as Ring);
    else if (index === 0) return undefined;
  }
  return kept.length === 0 ? undefined : kept;
}

function requirePoint(point: unknown, where: string): void {
  const [x, y] = Array.isArray(point) ? (point as unknown[]) : [];
  const isPlace = (value: unknown) => value === null || (typeof value === 'number' && Math.abs(value) <= FARTHEST);
  if (isPlace(x) && isPlace(y)) return;
  throw new SegtileError('input', `${where} is ${show(point)}, not [x, y]`, 'export it again, or delete it');
}

function noPolygon(where: string, what: string): SegtileError {
  return new SegtileError('input', `${where} is not a polygon: ${what}`, 'export it again, or delete it');
}

function encloses(ring: readonly (readonly (number | null)[])[]): boolean {
  if (ring.some(([x, y]) => x === null || y === null)) return false;
  const [first, ...others] = ring as readonly (readonly number[])[];
  const second = others.find((point) => !samePoint(point, first!));
  if (first === undefined || second === undefined) return false;
  const [x, y] = [second[0]! - first[0]!, second[1]! - first[1]!];
  return others.some((point) => x * (point[1]! - first[1]!) !== y * (point[0]! - first[0]!));
}

/** A value as JSON for messages, shortened if it is long. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}

/**
 * A polygon from rings: the area of the first one without those of the others.
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

/**
 * The signed area by the shoelace formula, negative if the ring runs the other way round. Coordinates are taken
 * relative to the first point, so that large ones cost no precision.
 */
function ringArea(points: Float64Array): number {
  const x0 = points[0]!;
  const y0 = points[1]!;
  let twice = 0;
  for (let at = 2; at + 3 < points.length; at += 2) {
    twice += (points[at]! - x0) * (points[at + 3]! - y0) - (points[at + 2]! - x0) * (points[at + 1]! - y0);
  }
  return twice / 2;
}

/** The error for a shape that lies entirely outside the slide. */
export function outside({ left, top, right, bottom }: Extent, slide: Size, where: string): SegtileError {
  return new SegtileError(
    'input',
    `${where}, from (${left}, ${top}) to (${right}, ${bottom}), lies outside the slide of ${slide.width} × ${slide.height} px`,
    'check that it is the truth of this slide, in pixels at full resolution',
  );
}
