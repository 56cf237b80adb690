import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MeasuredObject } from '../../dist/objects/measured.js';
import { summarizeObjects } from '../../dist/objects/summary.js';

const one = { label: 1, name: 'a', color: [1, 2, 3] as const };
const none = { label: 2, name: 'b', color: [1, 2, 3] as const };

function summaryOf(areas: readonly number[], pixelUm2?: number) {
  const summary = summarizeObjects([one, none], 1e6, pixelUm2);
  for (const area of areas) summary.add({ class: one, area } as MeasuredObject);
  return summary.classes({ tissue: 0.5, region: 0 });
}

test('tells counts and areas of the slide, of its tissue and of the region', () => {
  const [a, b] = summaryOf([100, 300, 200, 1000], 4);
  // The slide has 4 mm².
  expect(a).toMatchObject({
    count: 4,
    perMm2: { slide: 1, tissue: 2, region: null },
    of: { slide: 0.0016, tissue: 0.0032, region: null },
    meanAreaUm2: 1600,
    medianAreaUm2: 1000,
    sizes: { unit: 'um2' },
  });
  expect(b).toMatchObject({ count: 0, perMm2: { slide: 0, tissue: 0 }, meanAreaPx: null, sizes: null });
  expect(summaryOf([5])[0]!.perMm2).toEqual({ slide: null, tissue: null, region: null });
});

test('every area lies in the bin that its edges name', () => {
  const area = fc.oneof(
    fc.double({ min: 1e-3, max: 1e8, noNaN: true }),
    fc.integer({ min: 0, max: 8 }).map((power) => 10 ** power),
  );
  fc.assert(
    fc.property(fc.array(area, { minLength: 1, maxLength: 50 }), (areas) => {
      const { edges, counts } = summaryOf(areas)[0]!.sizes!;
      expect(edges.length).toBe(counts.length + 1);
      for (const [i, count] of counts.entries()) {
        expect(count).toBe(areas.filter((each) => each >= edges[i]! && each < edges[i + 1]!).length);
      }
      expect(counts.reduce((a, b) => a + b)).toBe(areas.length);
      expect([counts[0]! > 0, counts.at(-1)! > 0]).toEqual([true, true]);
    }),
  );
});
