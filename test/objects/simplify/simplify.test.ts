import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findObjects, type MaskObject } from '../../../dist/objects/find.js';
import { createSimplifier } from '../../../dist/objects/simplify/simplify.js';
import { createSplitter } from '../../../dist/objects/touching/split.js';
import { pythonWith } from '../../python.ts';

interface Simplified {
  readonly objects: readonly MaskObject[];
  readonly unsimplified: number;
}

/** All objects of a mask, with outlines simplified. */
function simplified(labels: Uint8Array, width: number, tolerance: number, seedDistance?: number): Simplified {
  const objects: MaskObject[] = [];
  const split = seedDistance !== undefined;
  const simplifier = createSimplifier({ tolerance, scale: { x: 1, y: 1 }, split });
  const size = { width, height: labels.length / width };
  const splitter = split ? createSplitter({ seedDistance, size }) : undefined;
  const finder = findObjects((object) => objects.push(object), splitter?.split, simplifier);
  for (let y = 0; y < size.height; y++) finder.row(labels.subarray(y * width, (y + 1) * width));
  finder.finish();
  return { objects, unsimplified: simplifier.unsimplified };
}

/** The mask in a frame of another label, whose own outer border is a rectangle. */
function framed(labels: Uint8Array, width: number): { labels: Uint8Array; width: number } {
  const margin = 4;
  const wide = width + 2 * margin;
  const height = labels.length / width + 2 * margin;
  const all = new Uint8Array(wide * height).fill(9);
  for (let y = 0; y < labels.length / width; y++)
    all.set(labels.subarray(y * width, (y + 1) * width), (y + margin) * wide + margin);
  return { labels: all, width: wide };
}

/** Masks of noise, and of blobs as networks make them: each pixel is what most of its neighbours are. */
const masks = fc
  .record({
    width: fc.integer({ min: 1, max: 24 }),
    height: fc.integer({ min: 1, max: 24 }),
    rounds: fc.integer({ min: 0, max: 3 }),
    values: fc.constantFrom([1, 2], [1, 2, 3], [1, 1, 1, 2], [1, 2, 2, 2, 2, 3]),
  })
  .chain(({ width, height, rounds, values }) =>
    fc
      .array(fc.constantFrom(...values), { minLength: width * height, maxLength: width * height })
      .map((each) => ({ width, labels: smooth(Uint8Array.from(each), width, rounds) })),
  );

function smooth(labels: Uint8Array, width: number, rounds: number): Uint8Array {
  let now = labels;
  for (let round = 0; round < rounds; round++) {
    now = now.map((own, at) => {
      const counts = new Map([[own, 0.5]]);
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const x = (at % width) + dx;
          const near = x < 0 || x >= width ? undefined : now[at + dy * width + dx];
          if (near !== undefined) counts.set(near, (counts.get(near) ?? 0) + 1);
        }
      }
      return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]![0];
    });
  }
  return now;
}

const ringsOf = (objects: readonly MaskObject[]): (readonly number[])[] => objects.flatMap(({ outlines }) => outlines.flat());

/** Sides as texts, each in the direction of its ring. */
function sidesOf(rings: readonly (readonly number[])[]): { on: string; back: string }[] {
  return rings.flatMap((ring) =>
    Array.from({ length: ring.length / 2 }, (_, k) => {
      const i = 2 * k;
      const [a, b] = [ring.slice(i, i + 2).join(), [ring[(i + 2) % ring.length], ring[(i + 3) % ring.length]].join()];
      return { on: `${a} ${b}`, back: `${b} ${a}` };
    }),
  );
}

function distance(x: number, y: number, rings: readonly (readonly number[])[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const [ax, ay] = [ring[i]!, ring[i + 1]!];
      const [dx, dy] = [ring[(i + 2) % ring.length]! - ax, ring[(i + 3) % ring.length]! - ay];
      const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
      least = Math.min(least, Math.hypot(x - ax - along * dx, y - ay - along * dy));
    }
  }
  return least;
}

describe('simplified outlines', () => {
  it('are the same on both sides of every common border, and leave no gap: of half a pixel, whatever the mask', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const { labels, width } = framed(mask.labels, mask.width);
        const { objects, unsimplified } = simplified(labels, width, 0.5);
        expect(unsimplified).toBe(0);
        const sides = sidesOf(ringsOf(objects));
        const all = new Set(sides.map(({ on }) => on));
        expect(all.size).toBe(sides.length);
        // Only the border of the frame has no neighbour.
        expect(sides.filter(({ back }) => !all.has(back)).length).toBe(4);
      }),
      { numRuns: 150 },
    );
  });

  it('lie no farther from a corner of the pixels than was allowed', () => {
    fc.assert(
      fc.property(masks, fc.constantFrom(0.5, 0.7, 1, 2, 3.3), (mask, tolerance) => {
        for (const { polygons, outlines } of simplified(mask.labels, mask.width, tolerance).objects) {
          for (const ring of polygons.flat())
            for (let i = 0; i < ring.length; i += 2)
              expect(distance(ring[i]!, ring[i + 1]!, outlines.flat())).toBeLessThanOrEqual(tolerance + 1e-3);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('keep the borders between parts of objects that are split, and with other classes', () => {
    const [width, height] = [140, 60];
    const labels = Uint8Array.from({ length: width * height }, (_, at) => {
      const [x, y] = [at % width, Math.floor(at / width)];
      const discs = [20, 44, 68, 92].findIndex((middle, i) => Math.hypot(x - middle, y - 25 - (i % 2) * 6) < 16);
      if (discs >= 0) return 1;
      return y > 30 && x > 10 && x < 120 && y < 50 ? 2 : 9;
    });
    const { objects, unsimplified } = simplified(labels, width, 0.5, 12);
    expect(unsimplified).toBe(0);
    expect(objects.filter(({ label }) => label === 1).length).toBe(4);
    const area = ringsOf(objects).reduce((sum, ring) => sum + areaOf(ring), 0);
    expect(area).toBeCloseTo(width * height, 9);
  });

  it('make few points of a disc and of a slope, and leave a rectangle alone', () => {
    const width = 90;
    const of = (inside: (x: number, y: number) => boolean, tolerance = 0.5): MaskObject => {
      const labels = Uint8Array.from({ length: width * width }, (_, at) =>
        inside(at % width, Math.floor(at / width)) ? 1 : 0,
      );
      return simplified(labels, width, tolerance).objects[0]!;
    };
    const [disc, coarse] = [0.5, 1].map((tolerance) => of((x, y) => Math.hypot(x - 44.3, y - 45.1) < 40, tolerance));
    const pointsOf = ({ outlines }: MaskObject): number => outlines[0]![0].length / 2;
    expect(disc!.polygons[0]![0].length / 2).toBeGreaterThan(170);
    expect(pointsOf(disc!)).toBeLessThan(110);
    expect(pointsOf(coarse!)).toBeLessThan(40);
    for (const { outlines, extent } of [disc!, coarse!])
      expect(Math.abs(areaOf(outlines[0]![0]) / extent.area - 1)).toBeLessThan(0.01);
    const slope = of((x, y) => x >= 5 && x < 85 && y < 80 && y > 20 + x / 4, 1);
    expect(slope.outlines[0]![0].length / 2).toBeLessThan(9);
    const box = of((x, y) => x > 3 && x < 50 && y > 10 && y < 40);
    expect(box.outlines).toEqual(box.polygons);
  });

  it('are valid to shapely, and a valid coverage', ({ skip }) => {
    const python = pythonWith('shapely');
    skip(python === undefined, 'PYTHON names no Python with shapely');
    const tolerances = [0.5, 0.7, 1, 2, 5];
    const cases = fc.sample(masks, { numRuns: 300, seed: 7 }).map((mask, i) => {
      const tolerance = tolerances[i % tolerances.length]!;
      const { labels, width } = framed(mask.labels, mask.width);
      const { objects, unsimplified } = simplified(labels, width, tolerance);
      const geometries = objects.map(({ outlines }) => outlines.map((polygon) => polygon.map(closed)));
      return { tolerance, unsimplified, geometries, pixels: labels.length };
    });
    const { status, stdout, stderr } = spawnSync(python!, ['-c', script], { input: JSON.stringify(cases), encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([]);
  });
});

function areaOf(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    twice += ring[i]! * ring[next + 1]! - ring[next]! * ring[i + 1]!;
  }
  return twice / 2;
}

function closed(ring: readonly number[]): number[][] {
  return Array.from({ length: ring.length / 2 + 1 }, (_, i) => {
    const at = (2 * i) % ring.length;
    return [ring[at]!, ring[at + 1]!];
  });
}

const script = `
import json, sys
import shapely
wrong = []
for number, case in enumerate(json.load(sys.stdin)):
    shapes = [shapely.MultiPolygon([(polygon[0], polygon[1:]) for polygon in each]) for each in case["geometries"]]
    for shape in shapes:
        if not shape.is_valid:
            wrong.append([number, case["tolerance"], shapely.is_valid_reason(shape)])
    if case["unsimplified"] == 0:
        parts = [part for shape in shapes for part in shape.geoms]
        if not shapely.coverage_is_valid(parts):
            wrong.append([number, case["tolerance"], "no coverage"])
        if abs(sum(shape.area for shape in shapes) - case["pixels"]) > 1e-3:
            wrong.append([number, case["tolerance"], "gaps"])
print(json.dumps(wrong))
`;
