import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tissueRuns } from '../../../dist/plan/tissue/runs.js';
import { tissueMap, tissueShare } from '../../../dist/plan/tissue/tissue.js';
import { windowOwned } from '../../../dist/plan/windows/axis.js';
import { columnAxis, createGrid, type Grid, windowAt, windowsOfRow, windowTotal } from '../../../dist/plan/windows/grid.js';
import { pieceWindows, wholePiece } from '../../../dist/plan/windows/piece.js';
import { selectWindows } from '../../../dist/plan/windows/selection.js';
import { alongTissue, layTissue } from '../../../dist/plan/windows/tissue-grid.js';
import type { Window } from '../../../dist/types.js';
import { laidGrid } from '../arbitraries.js';

const windowsOf = (grid: Grid): Window[] => Array.from({ length: grid.rows }, (_, row) => windowsOfRow(grid, row)).flat();

test('every pixel of tissue lies in a core, and is owned exactly once; no pixel is owned twice', () => {
  fc.assert(
    fc.property(laidGrid, ({ laid, isTissue }) => {
      const { width, height } = laid.size;
      const [cores, owners] = [new Uint16Array(width * height), new Uint16Array(width * height)];
      for (const { core, row, column } of windowsOf(laid)) {
        const [down, across] = [windowOwned(laid.y, row), windowOwned(columnAxis(laid, row), column)];
        expect(core.width).toBeGreaterThan(0);
        expect(core.height).toBeGreaterThan(0);
        for (let y = core.y; y < core.y + core.height; y++)
          for (let x = core.x; x < core.x + core.width; x++) cores[y * width + x]!++;
        for (let y = down.start; y < down.start + down.length; y++)
          for (let x = across.start; x < across.start + across.length; x++) owners[y * width + x]!++;
      }
      for (let at = 0; at < cores.length; at++) {
        const [owned, least] = [owners[at]!, isTissue(at % width, Math.floor(at / width)) ? 1 : 0];
        if (owned < least || owned > Math.min(1, cores[at]!)) throw new Error(`pixel ${at} has ${owned} owners`);
      }
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['rows along tissue would take one more, so it is laid', 0, 14, 13],
  ['rows along tissue take one fewer', 100, 16, 17],
])('never more windows than a fixed grid has: %s', (_, gap, along, fixed) => {
  const size = { width: 700, height: 520 };
  const ellipses = [
    [200, 92, 182, 124],
    [494 + gap, 162 + gap, 92, 84],
    [132, 370, 212, 220],
  ] as const;
  const isIn = (x: number, y: number): boolean =>
    ellipses.some(([cx, cy, a, b]) => ((x - cx) / a) ** 2 + ((y - cy) / b) ** 2 < 1);
  const { width, height } = { width: 350, height: 260 };
  const mask = Uint8Array.from({ length: width * height }, (_, i) => Number(isIn(2 * (i % width), 2 * Math.floor(i / width))));
  const map = tissueMap(mask, { width, height });
  const [window, stride] = [192, 160].map((side) => ({ width: side, height: side })) as [typeof size, typeof size];
  const grid = createGrid({ size, window, stride, margin: 16, phase: 4, border: 'keep', placement: 'tissue' });
  const runs = tissueRuns(map, size, size);
  const select = (on: Grid) => selectWindows(on, ({ box }) => tissueShare(map, box, size) > 0);
  const found = alongTissue(grid, runs, select);
  const laid = select(layTissue(grid, runs)).keptCount;
  expect([laid, found.fixed]).toEqual([along, fixed]);
  expect(found.selection.keptCount).toBe(Math.min(along, fixed));
  expect(found.grid.laid !== undefined).toBe(along <= fixed);
});

test('a window is found by its index, in a grid along the tissue and in a fixed one', () => {
  fc.assert(
    fc.property(laidGrid, ({ laid, fixed }) => {
      for (const grid of [laid, fixed])
        for (const window of windowsOf(grid)) expect(windowAt(grid, window.index)).toEqual(window);
    }),
    { numRuns: 50 },
  );
});

test('windows keep their margin, reach the border at most, and keep to the phase where the stride does', () => {
  fc.assert(
    fc.property(laidGrid, ({ laid }) => {
      const { size, margin, border, phase = 1, stride } = laid;
      const first = border === 'mirror' ? -margin : 0;
      const end = border === 'mirror' ? margin : 0;
      for (const { box, core } of windowsOf(laid)) {
        for (const [at, length, from, kept, full, step] of [
          [box.x, box.width, core.x, core.width, size.width, stride.width],
          [box.y, box.height, core.y, core.height, size.height, stride.height],
        ] as const) {
          expect(at).toBeGreaterThanOrEqual(first);
          expect(from - at >= margin || (border === 'keep' && from === 0)).toBe(true);
          expect(at + length - (from + kept) >= margin || (border === 'keep' && from + kept === full)).toBe(true);
          expect(from + kept).toBeLessThanOrEqual(full);
          // At most as far outside as a window that begins at a multiple of the phase has to.
          if (at > first) expect(at + length).toBeLessThan(full + end + (laid.phase === undefined ? 1 : phase));
          if (step % phase === 0) expect(Math.abs((at - first) % phase)).toBe(0);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('there are no more windows than a fixed grid runs, wherever all places are tried', () => {
  let saved = 0;
  fc.assert(
    fc.property(laidGrid, ({ laid, fixed, map }) => {
      const room = Math.max(fixed.window.width, fixed.window.height) - 2 * fixed.margin;
      fc.pre(fixed.phase !== undefined && room <= 24 * fixed.phase);
      const run = selectWindows(fixed, ({ box }) => tissueShare(map, box, fixed.size) > 0).keptCount;
      expect(windowTotal(laid)).toBeLessThanOrEqual(run);
      saved += run - windowTotal(laid);
    }),
    { numRuns: 200 },
  );
  expect(saved).toBeGreaterThan(0);
});

test('windows are numbered one after the other, and the whole image as one piece needs all of them', () => {
  fc.assert(
    fc.property(laidGrid, ({ laid }) => {
      const all = windowsOf(laid);
      expect(all.map(({ index }) => index)).toEqual(all.map((_, i) => i));
      expect(windowTotal(laid)).toBe(all.length);
      const selection = selectWindows(laid, () => true);
      expect(selection.keptCount).toBe(all.length);
      expect(pieceWindows(laid, selection, 'gaussian', wholePiece(laid.size), false).total).toBe(all.length);
    }),
    { numRuns: 100 },
  );
});

test('a run is covered from its own edge with the fewest windows, and rows lie where all together take the fewest', () => {
  const size = { width: 400, height: 100 };
  const fixed = createGrid({
    ...{ size, window: { width: 64, height: 64 }, stride: { width: 48, height: 48 } },
    ...{ margin: 8, border: 'keep', placement: 'tissue', phase: 8 },
  });
  const mask = new Uint8Array(400 * 100);
  // Two fragments, 48 px high and wide, that no window of the fixed grid covers alone.
  for (const left of [40, 240]) for (let y = 30; y < 78; y++) mask.fill(1, y * 400 + left, y * 400 + left + 48);
  const map = tissueMap(mask, size);
  const laid = layTissue(fixed, tissueRuns(map, size, size));
  expect(windowsOf(laid).map(({ box }) => [box.x, box.y])).toEqual([
    [32, 16],
    [232, 16],
    // The last row lies where it reaches the border.
    [32, 40],
    [232, 40],
  ]);
  expect(selectWindows(fixed, ({ box }) => tissueShare(map, box, size) > 0).keptCount).toBe(8);
});
