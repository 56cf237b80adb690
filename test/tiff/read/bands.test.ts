import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bandsInFlight, planBands } from '../../../dist/tiff/read/bands.js';
import { cellsOf, cutGrid } from '../../../dist/tiff/samples/grid.js';
import { plainDirectory } from '../pictures.js';

const spans = fc
  .uniqueArray(fc.integer({ min: -50, max: 6000 }), { maxLength: 8 })
  .map((ends) => ends.sort((a, b) => a - b))
  .map((ends) =>
    Array.from({ length: ends.length >> 1 }, (_, i) => ({ start: ends[2 * i]!, length: ends[2 * i + 1]! - ends[2 * i]! })),
  );

const cases = fc.record({
  width: fc.integer({ min: 1, max: 5000 }),
  height: fc.integer({ min: 1, max: 3000 }),
  tile: fc.integer({ min: 1, max: 700 }),
  blockHeight: fc.integer({ min: 1, max: 1500 }),
  tiled: fc.boolean(),
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  spans,
});

test('bands cover the rows without gap or overlap, take whole blocks once, and hold the wanted columns and no others', () => {
  fc.assert(
    fc.property(cases, ({ width, height, tile, blockHeight, tiled, from, to, spans }) => {
      const blockWidth = tiled ? tile : width;
      const directory = { ...plainDirectory(width, height), blockWidth, blockHeight };
      const start = Math.floor(Math.min(from, to) * (height - 1));
      const length = Math.max(1, Math.floor(Math.max(from, to) * height) - start);
      let row = start;
      let blockRow = Math.floor(start / blockHeight);
      for (const band of planBands(directory, { start, length }, () => spans)) {
        expect(band.rows.start).toBe(row);
        expect(band.blocks.rows.start).toBe(blockRow);
        expect(band.rows.length).toBeGreaterThan(0);
        row += band.rows.length;
        blockRow += band.blocks.rows.length;
        expect(band.blocks.rows.start * blockHeight).toBeLessThanOrEqual(band.rows.start);
        expect(blockRow * blockHeight).toBeGreaterThanOrEqual(row);
        for (let column = 0; column * blockWidth < width; column++) {
          const end = Math.min(width, (column + 1) * blockWidth);
          const wanted = spans.some((s) => s.start < end && s.start + s.length > column * blockWidth);
          if (band.blocks.columns.includes(column) !== wanted) throw new Error(`column ${column} of blocks: wanted ${wanted}`);
        }
        expect([...new Set(band.blocks.columns)].sort((a, b) => a - b)).toEqual(band.blocks.columns);
      }
      expect(row).toBe(start + length);
    }),
  );
});

test('flat blocks are grouped, high ones are not', () => {
  const rows = (blockHeight: number, width: number) =>
    [...planBands({ ...plainDirectory(width, 5000), blockHeight }, { start: 0, length: 5000 }, () => [])][0]!.rows.length;
  expect(rows(1, 40_000)).toBe(256);
  expect(rows(55, 40_000)).toBe(220);
  expect(rows(1, 500)).toBe(512);
  expect(rows(2000, 500)).toBe(2000);
});

test('two bands are decoded at a time, one where they are very large', () => {
  const strips = (blockHeight: number) => bandsInFlight({ ...plainDirectory(20_000, 40_000), blockHeight }, 3);
  expect(strips(1)).toBe(2);
  expect(strips(279)).toBe(2);
  expect(strips(280)).toBe(1);
  expect(strips(40_000)).toBe(1);
});

test('pieces of a grid have every block of it once, where it belongs, and no more blocks than they may', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 9 }),
      fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 20 }),
      fc.nat(40),
      (length, start, unsorted, most) => {
        const columns = unsorted.sort((a, b) => a - b);
        const directory = { ...plainDirectory(61 * 16, 30 * 32), blockWidth: 16, blockHeight: 32 };
        const found = cutGrid(directory, { rows: { start, length }, columns }, most).flatMap(({ grid, x, y }) => {
          expect(grid.rows.length * grid.columns.length).toBeLessThanOrEqual(Math.max(1, most));
          return cellsOf(directory, grid, 0).map((cell) => ({ ...cell, x: cell.x + x, y: cell.y + y }));
        });
        const whole = cellsOf(directory, { rows: { start, length }, columns }, 0);
        expect(found.sort((a, b) => a.number - b.number)).toEqual(whole);
      },
    ),
  );
});
