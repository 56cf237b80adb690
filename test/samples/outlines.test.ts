import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Border, type Outline, traceOutlines } from '../../samples/kidney/outlines.js';

function outlinesOf(mask: Uint8Array, width: number, label: number): Outline[] {
  const found: Outline[] = [];
  const tracer = traceOutlines(label, (outline) => found.push(outline));
  for (let at = 0; at < mask.length; at += width) tracer.row(mask.subarray(at, at + width));
  tracer.finish();
  return found;
}

/** Pixels in a border by the even-odd rule at their middles. */
function fill(border: Border, width: number, height: number): Uint8Array {
  const inside = new Uint8Array(width * height);
  for (let k = 1; k < border.length; k++) {
    const [[ax, ay], [bx, by]] = [border[k - 1]!, border[k]!];
    if (ax !== bx) continue;
    for (let y = Math.min(ay, by); y < Math.max(ay, by); y++) {
      for (let x = ax; x < width; x++) inside[y * width + x]! ^= 1;
    }
  }
  return inside;
}

/** The number of regions of a label whose pixels share sides. */
function countRegions(mask: Uint8Array, width: number, label: number): number {
  const seen = new Uint8Array(mask.length);
  let count = 0;
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== label || seen[start] === 1) continue;
    count++;
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at < 0 || at >= mask.length || mask[at] !== label || seen[at] === 1) continue;
      seen[at] = 1;
      open.push(at - width, at + width);
      if (at % width > 0) open.push(at - 1);
      if (at % width < width - 1) open.push(at + 1);
    }
  }
  return count;
}

const masks = fc
  .record({ width: fc.integer({ min: 1, max: 14 }), height: fc.integer({ min: 1, max: 14 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      mask: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 2 }),
    }),
  );

describe('outlines', () => {
  test('fill to the mask that they were traced from, one for each region, each hole in its own', () => {
    fc.assert(
      fc.property(masks, ({ mask, width, height }) => {
        const outlines = outlinesOf(mask, width, 1);
        expect(outlines.length).toBe(countRegions(mask, width, 1));
        const covered = new Uint8Array(mask.length);
        for (const { around, holes } of outlines) {
          const whole = fill(around, width, height);
          for (const hole of holes) {
            for (const [i, inside] of fill(hole, width, height).entries()) {
              if (inside === 0) continue;
              expect(whole[i]).toBe(1);
              whole[i] = 0;
            }
          }
          for (const [i, inside] of whole.entries()) covered[i]! += inside;
        }
        expect([...covered]).toEqual([...mask].map((value) => (value === 1 ? 1 : 0)));
      }),
      { numRuns: 1000 },
    );
  });

  test('are closed, and turn at every corner', () => {
    fc.assert(
      fc.property(masks, ({ mask, width }) => {
        for (const { around, holes } of outlinesOf(mask, width, 1)) {
          for (const border of [around, ...holes]) {
            expect(border.at(-1)).toEqual(border[0]);
            for (let k = 1; k < border.length; k++) {
              const [[ax, ay], [bx, by]] = [border[k - 1]!, border[k]!];
              const [cx, cy] = border[k === border.length - 1 ? 1 : k + 1]!;
              expect((ax === bx) !== (ay === by)).toBe(true);
              expect((ax === bx) !== (bx === cx) && (ay === by) !== (by === cy)).toBe(true);
            }
          }
        }
      }),
    );
  });

  test('of a ring: around it to the right from its top left corner, and its hole the other way', () => {
    const mask = Uint8Array.from([1, 1, 1, 1, 0, 1, 1, 1, 1]);
    const [outline, ...more] = outlinesOf(mask, 3, 1);
    expect(more).toEqual([]);
    const area = (border: Border): number =>
      border.slice(1).reduce((sum, [bx, by], k) => sum + (border[k]![0] * by - bx * border[k]![1]) / 2, 0);
    expect(area(outline!.around)).toBe(9);
    expect(outline!.holes.map(area)).toEqual([-1]);
  });
});
