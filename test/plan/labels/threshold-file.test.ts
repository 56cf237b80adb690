import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatThresholdFile, parseThresholdFile } from '../../../dist/plan/labels/threshold-file.js';

const names = fc.string({ minLength: 1 }).filter((name) => name.trim() !== '');

test('what is written is read, whatever the classes are called and whatever is noted beside', () => {
  const thresholds = fc.uniqueArray(fc.tuple(names, fc.double({ min: 0, max: 1, noNaN: true })), {
    minLength: 1,
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(thresholds, fc.dictionary(fc.string(), fc.jsonValue()), (entries, notes) => {
      const wanted = new Map(entries.map(([name, value]) => [name, value + 0]));
      expect(new Map(parseThresholdFile(formatThresholdFile(wanted, notes), 't.json'))).toEqual(wanted);
    }),
  );
});

test('other keys beside the thresholds are ignored', () => {
  const json = '{ "version": [1], "thresholds": { "tumor": 0.45, "stroma": 1 }, "threshold": "x" }';
  expect([...parseThresholdFile(json, 't.json')]).toEqual([
    ['tumor', 0.45],
    ['stroma', 1],
  ]);
});

test.each([
  ['{', 't.json: line 1 is not JSON'],
  ['0.5', 't.json: expected thresholds by class but got 0.5'],
  ['{ "tumor": 0.5 }', 't.json: expected thresholds by class but got {"tumor":0.5}'],
  ['{ "thresholds": [0.5] }', 't.json: expected thresholds by class but got "thresholds": [0.5]'],
  ['{ "thresholds": {} }', 't.json: expected a threshold for at least one class'],
  ['{ "thresholds": { " ": 0.5 } }', 't.json: a class has no name'],
  ['{ "thresholds": { "a": 0.5, "b": 1.5 } }', 't.json: expected a number from 0 to 1 for the threshold of "b" but got 1.5'],
  ['{ "thresholds": { "a": "0.5" } }', 't.json: expected a number from 0 to 1 for the threshold of "a" but got "0.5"'],
])('%s is refused', (json, message) => {
  expect(() => parseThresholdFile(json, 't.json')).toThrow(expect.objectContaining({ code: 'input', message }));
});

test.each([[new Map()], [new Map([['a', -0.1]])], [new Map([['a', Number.NaN]])]])('%j is not written', (thresholds) => {
  expect(() => formatThresholdFile(thresholds)).toThrow(expect.objectContaining({ code: 'usage' }));
});
