import fc from 'fast-check';
import type { Border, WindowAxis, WindowPlacement } from '../../dist/plan/windows/axis.js';
import type { Grid } from '../../dist/plan/windows/grid.js';
import { createGrid } from '../../dist/plan/windows/grid.js';

/** Every legal combination of length, window, stride and margin on one axis, primes and L < T, L = T, L = T + 1 among them. */
export const legalAxis: fc.Arbitrary<WindowAxis> = fc
  .record({
    window: fc.oneof(fc.integer({ min: 1, max: 97 }), fc.constantFrom(2, 3, 7, 31, 61, 97)),
    marginShare: fc.double({ min: 0, max: 1, noNaN: true }),
    strideShare: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 400 }),
    special: fc.constantFrom('any', 'shorter', 'equal', 'one more', 'prime'),
    border: fc.constantFrom<Border>('keep', 'mirror'),
    placement: fc.constantFrom<WindowPlacement>('stride', 'even', 'aligned'),
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
