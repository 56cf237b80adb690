import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDraws, drawBeta } from '../../dist/augment/draws.js';
import { blend, drawPatch, drawRatio, lay, nothingKnown, ownShare } from '../../dist/augment/mix.js';
import { labels, noise, paint } from './pictures.js';

describe('Beta draws', () => {
  for (const alpha of [0.2, 1, 4]) {
    it(`have the moments of Beta(${alpha}, ${alpha})`, () => {
      const draws = createDraws(5, `beta ${alpha}`);
      const values = Array.from({ length: 20_000 }, () => drawBeta(alpha, draws));
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      expect(mean).toBeCloseTo(0.5, 1);
      expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeGreaterThan(0.96);
      expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeLessThan(1.04);
    });
  }

  it('leave a tile the larger part', () => {
    for (let i = 0; i < 500; i++) {
      const ratio = drawRatio(0.4, createDraws(i, 'ratio'));
      expect(ratio >= 0.5 && ratio <= 1 && Math.round(ratio * 10_000) / 10_000 === ratio).toBe(true);
    }
  });
});

describe('mixup', () => {
  it('is the rounded sum of both images, weighted', () => {
    const own = paint(32, 16, 3, (x, y) => [noise(x, y, 0), noise(x, y, 1), noise(x, y, 2)]);
    const other = paint(32, 16, 3, (x, y) => [noise(x, y, 3), noise(x, y, 4), noise(x, y, 5)]);
    fc.assert(
      fc.property(fc.integer({ min: 5000, max: 10_000 }), (parts) => {
        const { data } = blend(own, other, parts / 10_000);
        for (let i = 0; i < data.length; i++) {
          const exact = parts * own.data[i]! + (10_000 - parts) * other.data[i]!;
          if (data[i] !== Math.floor((exact + 5000) / 10_000)) throw new Error(`sample ${i} of ratio ${parts}: ${data[i]}`);
        }
      }),
      { numRuns: 30 },
    );
    expect(blend(own, other, 1).data).toEqual(own.data);
  });
});

describe('cutmix', () => {
  it('lays a box over the tile whose share of the area is what it says, half at most but for rounding', () => {
    const tile = { width: 37, height: 23 };
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 1, noNaN: true }), fc.integer({ min: 0, max: 1e6 }), (ratio, seed) => {
        const box = drawPatch(tile, ratio, createDraws(seed, 'test'));
        expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 37 && box.y + box.height <= 23).toBe(true);
        expect(box.width > 0 && box.height > 0).toBe(true);
        const own = labels(37, 23, () => 1);
        const laid = lay(own, nothingKnown(tile), box);
        const left = laid.data.filter((label) => label === 1).length;
        expect(ownShare(tile, box)).toBeCloseTo(left / (37 * 23), 12);
        const whole = box.x > 0 && box.y > 0 && box.x + box.width < 37 && box.y + box.height < 23;
        if (whole) expect(Math.abs(box.width - 37 * Math.sqrt(1 - ratio))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('takes the pixels in the box from the other, all else from the tile', () => {
    const own = paint(9, 8, 3, (x, y) => [x, y, 0]);
    const other = paint(9, 8, 3, (x, y) => [x, y, 1]);
    const box = { x: 2, y: 3, width: 4, height: 5 };
    const { data } = lay(own, other, box);
    for (let at = 0; at < 72; at++) {
      const [x, y] = [at % 9, Math.floor(at / 9)];
      expect([...data.subarray(at * 3, at * 3 + 3)]).toEqual([x, y, x >= 2 && x < 6 && y >= 3 ? 1 : 0]);
    }
  });
});
