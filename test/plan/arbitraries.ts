import fc from 'fast-check';
import { tissueRuns } from '../../dist/plan/tissue/runs.js';
import { type TissueMap, tissueMap } from '../../dist/plan/tissue/tissue.js';
import type { Border, FixedPlacement, WindowAxis } from '../../dist/plan/windows/axis.js';
import type { Grid } from '../../dist/plan/windows/grid.js';
import { createGrid } from '../../dist/plan/windows/grid.js';
import { layTissue } from '../../dist/plan/windows/tissue-grid.js';

/** Every legal combination of length, window, stride and margin on one axis, primes and L < T, L = T, L = T + 1 among them. */
export const legalAxis: fc.Arbitrary<WindowAxis> = fc
  .record({
    window: fc.oneof(fc.integer({ min: 1, max: 97 }), fc.constantFrom(2, 3, 7, 31, 61, 97)),
    marginShare: fc.double({ min: 0, max: 1, noNaN: true }),
    strideShare: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 400 }),
    special: fc.constantFrom('any', 'shorter', 'equal', 'one more', 'prime'),
    border: fc.constantFrom<Border>('keep', 'mirror'),
    placement: fc.constantFrom<FixedPlacement>('stride', 'even', 'aligned'),
  })
  .map(({ window, marginShare, strideShare, length, special, border, placement }) => {
    const margin = Math.floor(marginShare * Math.floor((window - 1) / 2));
    const stride = 1 + Math.floor(strideShare * (window - 2 * margin - 1));
    const lengths = { any: length, shorter: Math.max(1, window - 1), equal: window, 'one more': window + 1, prime: 211 };
    return { length: lengths[special], window, stride, margin, border, placement };
  });

/** Small legal grids whose axes differ. They share the margin, as grids do. */
export const legalGrid: fc.Arbitrary<Grid> = fc
  .record({ x: legalAxis, y: legalAxis })
  .map(({ x, y }) => {
    const margin = Math.min(x.margin, y.margin);
    return createGrid({
      size: { width: Math.min(x.length, 150), height: Math.min(y.length, 150) },
      window: { width: x.window, height: y.window },
      stride: { width: x.stride, height: y.stride },
      margin,
      border: x.border,
      placement: x.placement ?? 'stride',
    });
  })
  .filter((grid) => grid.columns * grid.rows <= 2000);

/** A map of tissue: a few boxes in a coarse raster, and perhaps none. */
const rasters = fc.record({
  width: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 1, max: 40 }),
  boxes: fc.array(fc.tuple(fc.nat(39), fc.nat(39), fc.nat(12), fc.nat(12)), { maxLength: 5 }),
});

/** A grid that follows tissue, the fixed grid of the same windows, and where tissue is. */
interface LaidGrid {
  readonly laid: Grid;
  readonly fixed: Grid;
  readonly map: TissueMap;
  isTissue(x: number, y: number): boolean;
}

/** Grids that follow tissue in some boxes, or in none. */
export const laidGrid: fc.Arbitrary<LaidGrid> = fc
  .record({ grid: legalGrid, raster: rasters, phase: fc.constantFrom(undefined, 1, 2, 4, 8) })
  .map(({ grid, raster: { width, height, boxes }, phase }) => {
    const mask = new Uint8Array(width * height);
    for (const [x, y, w, h] of boxes)
      for (let j = y; j <= Math.min(y + h, height - 1); j++)
        for (let i = x; i <= Math.min(x + w, width - 1); i++) mask[j * width + i] = 1;
    const { size, window, stride, margin, border } = grid;
    const whole = (length: number) => (phase === undefined || length < phase ? length : length - (length % phase));
    const fixed = createGrid({
      ...{ size, window, margin, border, phase },
      stride: { width: whole(stride.width), height: whole(stride.height) },
      placement: 'tissue',
    });
    const map = tissueMap(mask, { width, height });
    const touched = (at: number, full: number, mapped: number): number[] => {
      const [first, end] = [Math.floor((at * mapped) / full), Math.ceil(((at + 1) * mapped) / full)];
      return Array.from({ length: end - first }, (_, i) => first + i);
    };
    const isTissue = (x: number, y: number): boolean =>
      touched(y, size.height, height).some((j) => touched(x, size.width, width).some((i) => mask[j * width + i] === 1));
    return { fixed, map, isTissue, laid: layTissue(fixed, tissueRuns(map, size, size)) };
  });
