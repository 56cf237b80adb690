import fc from 'fast-check';
import { expect, test } from 'vitest';
import { halve, levelSizes, padTile, uniformValue } from '../../../dist/tiff/write/pyramid.js';

/** One 2 × 2 block through a tile of 16. */
function vote(a: number, b: number, c: number, d: number): number {
  const data = new Uint8Array(256);
  [data[0], data[1], data[16], data[17]] = [a, b, c, d];
  const target = new Uint8Array(256).fill(200);
  halve({ data, width: 2, height: 2 }, target, 8, 8, 16, 1, 'majority');
  expect(target.filter((value) => value !== 200).length).toBeLessThanOrEqual(1);
  return target[8 * 16 + 8]!;
}

const label = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 255 }));

test('a label that comes out was in the block, and none in the block was more frequent', () => {
  fc.assert(
    fc.property(fc.tuple(label, label, label, label), (block) => {
      const chosen = vote(...block);
      const count = (value: number) => block.filter((each) => each === value).length;
      expect(block).toContain(chosen);
      expect(count(chosen)).toBe(Math.max(...block.map(count)));
    }),
    { numRuns: 1000 },
  );
});

test('on a tie a label beats background, and the first in reading order beats the others', () => {
  expect(vote(0, 0, 1, 1)).toBe(1);
  expect(vote(0, 7, 0, 7)).toBe(7);
  expect(vote(9, 2, 2, 9)).toBe(9);
  expect(vote(0, 5, 3, 8)).toBe(5);
  expect(vote(0, 0, 0, 5)).toBe(0);
  expect(vote(0, 0, 5, 6)).toBe(0);
  expect(vote(0, 0, 0, 0)).toBe(0);
});

test('an area comes out block by block, whatever few labels are in it', () => {
  const few = fc.oneof(
    fc.integer({ min: 1, max: 255 }).map((only) => [0, only]),
    fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 }),
  );
  const pick = fc.array(fc.nat(), { minLength: 256, maxLength: 256 });
  const side = fc.integer({ min: 1, max: 16 });
  fc.assert(
    fc.property(few, pick, side, side, (labels, picks, width, height) => {
      const data = Uint8Array.from(picks, (each) => labels[each % labels.length]!);
      const target = new Uint8Array(256);
      halve({ data, width, height }, target, 8, 0, 16, 1, 'majority');
      for (let y = 0; y < height; y += 2) {
        for (let x = 0; x < width; x += 2) {
          const [right, below] = [Math.min(x + 1, width - 1), Math.min(y + 1, height - 1)];
          const [a, b, c, d] = [data[y * 16 + x]!, data[y * 16 + right]!, data[below * 16 + x]!, data[below * 16 + right]!];
          expect(target[(y >> 1) * 16 + 8 + (x >> 1)]).toBe(vote(a, b, c, d));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('the levels halve, rounded up, until one tile holds the longest side', () => {
  const sides = (width: number, height: number) => levelSizes({ width, height }, 512).map((size) => [size.width, size.height]);
  expect(sides(512, 512)).toEqual([[512, 512]]);
  expect(sides(513, 1)).toEqual([
    [513, 1],
    [257, 1],
  ]);
  expect(sides(100_000, 80_000).at(-1)).toEqual([391, 313]);
});

test('padding covers just what lies outside the image', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 16 }),
      fc.integer({ min: 1, max: 16 }),
      fc.constantFrom(1, 3),
      (width, height, channels) => {
        for (const padding of ['zero', 'replicate'] as const) {
          const data = Uint8Array.from({ length: 256 * channels }, (_, i) => 1 + (i % 250));
          const before = data.slice();
          padTile({ data, width, height }, 16, channels, padding);
          for (let i = 0; i < data.length; i++) {
            const [x, y, c] = [Math.floor(i / channels) % 16, Math.floor(i / channels / 16), i % channels];
            const nearest = before[(Math.min(y, height - 1) * 16 + Math.min(x, width - 1)) * channels + c];
            const inside = x < width && y < height;
            expect(data[i]).toBe(inside || padding === 'replicate' ? nearest : 0);
          }
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('a tile of one value is recognised, and one odd sample anywhere is not overlooked', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 3), fc.nat(255), fc.nat(767), (channels, value, odd) => {
      const data = Uint8Array.from({ length: 256 * channels }, (_, i) => (value + (i % channels)) & 255);
      expect(uniformValue(data, channels)).toBe(channels === 1 ? value : (data[0]! << 16) | (data[1]! << 8) | data[2]!);
      data[odd % data.length]! ^= 1;
      expect(uniformValue(data, channels)).toBeUndefined();
    }),
  );
});
