import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addSums, classWeights, emptySums, labelCounts, momentsOf, sumsOf } from '../../../dist/plan/sampling/tile-stats.js';
import type { Pixels } from '../../../dist/types.js';

const picture = (channels: number) =>
  fc.record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) }).chain(({ width, height }) => {
    const length = width * height * channels;
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data): Pixels => ({ width, height, channels, data }));
  });

describe('statistics of tiles', () => {
  it('are those of the samples', () => {
    fc.assert(
      fc.property(fc.array(picture(3), { minLength: 1, maxLength: 4 }), (pictures) => {
        const total = emptySums();
        for (const each of pictures) addSums(total, sumsOf(each));
        const { mean, std } = momentsOf(total);
        for (let c = 0; c < 3; c++) {
          const samples = pictures.flatMap(({ data }) => [...data].filter((_, i) => i % 3 === c).map((value) => value / 255));
          const middle = samples.reduce((a, b) => a + b, 0) / samples.length;
          expect(mean[c]).toBeCloseTo(middle, 10);
          expect(std[c]).toBeCloseTo(Math.sqrt(samples.reduce((a, b) => a + (b - middle) ** 2, 0) / samples.length), 6);
        }
      }),
    );
  });

  it('are exact for rows whose squares add up to more than 31 bits hold', () => {
    const width = 70_001;
    const { sums, squares } = sumsOf({ width, height: 1, channels: 3, data: new Uint8Array(width * 3).fill(255) });
    expect([...sums, ...squares]).toEqual([1, 1, 1, 255, 255, 255].map((factor) => factor * 255 * width));
  });

  it('count labels', () => {
    fc.assert(
      fc.property(picture(1), (mask) => {
        const counts = new Float64Array(256);
        for (const label of mask.data) counts[label]!++;
        expect(labelCounts(mask)).toEqual(counts);
      }),
    );
  });

  it('weigh classes by the median of their frequencies', () => {
    const areas = [
      { pixels: 800, pixelsWhereSeen: 1000 },
      { pixels: 100, pixelsWhereSeen: 1000 },
      { pixels: 100, pixelsWhereSeen: 500 },
      { pixels: 0, pixelsWhereSeen: 0 },
    ];
    expect(classWeights(areas).map((weight) => weight && Number(weight.toFixed(9)))).toEqual([0.25, 2, 1, undefined]);
    expect(classWeights([])).toEqual([]);
  });
});
