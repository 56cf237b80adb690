import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteCounts } from '../../../dist/plan/tissue/byte-counts.js';
import { removeSmall } from '../../../dist/plan/tissue/components.js';
import { medianAbove, medianRows, otsuThreshold, saturation, saturationOf } from '../../../dist/plan/tissue/saturation.js';
import { look } from '../../../dist/plan/tissue/seen.js';
import { saturatedTissue, stainedPixels, tissueMap, tissueShare, tissueThreshold } from '../../../dist/plan/tissue/tissue.js';
import type { Pixels } from '../../../dist/types.js';
import goldens from '../../fixtures/plan/skimage.json' with { type: 'json' };

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

test("saturation equals scikit-image's rgb2hsv", () => {
  const { width, height, rgb, saturation: wanted } = goldens;
  expect(saturation({ width, height, channels: 3, data: bytes(rgb) })).toEqual(bytes(wanted));
});

test("the threshold splits as scikit-image's threshold_otsu does", () => {
  for (const { values, threshold } of goldens.otsu) expect(otsuThreshold(bytes(values))).toBe(threshold);
});

test('a histogram counts each byte once, and colours have the saturation of their largest and smallest part', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (values) => {
      const wanted = new Uint32Array(256);
      for (const value of values) wanted[value]!++;
      expect(byteCounts(values)).toEqual(wanted);
      const width = Math.floor(values.length / 3);
      const pixels = { width, height: 1, channels: 3, data: values };
      const colours = Array.from({ length: width }, (_, i) => [...values.subarray(3 * i, 3 * i + 3)]);
      const wantedSaturation = Uint8Array.from(colours, ([red, green, blue]) => saturationOf(red!, green!, blue!));
      expect(saturation(pixels)).toEqual(wantedSaturation);
      const { brightness, saturation: seen } = look(pixels);
      expect(seen).toEqual(wantedSaturation);
      expect(brightness).toEqual(Uint8Array.from(colours, (colour) => Math.max(...colour)));
    }),
  );
});

test("the median equals scipy's away from the border", () => {
  const { width, height } = goldens;
  const wanted = bytes(goldens.median7);
  const got = medianRows(bytes(goldens.saturation), width, height, 3);
  for (let y = 3; y < height - 3; y++)
    for (let x = 3; x < width - 3; x++) expect(got[y * width + x]).toBe(wanted[y * width + x]);
});

test('the median of every so many rows, and whether it exceeds a threshold, follow from that of all', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 8 }),
      // Values and thresholds in any part of the range, and across its middle.
      fc.constantFrom(0, 100, 120, 124, 127, 128, 247),
      fc.infiniteStream(fc.integer({ min: 0, max: 8 })),
      (width, height, radius, every, more, least, stream) => {
        const threshold = least + more;
        const plane = Uint8Array.from({ length: width * height }, () => least + stream.next().value);
        const all = medianRows(plane, width, height, radius);
        const someRows = all.filter((_, i) => Math.floor(i / width) % every === 0);
        expect(medianRows(plane, width, height, radius, every)).toEqual(someRows);
        expect(medianAbove(plane, width, height, radius, threshold)).toEqual(all.map((median) => Number(median > threshold)));
      },
    ),
  );
});

test("small objects and holes go as with scikit-image's remove_small_objects and remove_small_holes", () => {
  const { width, height } = goldens;
  const mask = bytes(goldens.speckled);
  removeSmall(mask, width, height, 1, 16);
  expect(mask).toEqual(bytes(goldens.withoutSmallObjects));
  removeSmall(mask, width, height, 0, 64);
  expect(mask).toEqual(bytes(goldens.withoutSmallHoles));
});

test('all rows of a small view have a say in the threshold, and enough of a large one', () => {
  // Between every seventh row lies all that is stained.
  const stained = (y: number, height: number): boolean => (height === 40 ? y >= 8 && y <= 13 : y > height / 2);
  for (const height of [40, 700]) {
    const plane = Uint8Array.from({ length: 60 * height }, (_, i) => (stained(Math.floor(i / 60), height) ? 30 : 15));
    expect(tissueThreshold(plane, { width: 60, height })).toBe(15);
  }
});

test('a view of glass alone has no tissue, a view of tissue alone has no glass', () => {
  const view = (red: number, green: number, blue: number): Pixels => {
    const data = new Uint8Array(100 * 80 * 3);
    for (let i = 0; i < data.length; i += 3) {
      const noise = (i * 2654435761) % 5;
      data.set([red + noise, green, blue - noise], i);
    }
    return { width: 100, height: 80, channels: 3, data };
  };
  const tissue = (image: Pixels) => {
    const plane = saturation(image);
    return saturatedTissue(plane, image, tissueThreshold(plane, image));
  };
  expect(tissue(view(238, 240, 242)).some(Boolean)).toBe(false);
  expect(tissue(view(180, 90, 150)).every(Boolean)).toBe(true);
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
