import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStainCount } from '../../../dist/plan/tissue/stain-count.js';
import { windowsOfRow } from '../../../dist/plan/windows/grid.js';
import { legalGrid } from '../arbitraries.js';

test('counts the stained pixels of every window exactly, however the rows are split', () => {
  fc.assert(
    fc.property(legalGrid, fc.integer({ min: 1, max: 30 }), fc.integer(), (grid, bandHeight, salt) => {
      const { width, height } = grid.size;
      const stained = (x: number, y: number) => (((x * 7 + y * 13 + salt) ^ (x * y)) & 5) === 0;
      const count = createStainCount(grid);
      for (let y = 0; y < height; y += bandHeight) {
        const rows = Math.min(bandHeight, height - y);
        const data = new Uint8Array(width * rows * 3).fill(200);
        // Saturations of 42, which is stained, and of 40, which is not.
        for (let i = 0; i < width * rows; i++) data[i * 3] = stained(i % width, y + Math.floor(i / width)) ? 167 : 169;
        const half = Math.ceil(width / 2);
        const part = (x: number, w: number) => {
          const pixels = new Uint8Array(w * rows * 3);
          for (let r = 0; r < rows; r++) pixels.set(data.subarray((r * width + x) * 3, (r * width + x + w) * 3), r * w * 3);
          return { x, pixels: { width: w, height: rows, channels: 3, data: pixels } };
        };
        count.add({ y, height: rows, runs: half < width ? [part(0, half), part(half, width - half)] : [part(0, width)] });
      }
      for (let row = 0; row < grid.rows; row++) {
        for (const window of windowsOfRow(grid, row)) {
          const { box } = window;
          let inside = 0;
          let wanted = 0;
          for (let y = Math.max(box.y, 0); y < Math.min(box.y + box.height, height); y++) {
            for (let x = Math.max(box.x, 0); x < Math.min(box.x + box.width, width); x++) {
              inside++;
              if (stained(x, y)) wanted++;
            }
          }
          expect(count.share(window)).toBe(wanted / inside);
        }
      }
    }),
    { numRuns: 25 },
  );
});
