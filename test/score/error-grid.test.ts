import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differingRegions, errorCounter } from '../../dist/score/error-grid.js';

const images = fc.record({
  width: fc.integer({ min: 1, max: 23 }),
  height: fc.integer({ min: 1, max: 19 }),
  side: fc.integer({ min: 1, max: 9 }),
  band: fc.integer({ min: 1, max: 7 }),
  seed: fc.integer(),
});

function labels(count: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => [0, 1, 2, 255][(Math.imul(i + 1, 0x9e3779b1) ^ seed) >>> 30]!);
}

test('wrong pixels are counted in their square, however the rows come', () => {
  fc.assert(
    fc.property(images, ({ width, height, side, band, seed }) => {
      const truth = labels(width * height, seed);
      const predicted = labels(width * height, seed * 3 + 1);
      const counter = errorCounter({ width, height }, side);
      for (let y = 0; y < height; y += band) {
        const rows = [y * width, Math.min(height, y + band) * width] as const;
        counter.add(y, truth.subarray(...rows), predicted.subarray(...rows));
      }
      const { wrong, columns, rows } = counter.grid();
      const expected = new Array(columns * rows).fill(0);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const at = y * width + x;
          if (truth[at] !== 255 && truth[at] !== predicted[at])
            expected[Math.floor(y / side) * columns + Math.floor(x / side)]++;
        }
      }
      expect(wrong).toEqual(expected);
    }),
  );
});

test('regions are where the worst and the best are furthest apart, and no neighbours', () => {
  const grid = (wrong: number[]) => ({ width: 35, height: 20, side: 10, columns: 4, rows: 2, wrong });
  const found = differingRegions([grid([0, 9, 50, 20, 0, 0, 0, 7]), grid([40, 0, 50, 0, 0, 0, 0, 0])], 3);
  expect(found).toEqual([
    { box: { x: 0, y: 0, width: 10, height: 10 }, wrong: [0, 0.4] },
    { box: { x: 30, y: 0, width: 5, height: 10 }, wrong: [0.4, 0] },
  ]);
  expect(differingRegions([], 3)).toEqual([]);
});
