import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineOfMistake } from '../../../dist/plan/text/json.js';

describe('lineOfMistake', () => {
  const isJson = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it('agrees with JSON.parse about what is JSON, whole or with a hole', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.nat(3),
        fc.constantFrom('', ',', '"', '}', '0', '\\', '\n', '-'),
        (json, at, drop, put) => {
          expect(lineOfMistake(json)).toBeUndefined();
          const broken = json.slice(0, at % json.length) + put + json.slice((at % json.length) + drop);
          expect(lineOfMistake(broken) === undefined).toBe(isJson(broken));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{\n  "scale": 1,\n  "mean" [1]\n}', 3],
    ['{\n  "scale": 1,\n  "mean": [1 2]\n}', 3],
    ['{\n  "color": rgb\n}', 2],
    ['{\n  "color": "rgb\n}', 2],
    ['{\n  "scale": 1,\n}\n', 3],
    ['{\n\n', 3],
    ['', 1],
    ['{}\n{}', 2],
  ])('%j is wrong in line %i', (text, line) => {
    expect(lineOfMistake(text)).toBe(line);
  });
});
