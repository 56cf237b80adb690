import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areaInPixels, cleanUpOf } from '../../../../dist/plan/labels/cleaning/area.js';

test('pixels are as many as have the area at least, and one fewer has less', () => {
  const mpp = fc.double({ min: 0.05, max: 20, noNaN: true });
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e6, noNaN: true }), mpp, mpp, (value, x, y) => {
      const pixels = areaInPixels({ value, unit: 'um2' }, { x, y }, '--min-object', 'slide.tif');
      expect(Number.isInteger(pixels)).toBe(true);
      expect(pixels * x * y).toBeGreaterThanOrEqual(value * (1 - 1e-8));
      expect((pixels - 1) * x * y).toBeLessThan(value * (1 + 1e-8));
    }),
  );
});

test('an area of so many pixels is that many, whatever the last bits of a division', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom(0.1, 0.2273, 0.2527, 0.3, 0.5, 0.7), (pixels, side) => {
      const area = { value: pixels * side * side, unit: 'um2' } as const;
      expect(areaInPixels(area, { x: side, y: side }, '--min-object', 'slide.tif')).toBe(pixels);
    }),
  );
});

test('parts of a pixel count as one, and what is not asked for limits nothing', () => {
  expect(cleanUpOf({}, undefined, 'slide.tif')).toBeUndefined();
  expect(cleanUpOf({ fillHoles: { value: 12.5, unit: 'px' } }, undefined, 'slide.tif')).toEqual({
    minObject: 0,
    fillHoles: 13,
  });
  expect(() => cleanUpOf({ fillHoles: { value: 5, unit: 'um2' } }, undefined, 'slide.tif')).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: '--fill-holes is 5 µm², but slide.tif does not say how large its pixels are',
    }),
  );
});
