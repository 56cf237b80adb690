import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flipHorizontal, flipVertical, rotate90 } from '../../dist/augment/turn.js';
import type { Pixels } from '../../dist/types.js';
import { noise, paint } from './pictures.js';

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }), channels: fc.constantFrom(1, 3) })
  .map(({ width, height, channels }) =>
    paint(width, height, channels, (x, y) => Array.from({ length: channels }, (_, c) => noise(x, y, c))),
  );

const pixel = ({ width, channels, data }: Pixels, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
];

describe('flips and quarter turns', () => {
  it('take each pixel to its place', () => {
    fc.assert(
      fc.property(picture, (source) => {
        const { width, height } = source;
        const across = flipHorizontal(source);
        const down = flipVertical(source);
        const one = rotate90(source, 1);
        expect([one.width, one.height]).toEqual([height, width]);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const wanted = pixel(source, x, y);
            expect(pixel(across, width - 1 - x, y)).toEqual(wanted);
            expect(pixel(down, x, height - 1 - y)).toEqual(wanted);
            // Counter-clockwise: what was at the right comes to lie at the top.
            expect(pixel(one, y, width - 1 - x)).toEqual(wanted);
          }
        }
      }),
    );
  });

  it('undo each other', () => {
    fc.assert(
      fc.property(picture, (source) => {
        expect(flipHorizontal(flipHorizontal(source))).toEqual(source);
        expect(flipVertical(flipVertical(source))).toEqual(source);
        expect(rotate90(rotate90(source, 1), 1)).toEqual(rotate90(source, 2));
        expect(rotate90(rotate90(source, 1), 3)).toEqual(source);
        expect(rotate90(source, 2)).toEqual(flipHorizontal(flipVertical(source)));
      }),
    );
  });
});
