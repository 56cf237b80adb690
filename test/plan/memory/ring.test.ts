import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BLOCK_WIDTH, ringOf } from '../../../dist/plan/memory/ring.js';
import { windowCore } from '../../../dist/plan/windows/axis.js';
import { createGrid } from '../../../dist/plan/windows/grid.js';
import { selectWindows } from '../../../dist/plan/windows/selection.js';
import { legalAxis } from '../arbitraries.ts';

test('a ring has room for every block that some window has touched and others may still touch', () => {
  const wide = fc.record({ y: legalAxis, width: fc.integer({ min: 1, max: 4000 }), kept: fc.func(fc.boolean()) });
  fc.assert(
    fc.property(wide, ({ y, width, kept }) => {
      const { window, stride, margin, border, placement = 'stride' } = y;
      const grid = createGrid({
        size: { width, height: y.length },
        window: { width: window, height: window },
        stride: { width: Math.min(stride, window - 2 * margin), height: stride },
        margin,
        border,
        placement,
      });
      fc.pre(grid.columns * grid.rows <= 3000);
      const selection = selectWindows(grid, ({ index }) => kept(index));
      let most = 0;
      for (let row = 0; row < grid.rows; row++) {
        const { start } = windowCore(grid.y, row);
        const alive = new Set<number>();
        for (let above = 0; above <= row; above++) {
          for (const { core } of selection.kept(above)) {
            if (core.y + core.height <= start && above < row) continue;
            for (let x = core.x; x < core.x + core.width; x += BLOCK_WIDTH) alive.add(Math.floor(x / BLOCK_WIDTH));
            alive.add(Math.floor((core.x + core.width - 1) / BLOCK_WIDTH));
          }
        }
        most = Math.max(most, alive.size);
      }
      const ring = ringOf(grid, selection, 'gaussian');
      expect(ring.blocks).toBe(most);
      expect(ring.height).toBeLessThanOrEqual(window);
    }),
    { numRuns: 60 },
  );
});

test('where nothing is run, nothing is held', () => {
  const side = { width: 64, height: 64 };
  const grid = createGrid({ size: { width: 5000, height: 200 }, window: side, stride: side, margin: 0, border: 'keep' });
  const nothing = selectWindows(grid, () => false);
  expect(ringOf(grid, nothing, 'none')).toEqual({ height: 64, blocks: 0 });
});
