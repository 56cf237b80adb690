import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rational } from '../../../dist/tiff/write/directory.js';

test('fractions that fit are exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 10_000 }), (a, b) => {
      const [n, d] = rational(a / b);
      expect(n / d).toBe(a / b);
    }),
  );
});

test('any resolution comes out to nine digits, in 32 bits', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-4, max: 1e9, noNaN: true }), (mpp) => {
      const [n, d] = rational(10_000 / mpp);
      for (const part of [n, d]) expect(Number.isInteger(part) && part >= 1 && part < 2 ** 32).toBe(true);
      expect(Math.abs((n / d) * (mpp / 10_000) - 1)).toBeLessThan(mpp > 1e6 ? 1e-4 : 1e-9);
    }),
    { numRuns: 2000 },
  );
});
