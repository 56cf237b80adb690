import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapOrdered } from '../../dist/io/ahead.js';

async function* numbers(count: number, onClose: () => void = () => {}): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) yield i;
  } finally {
    onClose();
  }
}

test('keeps the order, never exceeds the limit, whatever the order of completion', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 30 }),
      async (limit, delays) => {
        let running = 0;
        let most = 0;
        const results: number[] = [];
        const task = async (i: number) => {
          most = Math.max(most, ++running);
          for (let k = 0; k < delays[i]!; k++) await sleep(0);
          running--;
          return i;
        };
        for await (const i of mapOrdered(numbers(delays.length), limit, task)) results.push(i);
        expect(results).toEqual(delays.map((_, i) => i));
        expect(most).toBeLessThanOrEqual(limit);
      },
    ),
    { numRuns: 40 },
  );
});

test('an item counts against the limit until the consumer is done with it', async () => {
  let started = 0;
  const stream = mapOrdered(numbers(100), 3, async (i) => {
    started++;
    return i;
  });
  await stream.next();
  await sleep(20);
  expect(started).toBe(3);
  await stream.return(undefined);
});

test('a failing task is reported after the results before it, and closes the source when the tasks under way have ended', async () => {
  const events: string[] = [];
  const results: number[] = [];
  const consume = async () => {
    const task = async (i: number) => {
      if (i === 2) throw new Error('two');
      await sleep(i === 3 ? 30 : 1);
      events.push(`done ${i}`);
      return i;
    };
    for await (const i of mapOrdered(
      numbers(100, () => events.push('closed')),
      4,
      task,
    ))
      results.push(i);
  };
  await expect(consume()).rejects.toThrow('two');
  expect(results).toEqual([0, 1]);
  expect(events.at(-1)).toBe('closed');
  expect(events).toContain('done 3');
});

test('a failing source is reported after the results before it', async () => {
  async function* broken() {
    yield 1;
    throw new Error('source');
  }
  const results: number[] = [];
  await expect(
    (async () => {
      for await (const i of mapOrdered(broken(), 2, async (i) => i)) results.push(i);
    })(),
  ).rejects.toThrow('source');
  expect(results).toEqual([1]);
});

test('the signal stops the stream with the aborted error', async () => {
  const controller = new AbortController();
  const results: number[] = [];
  await expect(
    (async () => {
      for await (const i of mapOrdered(numbers(1000), 2, async (i) => i, controller.signal)) {
        results.push(i);
        if (i === 5) controller.abort();
      }
    })(),
  ).rejects.toMatchObject({ code: 'aborted' });
  expect(results.length).toBeLessThan(12);
});
