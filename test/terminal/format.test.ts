import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, count, duration, figure, pairs, percent } from '../../dist/terminal/format.js';

test.each([
  [0, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [3599.7, '1 h 00 min'],
  [7630, '2 h 07 min'],
  [Number.POSITIVE_INFINITY, '?'],
  [Number.NaN, '?'],
])('%d seconds are %s', (seconds, words) => expect(duration(seconds)).toBe(words));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [999.5, '1.0 kB'],
  [3_400_000, '3.4 MB'],
  [9_960_000, '10 MB'],
  [812_000_000, '812 MB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (value, words) => expect(bytes(value)).toBe(words));

test.each([
  [0, '0 %'],
  [0.004, '0.4 %'],
  [0.0001, 'under 0.1 %'],
  [0.0999, '10 %'],
  [0.37, '37 %'],
  [0.9999, 'over 99 %'],
  [1, '100 %'],
])('a share of %d is %s', (share, words) => expect(percent(share)).toBe(words));

test.each([
  [38.24, '38.2'],
  [0.50604, '0.506'],
  [1239.6, '1,240'],
  [999.6, '1,000'],
  [0, '0'],
  [Number.NaN, '?'],
])('%d to three figures is %s', (value, words) => expect(figure(value)).toBe(words));

test('counts have their thousands apart', () => {
  expect(count(1234567.4)).toBe('1,234,567');
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(count(value)).toBe(value.toLocaleString('en-US'));
    }),
  );
});

test('pairs stand in two columns, without blanks at the end', () => {
  expect(
    pairs([
      ['a', 'one'],
      ['long', ''],
      ['mid', 'two'],
    ]),
  ).toBe('  a     one\n  long\n  mid   two');
  expect(pairs([])).toBe('');
});
