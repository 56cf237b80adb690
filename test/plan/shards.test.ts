import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shardRows, shareOf, type WindowRow } from '../../dist/plan/shards.js';
import { createGrid } from '../../dist/plan/windows/grid.js';
import { pieceWindows, spanOf } from '../../dist/plan/windows/piece.js';
import { selectWindows } from '../../dist/plan/windows/selection.js';

test('shares of some items have each of them once, and are about as large as each other', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 40 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 9 }), (all, count) => {
      const shares = Array.from({ length: count }, (_, i) => shareOf(all, { index: i + 1, count }));
      expect(shares.flat().sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
      const loads = shares.map((share) => share.reduce((sum, item) => sum + all[item]!, 0));
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(Math.max(0, ...all) + count + all.length);
    }),
  );
});

test('rows that are cut cover the image, from top to bottom', () => {
  const rows = fc.array(fc.record({ start: fc.nat(900), length: fc.integer({ min: 1, max: 90 }), work: fc.nat(50) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 17 }), (windows: WindowRow[], count) => {
      const spans = shardRows(1000, windows, count);
      expect(spans).toHaveLength(count);
      let y = 0;
      for (const { start, length } of spans) {
        expect(start).toBe(y);
        expect(length).toBeGreaterThanOrEqual(0);
        y += length;
      }
      expect(y).toBe(1000);
    }),
  );
});

test('every window that is run belongs to one shard, whatever the grid', () => {
  const shape = fc.record({ width: fc.integer({ min: 40, max: 1400 }), height: fc.integer({ min: 40, max: 900 }) });
  const side = fc.integer({ min: 8, max: 200 });
  fc.assert(
    fc.property(
      shape,
      side,
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom('none', 'gaussian'),
      (size, window, count, blend) => {
        const stride = Math.max(1, Math.floor(window / 2));
        const grid = createGrid({
          size,
          window: { width: window, height: window },
          stride: { width: stride, height: stride },
          margin: Math.floor(window / 8),
          border: 'keep',
        });
        const selection = selectWindows(grid, ({ index }) => index % 3 !== 1);
        const span = spanOf(blend);
        const windows = Array.from({ length: grid.rows }, (_, row) => ({
          ...span(grid.y, row),
          work: selection.kept(row).length,
        }));
        const owned = new Map<number, number>();
        for (const { start, length } of shardRows(size.height, windows, count)) {
          const piece = { x: 0, y: start, width: size.width, height: length };
          const { kept, owns, total } = pieceWindows(grid, selection, blend, piece, true);
          let run = 0;
          for (let row = 0; row < grid.rows; row++) {
            for (const each of kept(row)) {
              run++;
              if (owns(each)) owned.set(each.index, (owned.get(each.index) ?? 0) + 1);
            }
          }
          expect(total).toBe(run);
        }
        expect(owned.size).toBe(selection.keptCount);
        expect([...owned.values()].every((times) => times === 1)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('four shards of a large slide cost at most 1.05 times the windows of one run', () => {
  const grid = createGrid({
    size: { width: 35_000, height: 25_000 },
    window: { width: 512, height: 512 },
    stride: { width: 256, height: 256 },
    margin: 64,
    border: 'keep',
  });
  const selection = selectWindows(grid, () => true);
  const span = spanOf('gaussian');
  const windows = Array.from({ length: grid.rows }, (_, row) => ({ ...span(grid.y, row), work: grid.columns }));
  const totals = shardRows(25_000, windows, 4).map(({ start, length }) => {
    const piece = { x: 0, y: start, width: 35_000, height: length };
    return pieceWindows(grid, selection, 'gaussian', piece, false).total;
  });
  const sum = totals.reduce((a, b) => a + b, 0);
  expect(sum / selection.keptCount).toBeLessThan(1.05);
  expect(Math.max(...totals) / Math.min(...totals)).toBeLessThan(1.1);
});
