import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawCrop, enlargeImage, enlargeLabels } from '../../dist/augment/crop.js';
import { createDraws } from '../../dist/augment/draws.js';
import { labels, noise, paint } from './pictures.js';

const tile = { width: 60, height: 40 };

describe('a crop that is not empty', () => {
  it('lies in the tile, has the size that is asked for, and holds a labelled pixel', () => {
    const place = fc.tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 39 }));
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 1e6 }), (places, seed) => {
        const mask = labels(60, 40, (x, y) => (places.some(([px, py]) => px === x && py === y) ? 3 : x === 7 ? 255 : 0));
        const box = drawCrop(mask, { scale: [0.2, 0.6] }, tile, createDraws(seed, 'test'))!;
        expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 60 && box.y + box.height <= 40).toBe(true);
        expect(box.width >= 12 && box.width <= 36 && Math.abs(box.height - (box.width * 2) / 3) <= 1).toBe(true);
        const held = places.some(([x, y]) => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height);
        expect(held).toBe(true);
      }),
    );
  });

  it('is none where all is background or ignored, or lies beyond the slide', () => {
    const draws = createDraws(1, 'test');
    expect(
      drawCrop(
        labels(60, 40, (x) => (x < 9 ? 255 : 0)),
        { scale: [0.5, 0.9] },
        tile,
        draws,
      ),
    ).toBeUndefined();
    const right = labels(60, 40, (x) => (x >= 50 ? 1 : 0));
    expect(drawCrop(right, { scale: [0.5, 0.9] }, { width: 50, height: 40 }, draws)).toBeUndefined();
    expect(drawCrop(right, { scale: [0.5, 0.9] }, { width: 51, height: 40 }, draws)).toBeDefined();
  });

  it('is enlarged alike in image and labels', () => {
    const box = { x: 13, y: 7, width: 20, height: 16 };
    const image = paint(60, 40, 3, (x, y) => [x * 4, y * 6, noise(x, y, 2)]);
    const mask = labels(60, 40, (x, y) => (x + y) % 200);
    const large = enlargeImage(image, box, tile);
    const named = enlargeLabels(mask, box, tile);
    for (let at = 0; at < 2400; at++) {
      const x = 13 + ((at % 60) + 0.5) / 3 - 0.5;
      const y = 7 + (Math.floor(at / 60) + 0.5) * 0.4 - 0.5;
      const inside = (value: number, start: number, length: number) => Math.min(Math.max(value, start), start + length - 1);
      // A plane is its own interpolation.
      expect(Math.abs(large.data[at * 3]! - 4 * inside(x, 13, 20))).toBeLessThanOrEqual(0.5 + 1e-9);
      expect(Math.abs(large.data[at * 3 + 1]! - 6 * inside(y, 7, 16))).toBeLessThanOrEqual(0.5 + 1e-9);
      expect(named.data[at]).toBe((Math.floor(x + 0.5 + 1e-9) + Math.floor(y + 0.5 + 1e-9)) % 200);
    }
    expect(enlargeImage(image, { x: 0, y: 0, ...tile }, tile)).toEqual(image);
  });
});
