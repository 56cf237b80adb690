import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGrid } from '../../../dist/plan/windows/grid.js';
import { scaledGeometry } from '../../../dist/plan/windows/scale.js';

const geometries = fc
  .record({
    side: fc.integer({ min: 4, max: 600 }),
    margin: fc.integer({ min: 0, max: 200 }),
    step: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .filter(({ side, margin }) => side - 2 * margin >= 1)
  .map(({ side, margin, step }) => {
    const stride = Math.max(1, Math.round(step * (side - 2 * margin)));
    return { window: { width: side, height: side }, stride: { width: stride, height: stride }, margin };
  });

test('every scale of a legal grid is a legal grid, of windows of round(length / scale)', () => {
  fc.assert(
    fc.property(geometries, fc.double({ min: 0.3, max: 3, noNaN: true }), (geometry, scale) => {
      const scaled = scaledGeometry(geometry, scale);
      expect(scaled.window.width).toBe(Math.round(geometry.window.width / scale));
      expect(Math.abs(scaled.margin - geometry.margin / scale)).toBeLessThanOrEqual(1.5);
      createGrid({ size: { width: 1000, height: 700 }, ...scaled, border: 'keep' });
    }),
  );
  const same = { window: { width: 64, height: 64 }, stride: { width: 30, height: 30 }, margin: 8 };
  expect(scaledGeometry(same, 1)).toEqual(same);
  expect(() => scaledGeometry(same, 200)).toThrow(/scale of 200 makes windows of 0 × 0 px/);
  expect(() => scaledGeometry(same, 0.001)).toThrow(/need 1 to 8192 px/);
});
