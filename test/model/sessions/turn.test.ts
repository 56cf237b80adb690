import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { newTurn } from '../../../dist/model/sessions/turn.js';

/** A thread that reads a number, waits, and writes it back one higher, many times over. */
const counting = `
  const { workerData: { turn, count, module } } = require('node:worker_threads');
  const number = new Int32Array(count);
  (async () => {
    const { inTurn } = await import(module);
    for (let round = 0; round < 50; round++) {
      const work = async () => {
        const before = number[0];
        await new Promise((resolve) => setTimeout(resolve, 1));
        number[0] = before + 1;
        if (round % 10 === 9) throw new Error('and goes on');
      };
      await inTurn(turn, work).catch(() => {});
    }
  })();`;

/** What three threads count to together. */
async function counted(turn: SharedArrayBuffer | undefined): Promise<number> {
  const count = new SharedArrayBuffer(4);
  const module = new URL('../../../dist/model/sessions/turn.js', import.meta.url).href;
  const threads = [1, 2, 3].map(() => new Worker(counting, { eval: true, workerData: { turn, count, module } }));
  await Promise.all(threads.map((thread) => once(thread, 'exit')));
  return new Int32Array(count)[0]!;
}

test('threads that take turns lose nothing, even where one fails', async () => {
  expect(await counted(newTurn())).toBe(150);
  expect(await counted(undefined)).toBeLessThan(150);
});
