import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Border } from '../../../dist/plan/windows/axis.js';
import { widestStride } from '../../../dist/plan/windows/cheapest.js';
import { fittingWindows, windowsOver } from '../../../dist/plan/windows/fitting.js';
import { createGrid, windowsOfRow } from '../../../dist/plan/windows/grid.js';
import type { Geometry } from '../../../dist/plan/windows/scale.js';

const images = fc.record({
  size: fc.record({ width: fc.integer({ min: 1, max: 5000 }), height: fc.integer({ min: 1, max: 5000 }) }),
  border: fc.constantFrom<Border>('keep', 'mirror'),
});
const rules = fc.record({
  needs: fc.record({ margin: fc.constantFrom(0, 8, 48, 96, 160), phase: fc.constantFrom(1, 8, 16, 32, 64, 48) }),
  isSquare: fc.boolean(),
  longest: fc.constantFrom(1024, 2048),
});
const area = ({ window }: Geometry): number => window.width * window.height;

test('windows that fit an image cover it, keep margin and phase, and never cost more than the usual ones', () => {
  fc.assert(
    fc.property(images, rules, (image, { needs, ...more }) => {
      const usual = widestStride({ width: 1024, height: 1024 }, needs)!;
      const laid = fittingWindows(image, usual, { needs, ...more });
      expect(windowsOver(image, laid) * area(laid)).toBeLessThanOrEqual(windowsOver(image, usual) * area(usual));
      if (more.isSquare) expect(laid.window.width).toBe(laid.window.height);
      const grid = createGrid({ ...image, ...laid, placement: 'aligned' });
      expect(grid.columns * grid.rows).toBe(windowsOver(image, laid));
      expect(laid.margin).toBe(needs.margin);
      for (const [side, stride] of [
        [laid.window.width, laid.stride.width],
        [laid.window.height, laid.stride.height],
      ] as const) {
        expect(side).toBeLessThanOrEqual(more.longest);
        expect(stride % needs.phase).toBe(0);
        if (laid !== usual) expect(side % needs.phase).toBe(0);
      }
      // The cores meet from border to border.
      let [right, down] = [0, 0];
      for (const { core } of windowsOfRow(grid, 0)) {
        expect(core.x).toBeLessThanOrEqual(right);
        right = core.x + core.width;
      }
      for (let row = 0; row < grid.rows; row++) {
        const { core } = windowsOfRow(grid, row)[0]!;
        expect(core.y).toBeLessThanOrEqual(down);
        down = core.y + core.height;
      }
      expect([right, down]).toEqual([image.size.width, image.size.height]);
    }),
    { numRuns: 200 },
  );
});

test('on the sample they are smaller, on a large image the usual ones, and what a window costs decides', () => {
  const needs = { margin: 96, phase: 16 };
  const usual = widestStride({ width: 1024, height: 1024 }, needs)!;
  const fitted = (width: number, height: number, costOf?: () => number) =>
    fittingWindows({ size: { width, height }, border: 'keep' }, usual, { needs, longest: 1024, isSquare: false, costOf });
  expect(fitted(2048, 1536)).toMatchObject({ window: { width: 832, height: 864 }, stride: { width: 640, height: 672 } });
  expect(fitted(100_000, 80_000)).toBe(usual);
  expect(fitted(300, 20)).toMatchObject({ window: { width: 320, height: 256 } });
  // If all windows cost the same, large ones are the cheapest.
  expect(fitted(2048, 1536, () => 1)).toBe(usual);
});
