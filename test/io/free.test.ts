import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { free } from '../../dist/io/threads/free.js';

test('memory that is freed is gone at once, without a garbage collection', async () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 200; i++) {
    const buffer = new ArrayBuffer(2 ** 22);
    free(buffer);
    expect(buffer.byteLength).toBe(0);
  }
  await sleep(10);
  // 800 MiB have passed.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 25);
});

test('what others may see cannot be freed', () => {
  expect(() => free(new SharedArrayBuffer(8) as unknown as ArrayBuffer)).toThrow();
});
