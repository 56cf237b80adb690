import { Clipper, ClipType, EndType, FillRule, inflatePaths, JoinType, type Path64, type Paths64 } from 'clipper2-ts';

/** A point, in level-0 px. */
export type Point = readonly [x: number, y: number];

/** A closed ring: its last corner is its first. */
export type DrawnRing = readonly Point[];

/** Polygons, each a ring and the rings of its holes, as the coordinates of a MultiPolygon. */
export type DrawnArea = readonly (readonly DrawnRing[])[];

/** Steps per level-0 px. Corners lie on whole steps, so that the results are exact. */
const STEPS = 10;

const toPath = (ring: DrawnRing): Path64 =>
  ring.slice(0, -1).map(([x, y]) => ({ x: Math.round(x * STEPS), y: Math.round(y * STEPS) }));
const toPaths = (area: DrawnArea): Paths64 => area.flat().map(toPath);

/** Applies an operation to two areas. No ring of the result crosses or touches itself, as GEOS and JTS demand. */
function combined(kind: ClipType, one: Paths64, other: Paths64): DrawnArea {
  let loops = Clipper.booleanOp(kind, one, other, FillRule.EvenOdd).flatMap(looped);
  // Where sides lie closer together than a step, rounding can make them cross. Uniting what there is mostly resolves
  // that; where it does not, a step is taken off all rims, and with it what is as thin.
  for (let pass = 0; pass < MOST_PASSES && sidesCross(loops); pass++) {
    const whole = pass < 2 ? loops : inflatePaths(loops, -1, JoinType.Miter, EndType.Polygon);
    loops = Clipper.booleanOp(ClipType.Union, whole, [], FillRule.NonZero).flatMap(looped);
  }
  // Clipper gives outer rings a positive area, and holes a negative one.
  const measured = loops.map((path) => ({ path, area: Clipper.area(path) })).filter(({ area }) => area !== 0);
  const outer = measured.filter(({ area }) => area > 0).sort((a, b) => a.area - b.area);
  const polygons = outer.map(({ path }) => ({ path, rings: [toRing(path)] }));
  for (const { path, area } of measured) {
    if (area > 0) continue;
    // The smallest that goes round the hole.
    const own = polygons.find((each, i) => outer[i]!.area > -area && goesRound(each.path, path));
    own?.rings.push(toRing(path));
  }
  return polygons.map(({ rings }) => rings);
}

/** The most times that rings are united to resolve crossings. */
const MOST_PASSES = 8;

/** Whether any two sides of some rings cross. Sides that only touch do not. */
function sidesCross(loops: Paths64): boolean {
  const sides = loops
    .flatMap((path) => path.map((a, i) => ({ a, b: path[(i + 1) % path.length]! })))
    .map((each) => ({ ...each, least: Math.min(each.a.x, each.b.x), most: Math.max(each.a.x, each.b.x) }))
    .sort((one, other) => one.least - other.least);
  let open: typeof sides = [];
  for (const side of sides) {
    open = open.filter(({ most }) => most > side.least);
    const { a, b } = side;
    for (const { a: c, b: d } of open) {
      if (Math.max(c.y, d.y) <= Math.min(a.y, b.y) || Math.min(c.y, d.y) >= Math.max(a.y, b.y)) continue;
      if (turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0) return true;
    }
    open.push(side);
  }
  return false;
}

type RingCorner = Path64[number];

/** Whether the way from `a` over `b` to `c` turns right, left, or goes straight on: 1, -1 or 0. */
function turn(a: RingCorner, b: RingCorner, c: RingCorner): number {
  return Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x));
}

function toRing(path: Path64): DrawnRing {
  const points = path.map(({ x, y }): Point => [x / STEPS, y / STEPS]);
  return [...points, points[0]!];
}

/** Cuts a path where it comes to a corner for the second time, so that each of the parts does so at no corner. */
function looped(path: Path64): Path64[] {
  const loops: Path64[] = [];
  const open: Path64 = [];
  const places = new Map<string, number>();
  for (const corner of path) {
    const key = `${corner.x} ${corner.y}`;
    const before = places.get(key);
    if (before === undefined) {
      places.set(key, open.length);
      open.push(corner);
      continue;
    }
    const loop = open.splice(before + 1);
    for (const { x, y } of loop) places.delete(`${x} ${y}`);
    loops.push([open[before]!, ...loop]);
  }
  loops.push(open);
  return loops.filter(({ length }) => length >= 3);
}

/** Whether a ring goes round another, which does not cross it. */
function goesRound(outer: Path64, inner: Path64): boolean {
  const corners = new Set(outer.map(({ x, y }) => `${x} ${y}`));
  const free = inner.find(({ x, y }) => !corners.has(`${x} ${y}`));
  // If all its corners are corners of the other ring, the middle of a side decides.
  const [a, b] = inner as [Path64[number], Path64[number]];
  const { x, y } = free ?? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  let inside = false;
  for (let i = 0, j = outer.length - 1; i < outer.length; j = i++) {
    const [p, q] = [outer[j]!, outer[i]!];
    if (p.y > y !== q.y > y && x < ((q.x - p.x) * (y - p.y)) / (q.y - p.y) + p.x) inside = !inside;
  }
  return inside;
}

/** What lies in one of two areas or in both. */
export function united(one: DrawnArea, other: DrawnArea): DrawnArea {
  return combined(ClipType.Union, toPaths(one), toPaths(other));
}

/** What lies in the first area but not in the second. */
export function without(one: DrawnArea, other: DrawnArea): DrawnArea {
  return combined(ClipType.Difference, toPaths(one), toPaths(other));
}

/** What lies in both areas. */
export function shared(one: DrawnArea, other: DrawnArea): DrawnArea {
  return combined(ClipType.Intersection, toPaths(one), toPaths(other));
}

/** The same area with simple rings. Where a ring crosses itself, what it goes round twice is outside. */
export function simpleArea(area: DrawnArea): DrawnArea {
  return combined(ClipType.Union, toPaths(area), []);
}

/** The area that a round brush covers on its path. */
export function strokeArea(path: readonly Point[], radius: number): DrawnArea {
  const steps = path.map(([x, y]) => ({ x: Math.round(x * STEPS), y: Math.round(y * STEPS) }));
  // Arcs may deviate by 1/150 of the radius, so that a stroke has few corners.
  const outline = inflatePaths([steps], radius * STEPS, JoinType.Round, EndType.Round, 2, Math.max(1, (radius * STEPS) / 150));
  return combined(ClipType.Union, outline, []);
}
