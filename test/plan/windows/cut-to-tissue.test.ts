import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tissueRuns } from '../../../dist/plan/tissue/runs.js';
import { tissueMap, tissueShare } from '../../../dist/plan/tissue/tissue.js';
import type { Border } from '../../../dist/plan/windows/axis.js';
import { cutToTissue } from '../../../dist/plan/windows/cut-to-tissue.js';
import { createGrid, type Grid, windowAt, windowsOfRow } from '../../../dist/plan/windows/grid.js';
import { selectWindows } from '../../../dist/plan/windows/selection.js';
import { shownPart } from '../../../dist/plan/windows/shown.js';
import { layTissue } from '../../../dist/plan/windows/tissue-grid.js';
import type { Window } from '../../../dist/types.js';

const windowsOf = (grid: Grid): Window[] => Array.from({ length: grid.rows }, (_, row) => windowsOfRow(grid, row)).flat();

/** Grids over some boxes of tissue in a coarse raster, fixed or along the tissue. */
const grids = fc
  .record({
    size: fc.record({ width: fc.integer({ min: 500, max: 2000 }), height: fc.integer({ min: 500, max: 2000 }) }),
    raster: fc.record({ width: fc.integer({ min: 5, max: 90 }), height: fc.integer({ min: 5, max: 90 }) }),
    boxes: fc.array(fc.tuple(fc.nat(89), fc.nat(89), fc.nat(9), fc.nat(9)), { maxLength: 4 }),
    side: fc.integer({ min: 16, max: 40 }).map((steps) => 16 * steps),
    margin: fc.constantFrom(0, 16, 90),
    border: fc.constantFrom<Border>('keep', 'mirror'),
    isLaid: fc.boolean(),
  })
  .map(({ size, raster, boxes, side, margin, border, isLaid }) => {
    const mask = new Uint8Array(raster.width * raster.height);
    for (const [x, y, w, h] of boxes)
      for (let j = y; j <= Math.min(y + h, raster.height - 1); j++)
        for (let i = x; i <= Math.min(x + w, raster.width - 1); i++) mask[j * raster.width + i] = 1;
    const step = Math.floor((side - 2 * margin) / 16) * 16;
    const [window, stride] = [
      { width: side, height: side },
      { width: step, height: step },
    ];
    const placement = isLaid ? 'tissue' : 'aligned';
    const fixed = createGrid({ size, window, stride, margin, border, phase: 16, placement });
    const map = tissueMap(mask, raster);
    const cells = [...mask.keys()].filter((i) => mask[i] === 1);
    return { grid: isLaid ? layTissue(fixed, tissueRuns(map, size, size)) : fixed, map, cells };
  });

/** The pixels along an axis that are in a cell of a raster and in a span, as start and end. */
function shared(cell: number, mapped: number, full: number, start: number, length: number): readonly [number, number] {
  const [from, to] = [Math.floor((cell * full) / mapped), Math.ceil(((cell + 1) * full) / mapped)];
  return [Math.max(from, start), Math.min(to, start + length)];
}

test('all tissue of a core stays in it, windows without are skipped, and a network never sees more', () => {
  let [saved, skipped] = [0, 0];
  fc.assert(
    fc.property(grids, ({ grid, map, cells }) => {
      const cut = cutToTissue(grid, map, grid.size);
      const windows = windowsOf(cut);
      for (const [i, { box, core }] of windowsOf(grid).entries()) {
        const { core: kept, box: same } = windows[i]!;
        expect(same).toEqual(box);
        for (const cell of cells) {
          const column = cell % map.width;
          const [left, right] = shared(column, map.width, grid.size.width, core.x, core.width);
          const [top, bottom] = shared((cell - column) / map.width, map.height, grid.size.height, core.y, core.height);
          if (left >= right || top >= bottom) continue;
          const isKept = left >= kept.x && right <= kept.x + kept.width && top >= kept.y && bottom <= kept.y + kept.height;
          if (!isKept) throw new Error(`tissue at ${left}, ${top} is cut off`);
        }
        if (kept.width === 0) continue;
        expect(kept.x).toBeGreaterThanOrEqual(core.x);
        expect(kept.y).toBeGreaterThanOrEqual(core.y);
        expect(kept.x + kept.width).toBeLessThanOrEqual(core.x + core.width);
        expect(kept.y + kept.height).toBeLessThanOrEqual(core.y + core.height);
      }
      const select = (on: Grid) => selectWindows(on, ({ box }) => tissueShare(map, box, on.size) > 0);
      const [all, some] = [select(grid), select(cut)];
      expect(some.seenPixels).toBeLessThanOrEqual(all.seenPixels);
      expect(some.keptCount).toBe(windows.filter(({ core }) => core.width > 0).length);
      saved += all.seenPixels - some.seenPixels;
      skipped += all.keptCount - some.keptCount;
      // A thread that gets the grid alone has the same windows.
      for (const window of windows) expect(windowAt(structuredClone(cut), window.index)).toEqual(window);
    }),
    { numRuns: 100 },
  );
  expect(saved).toBeGreaterThan(0);
  expect(skipped).toBeGreaterThan(0);
});

test('what a network sees of a window is in phase, and has the margin on each side that is not an end of the window', () => {
  const sides = fc.record({
    steps: fc.integer({ min: 12, max: 64 }),
    from: fc.nat(1000),
    length: fc.integer({ min: 1, max: 999 }),
  });
  const places = fc.record({
    across: sides,
    down: sides,
    phase: fc.constantFrom(1, 8, 16, 32),
    margin: fc.constantFrom(0, 8, 96),
    border: fc.constantFrom<Border>('keep', 'mirror'),
    first: fc.nat(50),
  });
  fc.assert(
    fc.property(places, ({ across, down, phase, margin, border, first }) => {
      const window = { width: across.steps * phase, height: down.steps * phase };
      fc.pre(Math.min(window.width, window.height) > 2 * margin);
      const size = { width: 5000, height: 3000 };
      const stride = { width: window.width - 2 * margin, height: window.height - 2 * margin };
      const grid = createGrid({ size, window, stride, margin, border, phase, placement: 'aligned' });
      const row = windowsOfRow(grid, first % grid.rows);
      const { box, core } = row[first % row.length]!;
      const inside = (start: number, length: number, side: typeof across): readonly [number, number] => {
        const from = side.from % length;
        return [start + from, 1 + (side.length % (length - from))];
      };
      const [x, width] = inside(core.x, core.width, across);
      const [y, height] = inside(core.y, core.height, down);
      const kept = { x, y, width, height };
      const shown = shownPart(box, kept, margin, phase);
      for (const [from, length, start, whole, at, keptLength] of [
        [shown.x, shown.width, box.x, box.width, kept.x, kept.width],
        [shown.y, shown.height, box.y, box.height, kept.y, kept.height],
      ] as const) {
        const [end, last] = [from + length, start + whole];
        expect([(from - start) % phase, length % phase]).toEqual([0, 0]);
        expect(from).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(last);
        expect(from === start || at - from >= margin).toBe(true);
        expect(end === last || end - (at + keptLength) >= margin).toBe(true);
        expect(length).toBeGreaterThanOrEqual(Math.min(whole, 256));
        // Nothing is seen without need, but for the least side.
        const need = keptLength + 2 * margin + 2 * phase;
        expect(length).toBeLessThanOrEqual(Math.max(need, 256 + phase));
      }
    }),
    { numRuns: 500 },
  );
});
