import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createArena } from '../../dist/stitch/arena.js';

test('a rectangle of any size at any place gains weights times scores, each rounded once, and nothing else changes', () => {
  const cases = fc
    .record({
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 9 }),
      planes: fc.integer({ min: 1, max: 3 }),
    })
    .chain(({ width, height, planes }) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        planes: fc.constant(planes),
        plane: fc.nat(planes - 1),
        x: fc.nat(width - 1),
        y: fc.nat(height - 1),
        count: fc.nat(width),
        rows: fc.nat(height),
        seed: fc.nat(1000),
      }),
    );
  fc.assert(
    fc.property(cases, ({ width, height, planes, plane, x, y, seed, ...most }) => {
      const [count, rows] = [Math.min(most.count, width - x), Math.min(most.rows, height - y)];
      const pixels = width * height;
      const noise = (length: number, salt: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9 + salt + seed));
      const [weights, scores] = [noise(pixels, 1), noise(planes * pixels, 2)];
      const arena = createArena(weights, width, planes, 64 * 12, 2 ** 20);
      const [other, at] = [arena.take()!, arena.take()!];
      const before = noise(64 * 12, 3);
      arena.floats.set(before, at);
      arena.load(scores);
      arena.add({ sums: at + 64 + 3, sumStride: 64, pixel: y * width + x, plane, count, rows });

      const wanted = before.slice();
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < count; column++) {
          const from = (y + row) * width + x + column;
          const product = Math.fround(weights[from]! * scores[plane * pixels + from]!);
          wanted[64 * (row + 1) + 3 + column] = wanted[64 * (row + 1) + 3 + column]! + product;
        }
      }
      expect(arena.floats.slice(at, at + 64 * 12)).toEqual(wanted);
      expect(arena.floats.slice(other, at).every((sum) => sum === 0)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('an arena is full at so many bytes, but has room for one block', () => {
  const arena = createArena(new Float32Array(16), 4, 1, 1000, 1);
  expect(arena.take()).toBe(32);
  expect(arena.take()).toBeUndefined();
});

test('a block that no memory holds is an error that says what to do', () => {
  const arena = createArena(new Float32Array(16), 4, 9, 2 ** 30, 1);
  expect(() => arena.take()).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringMatching(/^blending needs 4097 MiB in one piece/),
      hint: 'use a smaller --window',
    }),
  );
});
