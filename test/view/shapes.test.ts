import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DrawnArea, shared, simpleArea, strokeArea, united, without } from '../../src/view/page/drawn/shapes.js';

const point = fc
  .tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }))
  .map(([x, y]) => [x / 10, y / 10] as const);
/** A ring that may cross itself in any way. */
const wild = fc.array(point, { minLength: 3, maxLength: 9 }).map((ring): DrawnArea => [[[...ring, ring[0]!]]]);
const stroke = fc.tuple(fc.array(point, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 8 }));
const area = fc.oneof(
  wild.map(simpleArea),
  stroke.map(([path, radius]) => strokeArea(path, radius)),
);

function size(of: DrawnArea): number {
  const ring = (points: DrawnArea[number][number]): number =>
    points.slice(1).reduce((sum, [x, y], i) => sum + (points[i]![0] * y - x * points[i]![1]) / 2, 0);
  return of.reduce(
    (sum, [outer, ...holes]) => sum + Math.abs(ring(outer!)) - holes.reduce((all, hole) => all + Math.abs(ring(hole)), 0),
    0,
  );
}

/** What GEOS and JTS, with which QuPath reads, would call invalid: a ring that is open, or meets itself. */
function faults(of: DrawnArea): string[] {
  const found: string[] = [];
  // In whole tenths, so that what lies on one line does so exactly.
  for (const ring of of.flat().map((own) => own.map(([x, y]) => [Math.round(10 * x), Math.round(10 * y)] as const))) {
    if (ring.length < 4 || String(ring[0]) !== String(ring.at(-1))) found.push(`open: ${ring}`);
    if (new Set(ring.slice(1).map(String)).size < ring.length - 1) found.push(`touches itself: ${ring}`);
    const side = (a: readonly number[], b: readonly number[], c: readonly number[]): number =>
      Math.sign((b[0]! - a[0]!) * (c[1]! - a[1]!) - (b[1]! - a[1]!) * (c[0]! - a[0]!));
    for (let i = 1; i < ring.length; i++) {
      for (let j = i + 2; j < ring.length; j++) {
        const [a, b, c, d] = [ring[i - 1]!, ring[i]!, ring[j - 1]!, ring[j]!];
        if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) found.push(`crosses itself: ${ring}`);
      }
    }
  }
  return found;
}

test('areas that are put together or taken from each other are as large as they must be, and valid', () => {
  fc.assert(
    fc.property(area, area, (a, b) => {
      const all = [united(a, b), without(a, b), without(b, a), shared(a, b)];
      const [whole, left, right, both] = all.map(size) as [number, number, number, number];
      // Corners are rounded to tenths of a px, and thin parts may be left out; the rims are up to 200 px long.
      expect(Math.abs(whole - left - right - both)).toBeLessThan(60);
      expect(Math.abs(size(a) - left - both)).toBeLessThan(60);
      for (const each of [a, b, ...all]) expect(faults(each)).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('a stroke covers what is within its radius, and a bow tie becomes two triangles', () => {
  expect(size(strokeArea([[50, 50]], 10))).toBeCloseTo(Math.PI * 100, -1);
  const line = strokeArea(
    [
      [10, 10],
      [110, 10],
    ],
    5,
  );
  expect(size(line)).toBeCloseTo(1000 + Math.PI * 25, -1);
  const bow: DrawnArea = [
    [
      [
        [0, 0],
        [10, 10],
        [10, 0],
        [0, 10],
        [0, 0],
      ],
    ],
  ];
  expect(simpleArea(bow)).toHaveLength(2);
  expect(size(simpleArea(bow))).toBe(50);
});
