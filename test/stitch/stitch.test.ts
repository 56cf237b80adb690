import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tissueRuns } from '../../dist/plan/tissue/runs.js';
import { tissueMap } from '../../dist/plan/tissue/tissue.js';
import { windowOwned } from '../../dist/plan/windows/axis.js';
import { type Blend, blends, weightMap } from '../../dist/plan/windows/blend.js';
import { columnAxis, createGrid, type Grid, windowsOfRow } from '../../dist/plan/windows/grid.js';
import { pieceWindows } from '../../dist/plan/windows/piece.js';
import { selectWindows } from '../../dist/plan/windows/selection.js';
import { layTissue } from '../../dist/plan/windows/tissue-grid.js';
import { createLoops } from '../../dist/stitch/loops.js';
import { createStitch, type StitchOptions } from '../../dist/stitch/stitch.js';
import type { Window } from '../../dist/types.js';
import { laidGrid, legalGrid } from '../plan/arbitraries.js';

/** Scores of a window, from a function of the place on the slide and inside the window. */
function scoresOf(
  window: Window,
  classes: number,
  score: (c: number, x: number, y: number, index: number) => number,
): Float32Array {
  const { box } = window;
  const data = new Float32Array(classes * box.width * box.height);
  for (let c = 0, i = 0; c < classes; c++)
    for (let y = 0; y < box.height; y++)
      for (let x = 0; x < box.width; x++) data[i++] = score(c, box.x + x, box.y + y, window.index);
  return data;
}

/** The whole stitched image, class planes one after the other, and the order in which rows came. */
function stitchAll(
  grid: Grid,
  classes: number,
  blend: Blend,
  score: (c: number, x: number, y: number, index: number) => number,
  keep: (window: Window) => boolean = () => true,
  options?: StitchOptions,
): Float32Array {
  const { width, height } = grid.size;
  const out = new Float32Array(classes * width * height).fill(Number.NaN);
  const stitch = createStitch(grid, classes, blend, options);
  let next = 0;
  for (let row = 0; row < grid.rows; row++) {
    for (const window of windowsOfRow(grid, row).filter(keep)) stitch.add({ window, data: scoresOf(window, classes, score) });
    for (const rows of stitch.complete(row)) {
      expect(rows.y).toBe(next);
      next += rows.height;
      for (const block of rows.blocks) {
        expect(block.height).toBe(rows.height);
        expect(block.whole).toBe(!block.data.some(Number.isNaN));
        for (let c = 0; c < classes; c++)
          for (let y = 0; y < block.height; y++)
            for (let x = 0; x < block.width; x++)
              out[(c * height + block.y + y) * width + block.x + x] = block.data[(c * block.height + y) * block.width + x]!;
      }
    }
  }
  expect(next).toBe(height);
  return out;
}

/** The definition, pixel by pixel in float64: the weighted mean over the windows whose core holds the pixel. */
function definition(
  grid: Grid,
  classes: number,
  blend: Blend,
  score: (c: number, x: number, y: number, index: number) => number,
  keep: (window: Window) => boolean,
): Float64Array {
  const { width, height } = grid.size;
  const sums = new Float64Array(classes * width * height);
  const totals = new Float64Array(width * height);
  const map = blend === 'none' ? undefined : weightMap(blend, grid.window);
  for (let row = 0; row < grid.rows; row++) {
    for (const window of windowsOfRow(grid, row).filter(keep)) {
      const x = map
        ? { start: window.core.x, length: window.core.width }
        : windowOwned(columnAxis(grid, window.row), window.column);
      const y = map ? { start: window.core.y, length: window.core.height } : windowOwned(grid.y, window.row);
      for (let py = y.start; py < y.start + y.length; py++) {
        for (let px = x.start; px < x.start + x.length; px++) {
          const weight = map ? map[(py - window.box.y) * window.box.width + px - window.box.x]! : 1;
          totals[py * width + px]! += weight;
          for (let c = 0; c < classes; c++)
            sums[(c * height + py) * width + px]! += weight * Math.fround(score(c, px, py, window.index));
        }
      }
    }
  }
  return sums.map((sum, i) => sum / totals[i % (width * height)]!);
}

/**
 * How far a blended value may be from exact. 1e-6, except where so many windows see one pixel that float32 sums cannot do it: `n`
 * additions, of which the first is exact, and the rounding of the products may be off by `n` half units in the last place, and so may the sum of weights
 * with the division.
 */
function tolerance(grid: Grid, blend: Blend): number {
  if (blend === 'none') return Number.MIN_VALUE;
  // Rows of windows that follow tissue may lie closer than the stride.
  const step = { ...grid.stride, height: Math.min(grid.stride.height, ...gaps(grid.y.starts ?? [])) };
  const views = Math.ceil(grid.window.width / step.width) * Math.ceil(grid.window.height / step.height);
  return views <= 16 ? 1e-6 : views * 2 ** -23;
}

const gaps = (starts: readonly number[]): number[] => starts.slice(1).map((start, i) => start - starts[i]!);

const noise = (c: number, x: number, y: number, index: number): number => {
  const hash = Math.imul(x * 73856093 + y * 19349663 + c * 83492791 + index * 2654435761, 1540483477) >>> 8;
  return hash / 2 ** 24;
};

test('equals the definition for every blend, with skipped windows, and NaN where nothing looked', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        legalGrid,
        laidGrid.map(({ laid }) => laid),
      ),
      fc.constantFrom(...blends),
      fc.integer({ min: 1, max: 3 }),
      fc.integer(),
      (grid, blend, classes, salt) => {
        const keep = (window: Window) => ((window.index * 40503 + salt) & 3) !== 0;
        const stitched = stitchAll(grid, classes, blend, noise, keep);
        const wanted = definition(grid, classes, blend, noise, keep);
        let worst = 0;
        for (let i = 0; i < wanted.length; i++) {
          if (Number.isNaN(wanted[i]!) !== Number.isNaN(stitched[i]!)) throw new Error(`coverage differs at ${i}`);
          if (!Number.isNaN(wanted[i]!)) worst = Math.max(worst, Math.abs(wanted[i]! - stitched[i]!));
        }
        expect(worst).toBeLessThan(tolerance(grid, blend));
      },
    ),
    { numRuns: 150 },
  );
});

test('windows that agree reproduce the image: exactly without blending, within 1e-6 otherwise', () => {
  fc.assert(
    fc.property(legalGrid, fc.constantFrom(...blends), (grid, blend) => {
      const image = (c: number, x: number, y: number) => noise(c, x, y, 0);
      const stitched = stitchAll(grid, 2, blend, image);
      const { width, height } = grid.size;
      for (let i = 0; i < stitched.length; i++) {
        const c = Math.floor(i / (width * height));
        const wanted = Math.fround(image(c, i % width, Math.floor(i / width) % height));
        if (!(Math.abs(stitched[i]! - wanted) < tolerance(grid, blend))) {
          throw new Error(`pixel ${i}: wanted ${wanted} but got ${stitched[i]}`);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('images wider than one block of columns join without a seam, whether its neighbours lie under their windows as it does or not', () => {
  const wideGrid = fc
    .record({
      width: fc.integer({ min: 1024, max: 2100 }),
      height: fc.integer({ min: 40, max: 120 }),
      // Of those that divide the 512 columns of a block, every block in the middle is alike.
      stride: fc.constantFrom(16, 31, 32, 64),
      down: fc.integer({ min: 9, max: 64 }),
      margin: fc.integer({ min: 0, max: 8 }),
      border: fc.constantFrom('keep' as const, 'mirror' as const),
    })
    .map(({ width, height, stride, down, margin, border }) =>
      createGrid({
        size: { width, height },
        window: { width: 64, height: 64 },
        stride: { width: Math.min(stride, 64 - 2 * margin), height: Math.min(down, 64 - 2 * margin) },
        margin,
        border,
      }),
    );
  fc.assert(
    fc.property(wideGrid, fc.constantFrom(...blends), fc.integer({ min: 0, max: 12 }), (grid, blend, rare) => {
      // A few holes: most blocks stay alike, and those that are not differ in one window.
      const keep = (window: Window) => rare === 0 || (Math.imul(window.index + rare, 0x9e3779b1) >>> 24) % (8 * rare) !== 0;
      const stitched = stitchAll(grid, 1, blend, noise, keep);
      const wanted = definition(grid, 1, blend, noise, keep);
      const most = tolerance(grid, blend);
      wanted.forEach((value, i) => {
        if (Number.isNaN(value) ? !Number.isNaN(stitched[i]) : !(Math.abs(stitched[i]! - value) < most))
          throw new Error(`pixel ${i}: wanted ${value} but got ${stitched[i]}`);
      });
    }),
    { numRuns: 40 },
  );
});

test('pieces of an image whose windows follow tissue have the bits of the whole', () => {
  const wide = fc.record({
    width: fc.integer({ min: 1030, max: 1600 }),
    cut: fc.integer({ min: 1, max: 119 }),
    phase: fc.constantFrom(undefined, 4),
    fragments: fc.array(fc.tuple(fc.nat(159), fc.nat(11), fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 8 }),
  });
  fc.assert(
    fc.property(wide, fc.constantFrom(...blends), ({ width, cut, phase, fragments }, blend) => {
      const size = { width, height: 120 };
      const raster = { width: 160, height: 12 };
      const mask = new Uint8Array(160 * 12);
      for (const [x, y, long] of fragments) mask.fill(1, y * 160 + x, y * 160 + Math.min(160, x + long));
      const grid = layTissue(
        createGrid({
          ...{ size, window: { width: 40, height: 40 }, stride: { width: 28, height: 20 } },
          ...{ margin: 6, border: 'keep', placement: 'tissue', phase },
        }),
        tissueRuns(tissueMap(mask, raster), size, size),
      );
      const whole = stitchAll(grid, 1, blend, noise);
      const made = new Float32Array(whole.length).fill(Number.NaN);
      const all = selectWindows(grid, () => true);
      for (const [x, across] of [[0, 512] as const, [512, width - 512] as const]) {
        for (const [y, down] of [[0, cut] as const, [cut, 120 - cut] as const]) {
          const piece = { x, y, width: across, height: down };
          const wanted = pieceWindows(grid, all, blend, piece, false);
          const stitch = createStitch(grid, 1, blend, { piece });
          for (let row = wanted.first; row < wanted.end; row++) {
            for (const window of wanted.kept(row)) stitch.add({ window, data: scoresOf(window, 1, noise) });
            for (const { blocks } of stitch.complete(row))
              for (const block of blocks)
                for (let line = 0; line < block.height; line++)
                  made.set(
                    block.data.subarray(line * block.width, (line + 1) * block.width),
                    (block.y + line) * width + block.x,
                  );
          }
        }
      }
      // NaN has several bit patterns.
      const differs = made.findIndex((score, i) => !Object.is(score, whole[i]));
      if (differs >= 0) throw new Error(`pixel ${differs}: ${made[differs]} in pieces, ${whole[differs]} whole`);
    }),
    { numRuns: 40 },
  );
});

test('blocks of columns in memories of their own give the same bits as in one, and plain loops the bits of WebAssembly', () => {
  const wide = fc.record({
    width: fc.integer({ min: 500, max: 2100 }),
    window: fc.integer({ min: 30, max: 70 }),
    down: fc.integer({ min: 9, max: 30 }),
    classes: fc.integer({ min: 1, max: 3 }),
    // One block each, or two.
    arenaBytes: fc.constantFrom(1, 400_000),
  });
  fc.assert(
    fc.property(wide, fc.constantFrom(...blends), ({ width, window, down, classes, arenaBytes }, blend) => {
      const grid = createGrid({
        size: { width, height: 90 },
        window: { width: window, height: window },
        stride: { width: window - 7, height: down },
        margin: 0,
        border: 'keep',
      });
      const apart = stitchAll(grid, classes, blend, noise, undefined, { arenaBytes });
      const whole = stitchAll(grid, classes, blend, noise);
      expect(Buffer.compare(Buffer.from(apart.buffer), Buffer.from(whole.buffer))).toBe(0);
      const plain = stitchAll(grid, classes, blend, noise, undefined, { arenaBytes, newKernel: createLoops });
      expect(Buffer.compare(Buffer.from(plain.buffer), Buffer.from(whole.buffer))).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('blocks that miss a window each, not of the same row, have weights of their own', () => {
  const grid = createGrid({
    size: { width: 1536, height: 40 },
    window: { width: 512, height: 16 },
    stride: { width: 512, height: 8 },
    margin: 0,
    border: 'keep',
  });
  const keep = ({ column, row }: Window) => column === 0 || row !== column;
  const stitched = stitchAll(grid, 1, 'gaussian', noise, keep);
  definition(grid, 1, 'gaussian', noise, keep).forEach((value, i) => {
    if (Number.isNaN(value) ? !Number.isNaN(stitched[i]) : !(Math.abs(stitched[i]! - value) < 1e-6))
      throw new Error(`pixel ${i}: wanted ${value} but got ${stitched[i]}`);
  });
});

test('rows leave as soon as no later window can touch them', () => {
  const grid = createGrid({
    size: { width: 32, height: 1000 },
    window: { width: 32, height: 32 },
    stride: { width: 16, height: 16 },
    margin: 4,
    border: 'keep',
  });
  const stitch = createStitch(grid, 1, 'gaussian');
  for (let row = 0; row < grid.rows; row++) {
    const last = [...stitch.complete(row)].at(-1);
    const end = row === grid.rows - 1 ? 1000 : windowsOfRow(grid, row + 1)[0]!.core.y;
    expect(last!.y + last!.height).toBe(end);
  }
});

test('a score that is not a number is an error with its place, not a hole', () => {
  const grid = createGrid({
    size: { width: 8, height: 8 },
    window: { width: 8, height: 8 },
    stride: { width: 8, height: 8 },
    margin: 0,
    border: 'keep',
  });
  const stitch = createStitch(grid, 1, 'constant');
  const data = new Float32Array(64);
  data[8 * 3 + 5] = Number.NaN;
  stitch.add({ window: windowsOfRow(grid, 0)[0]!, data });
  expect(() => [...stitch.complete(0)]).toThrow(
    expect.objectContaining({ code: 'model', message: expect.stringContaining('(5, 3)') }),
  );
});
