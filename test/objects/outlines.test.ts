import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutlineRing } from '../../dist/objects/corners.js';
import type { MaskObject } from '../../dist/objects/find.js';
import { pythonWith } from '../python.ts';
import { objectsOf } from './objects-of.ts';

/** Masks of two classes from nearly empty to nearly full, with regions that hang together at corners, and holes in holes. */
const masks = fc
  .record({
    width: fc.integer({ min: 1, max: 17 }),
    height: fc.integer({ min: 1, max: 17 }),
    values: fc.constantFrom([0, 1], [0, 1, 1], [0, 1, 1, 1, 1], [0, 0, 0, 1], [0, 1, 2], [0, 1, 2, 2, 2, 2]),
  })
  .chain(({ width, height, values }) =>
    fc.record({
      width: fc.constant(width),
      mask: fc
        .array(fc.constantFrom(...values), { minLength: width * height, maxLength: width * height })
        .map((each) => Uint8Array.from(each)),
    }),
  );

/** Pixels in rings, by the even-odd rule at their middles. */
function fill(rings: readonly OutlineRing[], width: number, length: number): Uint8Array {
  const inside = new Uint8Array(length);
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const [ax, ay, bx, by] = side(ring, i);
      if (ax !== bx) continue;
      for (let y = Math.min(ay, by); y < Math.max(ay, by); y++) for (let x = ax; x < width; x++) inside[y * width + x]! ^= 1;
    }
  }
  return inside;
}

/** The corner at `i` of a ring and the next one. */
function side(ring: OutlineRing, i: number): [number, number, number, number] {
  const next = (i + 2) % ring.length;
  return [ring[i]!, ring[i + 1]!, ring[next]!, ring[next + 1]!];
}

function areaOf(ring: OutlineRing): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const [ax, ay, bx, by] = side(ring, i);
    twice += ax * by - bx * ay;
  }
  return twice / 2;
}

/** Regions by a walk from pixel to pixel: of each its first pixel's place. */
function walked(mask: Uint8Array, width: number, corners: boolean): number[] {
  const of = new Array<number>(mask.length).fill(-1);
  for (let seed = 0; seed < mask.length; seed++) {
    if (mask[seed] === 0 || of[seed] !== -1) continue;
    of[seed] = seed;
    const region = [seed];
    for (const at of region) {
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const [x, next] = [(at % width) + dx, at + dy * width + dx];
          if (x < 0 || x >= width || (!corners && dx !== 0 && dy !== 0) || mask[next] !== mask[seed] || of[next] !== -1)
            continue;
          of[next] = seed;
          region.push(next);
        }
      }
    }
  }
  return of;
}

const numbersIn = (regions: readonly number[]): Set<number> => new Set(regions.filter((each) => each >= 0));

describe('objects', () => {
  it('fill to the mask, each to a region of pixels that share sides or corners, each polygon to a part whose pixels share sides', () => {
    fc.assert(
      fc.property(masks, ({ mask, width }) => {
        const objects = objectsOf(mask, width);
        const [regions, parts] = [walked(mask, width, true), walked(mask, width, false)];
        const [seenRegions, seenParts] = [new Set<number>(), new Set<number>()];
        const filled = new Uint8Array(mask.length);
        for (const { label, polygons } of objects) {
          const pixels: number[] = [];
          for (const polygon of polygons) {
            const own = [...fill(polygon, width, mask.length).entries()].flatMap(([at, inside]) => (inside ? [at] : []));
            expect(numbersIn(own.map((at) => parts[at]!)).size).toBe(1);
            seenParts.add(parts[own[0]!]!);
            pixels.push(...own);
          }
          expect(numbersIn(pixels.map((at) => regions[at]!)).size).toBe(1);
          seenRegions.add(regions[pixels[0]!]!);
          for (const at of pixels) {
            expect(filled[at]).toBe(0);
            filled[at] = label;
          }
        }
        expect([...filled]).toEqual([...mask]);
        expect(seenRegions).toEqual(numbersIn(regions));
        expect(seenParts).toEqual(numbersIn(parts));
        expect(objects.length).toBe(seenRegions.size);
        expect(objects.flatMap(({ polygons }) => polygons).length).toBe(seenParts.size);
      }),
      { numRuns: 1000 },
    );
  });

  it('have rings that turn at every corner, come to none twice, begin at the top left, and run clockwise around, the other way round holes', () => {
    fc.assert(
      fc.property(masks, ({ mask, width }) => {
        for (const { polygons } of objectsOf(mask, width)) {
          for (const polygon of polygons) {
            for (const [place, ring] of polygon.entries()) {
              const corners: string[] = [];
              for (let i = 0; i < ring.length; i += 2) {
                const [ax, ay, bx, by] = side(ring, i);
                const [, , cx, cy] = side(ring, (i + 2) % ring.length);
                expect((ax === bx) !== (ay === by)).toBe(true);
                expect((ax === bx) !== (bx === cx)).toBe(true);
                expect((ay === by) !== (by === cy)).toBe(true);
                expect(ay > ring[1]! || (ay === ring[1] && ax >= ring[0]!)).toBe(true);
                corners.push(`${ax},${ay}`);
              }
              expect(new Set(corners).size).toBe(corners.length);
              expect(Math.sign(areaOf(ring))).toBe(place === 0 ? 1 : -1);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leave with the row below them, those of one row by label, then by where their last runs end', () => {
    fc.assert(
      fc.property(masks, ({ mask, width }) => {
        const order = objectsOf(mask, width).map((object) => {
          const { y, height } = object.extent.box;
          const inside = fill(object.polygons.flat(), width, mask.length);
          const last = inside.lastIndexOf(1) % width;
          return [y + height, object.label, last];
        });
        const sorted = [...order].sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!);
        expect(order).toEqual(sorted);
      }),
    );
  });

  it('are valid to shapely, and fill to the mask by rasterio', ({ skip }) => {
    const python = pythonWith('shapely', 'rasterio');
    skip(python === undefined, 'PYTHON names no Python with shapely and rasterio');
    const cases = fc.sample(masks, { numRuns: 300, seed: 1 }).map(({ mask, width }) => ({
      shape: [mask.length / width, width],
      labels: [...mask],
      objects: objectsOf(mask, width).map(({ label, polygons }) => ({ label, geometry: geometryOf(polygons) })),
    }));
    const { status, stdout, stderr } = spawnSync(python!, ['-c', script], { input: JSON.stringify(cases), encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([]);
  });
});

function geometryOf(polygons: MaskObject['polygons']): object {
  const closed = (ring: OutlineRing) =>
    Array.from({ length: ring.length / 2 + 1 }, (_, i) => {
      const at = (2 * i) % ring.length;
      return [ring[at], ring[at + 1]];
    });
  return { type: 'MultiPolygon', coordinates: polygons.map((polygon) => polygon.map(closed)) };
}

const script = `
import json, sys
import numpy as np, shapely, shapely.geometry
from rasterio import features
wrong = []
for number, case in enumerate(json.load(sys.stdin)):
    labels = np.array(case["labels"], np.uint8).reshape(case["shape"])
    filled = np.zeros_like(labels)
    for each in case["objects"]:
        shape = shapely.geometry.shape(each["geometry"])
        if not shape.is_valid:
            wrong.append([number, shapely.is_valid_reason(shape)])
        features.rasterize([(each["geometry"], each["label"])], out=filled)
    if (filled != labels).any():
        wrong.append([number, "filled otherwise"])
print(json.dumps(wrong))
`;
