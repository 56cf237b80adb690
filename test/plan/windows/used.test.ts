import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blends } from '../../../dist/plan/windows/blend.js';
import { windowsOfRow } from '../../../dist/plan/windows/grid.js';
import { spanOf } from '../../../dist/plan/windows/piece.js';
import { usedPart } from '../../../dist/plan/windows/used.js';
import { legalGrid } from '../arbitraries.js';

test('the part of a window that is used lies in it and holds all that it gives a piece, and hardly more', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(legalGrid, fc.constantFrom(...blends), share, share, (grid, blend, from, height) => {
      const y = Math.floor(from * (grid.size.height - 1));
      const piece = { x: 0, y, width: grid.size.width, height: 1 + Math.floor(height * (grid.size.height - y - 1)) };
      for (let row = 0; row < grid.rows; row++) {
        const down = spanOf(blend)(grid.y, row);
        const [top, bottom] = [Math.max(down.start, y), Math.min(down.start + down.length, y + piece.height)];
        if (top >= bottom) continue;
        for (const window of windowsOfRow(grid, row)) {
          const { box, column } = window;
          const across = spanOf(blend)(grid.x, column);
          const part = usedPart(grid, blend, piece, window);
          expect([part.y, part.height]).toEqual([top - box.y, bottom - top]);
          const [left, right] = [across.start - box.x, across.start + across.length - box.x];
          expect(part.x).toBeGreaterThanOrEqual(Math.max(0, left - 15));
          expect(part.x).toBeLessThanOrEqual(left);
          expect(part.x % 16).toBe(0);
          expect(part.x + part.width).toBeGreaterThanOrEqual(right);
          expect(part.x + part.width).toBeLessThanOrEqual(Math.min(box.width, right + 15));
        }
      }
    }),
  );
});
