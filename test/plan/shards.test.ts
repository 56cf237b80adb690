import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitIntoShards } from '../../dist/pipeline/resume/shards.js';
import { bandLayouts, cutSpans, shareOf, type WindowLine } from '../../dist/plan/shards.js';
import { createGrid } from '../../dist/plan/windows/grid.js';
import { pieceWindows } from '../../dist/plan/windows/piece.js';
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

test('an axis that is cut is covered, from end to end', () => {
  const rows = fc.array(fc.record({ start: fc.nat(900), length: fc.integer({ min: 1, max: 90 }), work: fc.nat(50) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(
      rows,
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 17 }),
      (windows: WindowLine[], shares) => {
        const spans = cutSpans(1000, windows, shares);
        expect(spans).toHaveLength(shares.length);
        let y = 0;
        for (const { start, length } of spans) {
          expect(start).toBe(y);
          expect(length).toBeGreaterThanOrEqual(0);
          y += length;
        }
        expect(y).toBe(1000);
      },
    ),
  );
});

test('rectangles are laid out in bands: one beside the other, then more', () => {
  expect(bandLayouts(1)).toEqual([[1]]);
  expect(bandLayouts(4)).toEqual([[1, 1, 1, 1], [2, 2], [4]]);
  expect(bandLayouts(7)).toContainEqual([3, 2, 2]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), (count) => {
      for (const layout of bandLayouts(count)) {
        expect(layout.reduce((a, b) => a + b, 0)).toBe(count);
        expect(Math.max(...layout) - Math.min(...layout)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

/** What of a plan decides how it is split. */
function planOf(width: number, height: number, window: number, stride: number, margin: number, isKept: (i: number) => boolean) {
  const size = { width, height };
  const square = (side: number) => ({ width: side, height: side });
  const grid = createGrid({ size, window: square(window), stride: square(stride), margin, border: 'keep' });
  return { view: size, grid, selection: selectWindows(grid, ({ index }) => isKept(index)), others: [] };
}

test('shards cover the image, and every window that is run belongs to one of them, whatever the grid', () => {
  const shape = fc.record({ width: fc.integer({ min: 40, max: 2400 }), height: fc.integer({ min: 40, max: 900 }) });
  const side = fc.integer({ min: 24, max: 200 });
  fc.assert(
    fc.property(
      shape,
      side,
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom('none', 'gaussian'),
      ({ width, height }, window, count, blend) => {
        const plan = planOf(
          width,
          height,
          window,
          Math.max(1, Math.floor(window / 2)),
          Math.floor(window / 8),
          (i) => i % 3 !== 1,
        );
        const { grid, selection } = plan;
        const { pieces, windows } = splitIntoShards(plan, [1], blend, count, true);
        expect(pieces).toHaveLength(count);
        expect(pieces.reduce((sum, piece) => sum + piece.width * piece.height, 0)).toBe(width * height);
        const owned = new Map<number, number>();
        for (const [index, piece] of pieces.entries()) {
          const { kept, owns, total } = pieceWindows(grid, selection, blend, piece, true);
          let run = 0;
          for (let row = 0; row < grid.rows; row++) {
            for (const each of kept(row)) {
              run++;
              if (owns(each)) owned.set(each.index, (owned.get(each.index) ?? 0) + 1);
            }
          }
          expect([total, windows[index]]).toEqual([run, run]);
        }
        expect(owned.size).toBe(selection.keptCount);
        expect([...owned.values()].every((times) => times === 1)).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});

test.each([
  [1024, 512, 0],
  [512, 256, 64],
])(
  'four shards of a large slide cost at most 1.05 times the windows of one run: windows of %i px at a stride of %i px',
  (window, stride, margin) => {
    const plan = planOf(35_000, 25_000, window, stride, margin, () => true);
    const { times, windows } = splitIntoShards(plan, [1], 'gaussian', 4, false);
    expect(times).toBeLessThan(1.05);
    expect(times).toBeCloseTo(window === 1024 ? 1.0358 : 1.0221, 4);
    expect(windows.reduce((a, b) => a + b, 0) / plan.selection.keptCount).toBe(times);
    expect(Math.max(...windows) / Math.min(...windows)).toBeLessThan(1.1);
  },
);
