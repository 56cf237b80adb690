import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapOrdered } from '../../dist/io/ahead.js';

const pause = (turns: number) =>
  new Promise<void>((resolve) => (turns === 0 ? resolve() : setImmediate(() => resolve(pause(turns - 1)))));

test('results come in order, and no more than the limit are under way or wait', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      async (turns, depth) => {
        let started = 0;
        let taken = 0;
        let most = 0;
        const seen: number[] = [];
        const results = mapOrdered(turns.keys(), depth + 1, async (item) => {
          started++;
          most = Math.max(most, started - taken);
          await pause(turns[item]!);
          return item;
        });
        for await (const item of results) {
          taken++;
          seen.push(item);
          await pause(1);
          expect(started).toBe(Math.min(turns.length, taken + depth));
        }
        expect(seen).toEqual([...turns.keys()]);
        expect(most).toBeLessThanOrEqual(depth + 1);
      },
    ),
  );
});

test('a failure comes where its result is due, after the work under way has ended', async () => {
  let ended = 0;
  const results = mapOrdered([0, 1, 2, 3], 4, async (item) => {
    await pause(item * 2);
    ended++;
    if (item === 1) throw new Error('item 1');
    return item;
  });
  expect((await results.next()).value).toBe(0);
  await expect(results.next()).rejects.toThrow('item 1');
  expect(ended).toBe(4);
});

test('whoever stops asking waits for the work under way, and no more is started', async () => {
  let started = 0;
  let ended = 0;
  for await (const _ of mapOrdered([0, 1, 2, 3, 4, 5], 3, async () => {
    started++;
    await pause(3);
    ended++;
  })) {
    break;
  }
  expect([started, ended]).toEqual([3, 3]);
});
