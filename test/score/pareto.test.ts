import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bestValue, paretoFront } from '../../dist/score/pareto.js';

const worths = fc.array(fc.record({ quality: fc.integer({ min: 0, max: 6 }), seconds: fc.integer({ min: 0, max: 6 }) }), {
  minLength: 1,
  maxLength: 12,
});

test('nothing on the front is beaten, and all else is', () => {
  fc.assert(
    fc.property(worths, (all) => {
      const front = paretoFront(all);
      for (const [i, one] of all.entries()) {
        const beaten = all.some(
          ({ quality, seconds }) =>
            quality >= one.quality && seconds <= one.seconds && (quality > one.quality || seconds < one.seconds),
        );
        const before = all.slice(0, i).some(({ quality, seconds }) => quality === one.quality && seconds === one.seconds);
        expect(front[i]).toBe(!beaten && !before);
      }
    }),
  );
});

test('what to use is the fastest of those that are nearly the best', () => {
  fc.assert(
    fc.property(worths, fc.integer({ min: 0, max: 3 }), (all, tolerance) => {
      const chosen = all[bestValue(all, tolerance)]!;
      const best = Math.max(...all.map(({ quality }) => quality));
      expect(chosen.quality).toBeGreaterThanOrEqual(best - tolerance);
      for (const { quality, seconds } of all)
        if (quality >= best - tolerance) expect(seconds).toBeGreaterThanOrEqual(chosen.seconds);
    }),
  );
  expect(bestValue([], 1)).toBe(-1);
});
