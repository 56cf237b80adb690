import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windowCore, windowCount, windowOwned, windowStart } from '../../../dist/plan/windows/axis.js';
import { legalAxis } from '../arbitraries.js';

const indices = (count: number) => Array.from({ length: count }, (_, i) => i);

test('every pixel lies in at least one core', () => {
  fc.assert(
    fc.property(legalAxis, (axis) => {
      const covered = new Array(axis.length).fill(0);
      for (const i of indices(windowCount(axis))) {
        const core = windowCore(axis, i);
        expect(core.length).toBeGreaterThan(0);
        for (let x = core.start; x < core.start + core.length; x++) covered[x]++;
      }
      expect(covered).toHaveLength(axis.length);
      expect(Math.min(...covered)).toBeGreaterThanOrEqual(1);
    }),
    { numRuns: 1000 },
  );
});

test('every pixel is owned exactly once, and by a window whose core holds it', () => {
  fc.assert(
    fc.property(legalAxis, (axis) => {
      const owned = new Array(axis.length).fill(0);
      for (const i of indices(windowCount(axis))) {
        const { start, length } = windowOwned(axis, i);
        const core = windowCore(axis, i);
        expect(start).toBeGreaterThanOrEqual(core.start);
        expect(start + length).toBeLessThanOrEqual(core.start + core.length);
        for (let x = start; x < start + length; x++) owned[x]++;
      }
      expect(owned).toEqual(new Array(axis.length).fill(1));
    }),
    { numRuns: 1000 },
  );
});

test('a core keeps its margin from every side of the window that is not on the border', () => {
  fc.assert(
    fc.property(legalAxis, (axis) => {
      const count = windowCount(axis);
      for (const i of indices(count)) {
        const start = windowStart(axis, i);
        const core = windowCore(axis, i);
        const mirrored = axis.border === 'mirror';
        if (i > 0 || mirrored) expect(core.start - start).toBeGreaterThanOrEqual(axis.margin);
        else expect(core.start).toBe(0);
        const after = start + axis.window - (core.start + core.length);
        if (i < count - 1 || mirrored) expect(after).toBeGreaterThanOrEqual(axis.margin);
        else expect(core.start + core.length).toBe(axis.length);
      }
    }),
    { numRuns: 1000 },
  );
});

test.each([
  // L, T, S -> starts, worked out by hand from ceil((L - T) / S) + 1 and min(i S, L - T)
  [100, 100, 50, [0]],
  [101, 100, 50, [0, 1]],
  [99, 100, 50, [0]],
  [150, 100, 50, [0, 50]],
  [151, 100, 50, [0, 50, 51]],
  [1000, 256, 128, [0, 128, 256, 384, 512, 640, 744]],
  [7, 3, 2, [0, 2, 4]],
  [1, 1, 1, [0]],
])('length %i, window %i, stride %i starts at %j', (length, window, stride, starts) => {
  const axis = { length, window, stride, margin: 0, border: 'keep' } as const;
  expect(indices(windowCount(axis)).map((i) => windowStart(axis, i))).toEqual(starts);
});

test('aligned windows all start a stride apart, and the last reaches over the border', () => {
  const axis = { length: 1000, window: 256, stride: 128, margin: 16, border: 'keep', placement: 'aligned' } as const;
  const starts = indices(windowCount(axis)).map((i) => windowStart(axis, i));
  expect(starts).toEqual([0, 128, 256, 384, 512, 640, 768]);
  fc.assert(
    fc.property(legalAxis, (any) => {
      const aligned = { ...any, placement: 'aligned' as const };
      const count = windowCount(aligned);
      expect(count).toBe(windowCount({ ...any, placement: 'stride' }));
      for (const i of indices(count)) expect(windowStart(aligned, i)).toBe(windowStart(aligned, 0) + i * any.stride);
      // It does not reach further than it has to.
      if (count > 1)
        expect(windowStart(aligned, count - 1)).toBeLessThan(any.length + (any.border === 'mirror' ? any.margin : 0));
    }),
    { numRuns: 500 },
  );
});

test('a mirrored border shifts the windows out by one margin and lengthens the way by two', () => {
  const axis = { length: 200, window: 64, stride: 32, margin: 16, border: 'mirror' } as const;
  const starts = indices(windowCount(axis)).map((i) => windowStart(axis, i));
  expect(starts).toEqual([-16, 16, 48, 80, 112, 144, 152]);
  expect(windowCore(axis, 0)).toEqual({ start: 0, length: 48 - 16 });
  expect(windowCore(axis, 6)).toEqual({ start: 168, length: 32 });
});
