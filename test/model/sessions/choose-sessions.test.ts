import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chooseBatch,
  chooseSessions,
  givenLanes,
  isWorthwhile,
  triedBatches,
  triedSessions,
} from '../../../dist/model/sessions/choose-sessions.js';

const rate = fc.double({ min: 0.01, max: 1e5, noNaN: true });
const rates = fc.array(rate, { minLength: 1, maxLength: triedSessions.length });

test.each([
  [[100], 1],
  [[100, 104.9], 1],
  [[100, 105], 2],
  [[100, 180, 185], 2],
  [[100, 150, 200], 3],
  // A third session is of no use where the second one is of none.
  [[100, 100, 300], 1],
  [[100, 40], 1],
])('with %j windows a second, %i sessions are taken', (measured, sessions) => {
  expect(chooseSessions(measured)).toBe(sessions);
});

test.each([
  [[100], 1],
  [[100, 190, 300, 310], 4],
  [[100, 190, 300, 400, 500, 600], 32],
  [[100, 90], 1],
])('with %j windows a second, batches of %i are taken', (measured, batch) => {
  expect(chooseBatch(measured)).toBe(batch);
});

describe('the number of sessions', () => {
  test('is the fewest of those measured after which one more is not 5 % faster', () => {
    fc.assert(
      fc.property(rates, (measured) => {
        const chosen = chooseSessions(measured);
        expect(chosen).toBeGreaterThanOrEqual(1);
        expect(chosen).toBeLessThanOrEqual(measured.length);
        const isWorth = (sessions: number): boolean => measured[sessions]! >= 1.05 * measured[sessions - 1]!;
        for (let sessions = 1; sessions < chosen; sessions++) expect(isWorth(sessions)).toBe(true);
        if (chosen < measured.length) expect(isWorth(chosen)).toBe(false);
      }),
    );
  });

  test('does not depend on how fast the machine is, only on the ratios', () => {
    fc.assert(
      fc.property(rates, fc.constantFrom(0.25, 0.5, 2, 1024), (measured, factor) => {
        expect(chooseSessions(measured.map((each) => each * factor))).toBe(chooseSessions(measured));
      }),
    );
  });

  test('never grows where one rate was lower', () => {
    fc.assert(
      fc.property(rates, fc.double({ min: 0.01, max: 1, noNaN: true }), (measured, share) => {
        const slower = [...measured.slice(0, -1), measured.at(-1)! * share];
        expect(chooseSessions(slower)).toBeLessThanOrEqual(chooseSessions(measured));
      }),
    );
  });

  test('is known as soon as a step is not worth it: what would be measured after that does not matter', () => {
    fc.assert(
      fc.property(rates, rates, (measured, more) => {
        const all = [...measured, ...more].slice(0, triedSessions.length);
        const end = all.findIndex((each, step) => step > 0 && !isWorthwhile(all[step - 1]!, each));
        expect(chooseSessions(end < 0 ? all : all.slice(0, end + 1))).toBe(chooseSessions(all));
      }),
    );
  });
});

describe('what is given is not measured', () => {
  test.each([
    [{}, undefined, 'cuda', {}],
    [{ batch: 'auto' }, undefined, 'dml', {}],
    [{ batch: 8 }, undefined, 'cuda', { batch: 8, sessions: 1 }],
    [{ workers: 2 }, undefined, 'tensorrt', { sessions: 2 }],
    [{ batch: 8, workers: 5 }, undefined, 'coreml', { batch: 8, sessions: 5 }],
    [{}, 4, 'cuda', { batch: 4 }],
    [{ workers: 3 }, 4, 'cuda', { batch: 4, sessions: 3 }],
    // They take turns.
    [{}, undefined, 'webgpu', { sessions: 1 }],
    [{ workers: 16 }, undefined, 'webgpu', { sessions: 1 }],
  ] as const)('%j, for a network of batch %s, on %s: %j', (rules, fixedBatch, provider, given) => {
    expect(givenLanes(rules, fixedBatch, provider)).toEqual(given);
  });
});

test('batches of 1 to 32 and 1 to 3 sessions are tried', () => {
  expect(triedBatches).toEqual([1, 2, 4, 8, 16, 32]);
  expect(triedSessions).toEqual([1, 2, 3]);
});
