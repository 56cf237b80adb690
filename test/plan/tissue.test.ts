import fc from 'fast-check';
import { expect, test } from 'vitest';
import { removeSmall } from '../../dist/plan/components.js';
import { medianFilter, otsuThreshold, saturation } from '../../dist/plan/saturation.js';
import { otsuTissue, stainedPixels, tissueMap, tissueShare } from '../../dist/plan/tissue.js';
import goldens from '../fixtures/plan/skimage.json' with { type: 'json' };

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

test("saturation equals scikit-image's rgb2hsv", () => {
  const { width, height, rgb, saturation: wanted } = goldens;
  expect(saturation({ width, height, channels: 3, data: bytes(rgb) })).toEqual(bytes(wanted));
});

test("the threshold splits as scikit-image's threshold_otsu does", () => {
  for (const { values, threshold } of goldens.otsu) expect(otsuThreshold(bytes(values))).toBe(threshold);
});

test("the median equals scipy's away from the border", () => {
  const { width, height } = goldens;
  const wanted = bytes(goldens.median7);
  const got = medianFilter(bytes(goldens.saturation), width, height, 3);
  for (let y = 3; y < height - 3; y++)
    for (let x = 3; x < width - 3; x++) expect(got[y * width + x]).toBe(wanted[y * width + x]);
});

test("small objects and holes go as with scikit-image's remove_small_objects and remove_small_holes", () => {
  const { width, height } = goldens;
  const mask = bytes(goldens.speckled);
  removeSmall(mask, width, height, 1, 16);
  expect(mask).toEqual(bytes(goldens.withoutSmallObjects));
  removeSmall(mask, width, height, 0, 64);
  expect(mask).toEqual(bytes(goldens.withoutSmallHoles));
});

test('a view of glass alone has no tissue, a view of tissue alone has no glass', () => {
  const view = (red: number, green: number, blue: number) => {
    const data = new Uint8Array(100 * 80 * 3);
    for (let i = 0; i < data.length; i += 3) {
      const noise = (i * 2654435761) % 5;
      data.set([red + noise, green, blue - noise], i);
    }
    return { width: 100, height: 80, channels: 3, data };
  };
  expect(otsuTissue(view(238, 240, 242)).mask.some(Boolean)).toBe(false);
  expect(otsuTissue(view(180, 90, 150)).mask.every(Boolean)).toBe(true);
  expect(stainedPixels(view(180, 90, 150)).every(Boolean)).toBe(true);
});

test('the share of a box equals counting, with the box widened to whole map pixels and cut at the slide', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.boolean()),
      fc.integer({ min: -30, max: 170 }),
      fc.integer({ min: -30, max: 170 }),
      fc.integer({ min: 1, max: 60 }),
      (width, height, factor, stream, left, top, side) => {
        const size = { width: width * factor, height: height * factor };
        const box = { x: Math.min(left, size.width - 1), y: Math.min(top, size.height - 1), width: side, height: side };
        fc.pre(box.x + side > 0 && box.y + side > 0);
        const mask = Uint8Array.from({ length: width * height }, () => (stream.next().value ? 1 : 0));
        let inside = 0;
        let tissue = 0;
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            if (
              (x + 1) * factor <= box.x ||
              x * factor >= box.x + side ||
              (y + 1) * factor <= box.y ||
              y * factor >= box.y + side
            )
              continue;
            inside++;
            tissue += mask[y * width + x]!;
          }
        }
        expect(tissueShare(tissueMap(mask, { width, height }), box, size)).toBeCloseTo(tissue / inside, 12);
      },
    ),
  );
});
