import { expect, test } from 'vitest';
import { faults, fuzz } from '../fuzz/fuzz.js';
import { KINDS } from '../fuzz/kinds.js';
import { mutant, originals } from '../fuzz/mutate.js';

/** Two processes, as many as the smallest machine has cores. `npm run fuzz` goes on from here. */
test('200 files that were made wrong are read, or refused in one line: no crash, no hang, no unbounded memory', async () => {
  const outcomes = (await Promise.all([fuzz(7, 0, 100), fuzz(7, 100, 200)])).flat();
  expect(faults(outcomes)).toEqual([]);
  expect(outcomes.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  const verdicts = new Set(outcomes.map(({ verdict }) => verdict));
  expect([...verdicts].sort()).toEqual(['read', 'refused']);
});

test.each(KINDS.filter((kind) => kind !== 'tiff'))('40 of the kind %s are read or refused as well', async (kind) => {
  const outcomes = await fuzz(7, 0, 40, kind);
  expect(faults(outcomes)).toEqual([]);
  expect(outcomes).toHaveLength(40);
  expect(outcomes.some(({ verdict }) => verdict === 'refused')).toBe(true);
});

test('a mutant depends on its seed and number alone', () => {
  const from = originals();
  expect(mutant(from, 3, 17)).toEqual(mutant(from, 3, 17));
  expect(mutant(from, 3, 17)).not.toEqual(mutant(from, 4, 17));
});
