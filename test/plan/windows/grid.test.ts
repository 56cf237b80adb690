import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGrid, windowsOfRow } from '../../../dist/plan/windows/grid.js';
import { strideOfOverlap } from '../../../dist/plan/windows/overlap.js';
import { selectWindows } from '../../../dist/plan/windows/selection.js';
import { legalGrid } from '../arbitraries.js';

const base = {
  size: { width: 1000, height: 800 },
  window: { width: 256, height: 256 },
  stride: { width: 128, height: 128 },
  margin: 32,
  border: 'keep',
} as const;

test('windows are numbered in row-major order', () => {
  const grid = createGrid(base);
  const all = Array.from({ length: grid.rows }, (_, row) => windowsOfRow(grid, row)).flat();
  expect(all.map((window) => window.index)).toEqual(all.map((_, i) => i));
  expect(all).toHaveLength(grid.columns * grid.rows);
  expect(all[grid.columns]).toEqual({
    index: grid.columns,
    row: 1,
    column: 0,
    box: { x: 0, y: 128, width: 256, height: 256 },
    core: { x: 0, y: 160, width: 224, height: 192 },
  });
});

test.each([
  [{ stride: { width: 300, height: 128 } }, 'stride 300 px is larger than window 256 px', 'at most 192 px'],
  [{ stride: { width: 200, height: 128 } }, 'stride 200 px leaves gaps', 'largest legal stride is 192 px'],
  [{ margin: 128 }, 'margin 128 px leaves nothing of a window of 256 px', 'at most 127 px'],
  [{ margin: -1 }, 'for margin but got -1', undefined],
  [{ window: { width: 0, height: 256 } }, 'for window but got 0', undefined],
  [{ stride: { width: 12.5, height: 128 } }, 'for stride but got 12.5', undefined],
  [{ stride: { width: Number.NaN, height: 128 } }, 'for stride but got NaN', undefined],
])('%j is refused', (change, message, hint) => {
  try {
    createGrid({ ...base, ...change });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ name: 'SegtileError', code: 'usage' });
    expect((error as Error).message).toContain(message);
    if (hint) expect((error as { hint: string }).hint).toContain(hint);
  }
});

test('the largest legal stride that an error prints is legal, and one more is not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 249 }), (window, margin) => {
      fc.pre(window > 2 * margin);
      const make = (stride: number) =>
        createGrid({ ...base, window: { width: window, height: window }, stride: { width: stride, height: stride }, margin });
      expect(() => make(window - 2 * margin)).not.toThrow();
      expect(() => make(window - 2 * margin + 1)).toThrow();
    }),
  );
});

test.each([
  ['25%', 1000, 750],
  ['0%', 512, 512],
  ['256', 512, 256],
  ['256px', 512, 256],
  ['80%', 640, 128],
  ['33.3%', 100, 67],
])('overlap %s of window %i is stride %i', (overlap, window, stride) => {
  expect(strideOfOverlap(overlap, window)).toBe(stride);
});

test.each(['', 'half', '-5', '100%', '600', '1e3'])('overlap "%s" of a window of 512 is refused', (overlap) => {
  expect(() => strideOfOverlap(overlap, 512)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a selection keeps what it is told to keep', () => {
  fc.assert(
    fc.property(legalGrid, fc.integer(), (grid, salt) => {
      const wanted = (index: number) => ((index * 2654435761 + salt) & 4) === 0;
      const selection = selectWindows(grid, (window) => wanted(window.index));
      const kept = Array.from({ length: selection.count }, (_, row) => selection.kept(row)).flat();
      expect(kept.map((window) => window.index)).toEqual(
        Array.from({ length: selection.planned }, (_, i) => i).filter((i) => wanted(i)),
      );
      expect(selection.keptCount).toBe(kept.length);
    }),
    { numRuns: 50 },
  );
});
