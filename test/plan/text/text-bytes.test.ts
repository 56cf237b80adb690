import fc from 'fast-check';
import { expect, it } from 'vitest';
import { append, LONGEST_NUMBER, makeRoom, putDecimal, putWhole, textBytes } from '../../../dist/plan/text/text-bytes.js';

const textOf = (put: (bytes: Uint8Array, at: number) => number): string => {
  const bytes = new Uint8Array(LONGEST_NUMBER);
  return new TextDecoder().decode(bytes.subarray(0, put(bytes, 0)));
};
const decimal = (value: number, places: number): string => textOf((bytes, at) => putDecimal(bytes, at, value, places));
const numbers = fc.oneof(
  fc.double({ noNaN: false }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer(),
  fc.constantFrom(0, -0, -1e-7, 1e-6, 999_999.999_999_5, 999_999_999.999_999, 1e9, 2 ** 53, Number.NaN, 1e21),
);

it('writes a rounded number as String does', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 6 }), (number, places) => {
      const value = Math.round(number * 10 ** places) / 10 ** places;
      expect(decimal(value, places)).toBe(String(value));
    }),
    { numRuns: 2000 },
  );
});

it('writes whole numbers of any size', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.maxSafeNat(), fc.nat({ max: 100_000 })), (value) => {
      expect(textOf((bytes, at) => putWhole(bytes, at, value))).toBe(String(value));
    }),
    { numRuns: 2000 },
  );
});

it('grows', () => {
  const text = textBytes();
  for (let i = 0; i < 1000; i++) append(text, 'µm²\n');
  makeRoom(text, 10 ** 6);
  expect(text.bytes.length).toBeGreaterThan(10 ** 6);
  expect(new TextDecoder().decode(text.bytes.subarray(0, text.length))).toBe('µm²\n'.repeat(1000));
});
