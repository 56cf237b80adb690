import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classesWithin, resized, settingsWithin } from '../../../dist/plan/memory/fit.js';
import { foretellMemory, type MemoryShape } from '../../../dist/plan/memory/foretell.js';

interface Recorded {
  readonly name: string;
  /** Of a process of its own, in which `segtile infer` ran on two threads: `test/bench/foretold.ts --recorded` prints such lines. */
  readonly peakRssBytes: number;
  readonly shape: MemoryShape;
}

const recorded: readonly Recorded[] = JSON.parse(readFileSync(new URL('recorded.json', import.meta.url), 'utf8'));
const named = (words: string): Recorded => recorded.find(({ name }) => name.includes(words))!;

test('ten settings and more were recorded', () => expect(recorded.length).toBeGreaterThanOrEqual(10));

test.each(recorded)('$name: within a quarter of what the process took', ({ shape, peakRssBytes }) => {
  const ratio = foretellMemory(shape).total / peakRssBytes;
  expect(ratio).toBeGreaterThan(0.75);
  expect(ratio).toBeLessThan(1.25);
});

test('the parts come to the whole', () => {
  for (const { shape } of recorded) {
    const { total, ...parts } = foretellMemory(shape);
    expect(Object.values(parts).reduce((a, b) => a + b)).toBeCloseTo(total);
  }
});

test('large weights are in memory more often while all workers load them than when they run', () => {
  const { shape } = named('1 classes');
  const heavy = { ...shape, networks: [{ ...shape.networks[0]!, count: 8, weightBytes: 1e9, running: 1e6 }] };
  expect(foretellMemory(heavy).total).toBeGreaterThan(8 * 3.5e9);
});

describe('what would fit', () => {
  const { shape } = named('50 classes');
  const { total } = foretellMemory(shape);

  test.each([1, 0.9, 0.7, 0.5, 0.35, 0.25])('into %f of what it takes', (share) => {
    const fitting = settingsWithin(shape, share * total, false);
    if (!fitting) expect(share).toBe(0.25);
    else {
      const { workers, windowShare } = fitting;
      expect(foretellMemory(resized(shape, workers, windowShare)).total).toBe(fitting.total);
      expect(fitting.total).toBeLessThanOrEqual(share * total);
    }
  });

  test('keeps windows where fewer workers are enough, and never changes those of a network that takes no others', () => {
    expect(settingsWithin(shape, 0.85 * total, false)).toMatchObject({ workers: 1, windowShare: 1 });
    expect(settingsWithin(shape, 0.5 * total, false)).toMatchObject({ windowShare: 0.5 });
    expect(settingsWithin(shape, 0.5 * total, true)).toBeUndefined();
  });

  test('as many classes as there is room for', () => {
    const most = classesWithin(shape, 0.5 * total);
    expect(most).toBeGreaterThan(5);
    expect(most).toBeLessThan(50);
    expect(classesWithin(shape, 1e6)).toBe(0);
    expect(classesWithin(shape, total)).toBe(50);
  });
});
