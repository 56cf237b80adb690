import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requireSameShape, stretchNotes } from '../../dist/truth/aspect.js';

const slide = fc.record({ width: fc.integer({ min: 200, max: 200_000 }), height: fc.integer({ min: 200, max: 200_000 }) });

describe('an image of a slide', () => {
  it('may be a level of its pyramid, rounded in any way, up to a factor of 64, and is told with the factor', () => {
    const way = fc.constantFrom(Math.floor, Math.ceil, Math.round);
    fc.assert(
      fc.property(
        slide,
        fc.double({ min: 1, max: 64, noNaN: true }),
        way,
        way,
        fc.boolean(),
        (size, factor, across, down, up) => {
          const level = {
            width: Math.max(1, across(size.width / factor)),
            height: Math.max(1, down(size.height / factor)),
          };
          const [image, whole] = up ? [size, level] : [level, size];
          requireSameShape('t.png', image, whole);
          const [note, ...more] = stretchNotes('t.png', image, whole);
          expect(more).toEqual([]);
          if (image.width === whole.width && image.height === whole.height) expect(note).toBe(undefined);
          else expect(note).toContain(`by ${Number((whole.width / image.width).toPrecision(4))}`);
        },
      ),
    );
  });

  it('is refused where no factor brings both sides to those of the slide', () => {
    fc.assert(
      fc.property(slide, fc.integer({ min: 30, max: 5000 }), fc.integer({ min: 30, max: 5000 }), (size, width, height) => {
        const off = Math.abs((width * size.height) / (height * size.width) - 1);
        // What rounding by a pixel on both sides of the smaller picture explains, and a little more.
        const [across, down] = [Math.min(width, size.width), Math.min(height, size.height)];
        fc.pre(off > 1.2 * (1 / (across - 1) + 1 / (down - 1)));
        expect(() => requireSameShape('t.png', { width, height }, size)).toThrow(
          /not the shape of the slide|turned by 90 degrees/,
        );
      }),
    );
  });

  it('is refused beyond a factor of 64, in both directions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 900 }), fc.double({ min: 66, max: 1000, noNaN: true }), (side, factor) => {
        // Squares, so that the shape is right; where the factor is 64 with the side rounded down, it is allowed.
        const large = Math.ceil((side + 1) * factor);
        const [a, b] = [
          { width: side, height: side },
          { width: large, height: large },
        ];
        expect(() => requireSameShape('t.png', a, b)).toThrow('is more than 64 times');
        expect(() => requireSameShape('t.png', b, a)).toThrow('is more than 64 times');
      }),
    );
    const square = (side: number) => ({ width: side, height: side });
    requireSameShape('t.png', square(26), square(1664));
    expect(() => requireSameShape('t.png', square(25), square(1664))).toThrow('by 66.56 in x and y is more than 64 times');
  });
});
