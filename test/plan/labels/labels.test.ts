import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyLabelCount, type LabelRule, labelRows } from '../../../dist/plan/labels/labels.js';
import { stretcher } from '../../../dist/plan/labels/stretch.js';
import type { RasterRows } from '../../../dist/types.js';

/** Labels of pixels that are given as a list of scores each. */
function label(pixels: number[][], rule: LabelRule): { labels: number[]; count: ReturnType<typeof emptyLabelCount> } {
  const classes = pixels[0]!.length;
  const data = Float32Array.from(
    { length: classes * pixels.length },
    (_, i) => pixels[i % pixels.length]![Math.floor(i / pixels.length)]!,
  );
  const count = emptyLabelCount();
  const block = { x: 1, y: 5, width: pixels.length, height: 1, classes, data };
  const rows = labelRows({ y: 5, height: 1, blocks: [block] }, pixels.length + 2, rule, count);
  expect(rows).toMatchObject({ y: 5, width: pixels.length + 2, height: 1, channels: 1 });
  expect([rows.data[0], rows.data.at(-1)]).toEqual([0, 0]);
  return { labels: [...rows.data.subarray(1, -1)], count };
}

test('a threshold is strict: a score equal to it does not pass', () => {
  const rule: LabelRule = { kind: 'thresholds', labels: [1], thresholds: [0.5] };
  expect(label([[0.5], [0.5000001], [0.4], [1], [0]], rule).labels).toEqual([0, 1, 0, 1, 0]);
});

test('a pixel that no window looked at is background and not covered', () => {
  const rule: LabelRule = { kind: 'thresholds', labels: [1], thresholds: [0] };
  const { labels, count } = label([[Number.NaN], [0.2], [0]], rule);
  expect(labels).toEqual([0, 1, 0]);
  expect(count.covered).toBe(2);
  expect([...count.perLabel.subarray(0, 2)]).toEqual([1, 1]);
});

test('with one threshold every pixel of every block is labelled and counted, wherever the block lies', () => {
  const score = fc.oneof(fc.float({ min: 0, max: 1, noNaN: true }), fc.constant(Number.NaN));
  const blocks = fc
    .record({ width: fc.integer({ min: 1, max: 21 }), height: fc.integer({ min: 1, max: 3 }), left: fc.nat(5), gap: fc.nat(5) })
    .chain((size) => fc.tuple(fc.constant(size), fc.array(score, { minLength: 2 * size.width * size.height })));
  fc.assert(
    fc.property(blocks, fc.float({ min: 0, max: 1, noNaN: true }), ([{ width, height, left, gap }, scores], threshold) => {
      const plane = width * height;
      const places = [left, left + width + gap];
      const across = places[1]! + width + 2;
      const count = emptyLabelCount();
      const wanted = new Uint8Array(across * height);
      let covered = 0;
      const made = places.map((x, index) => {
        const data = Float32Array.from(scores.slice(index * plane, (index + 1) * plane));
        data.forEach((value, i) => {
          if (value > threshold) wanted[Math.floor(i / width) * across + x + (i % width)] = 4;
          if (!Number.isNaN(value)) covered++;
        });
        return { x, y: 9, width, height, classes: 1, whole: !data.some(Number.isNaN), data };
      });
      const rule: LabelRule = { kind: 'thresholds', labels: [4], thresholds: [threshold] };
      const { data } = labelRows({ y: 9, height, blocks: made }, across, rule, count);
      expect([...data]).toEqual([...wanted]);
      const hits = wanted.filter((value) => value === 4).length;
      expect([count.covered, count.perLabel[4], count.perLabel[0]]).toEqual([covered, hits, covered - hits]);
    }),
  );
});

test('argmax takes the first of equals, and background may win', () => {
  const rule: LabelRule = { kind: 'argmax', labels: [0, 1, 2] };
  expect(
    label(
      [
        [0.4, 0.4, 0.2],
        [0.1, 0.45, 0.45],
        [0.1, 0.2, 0.7],
        [0, 0, 0],
      ],
      rule,
    ).labels,
  ).toEqual([0, 1, 2, 0]);
});

test('with thresholds the largest score over threshold wins among those that pass', () => {
  const rule: LabelRule = { kind: 'thresholds', labels: [0, 1, 2], thresholds: [undefined, 0.6, 0.2] };
  expect(
    label(
      [
        [0.9, 0.05, 0.05],
        [0, 0.65, 0.35],
        [0.1, 0.7, 0.2],
        [0.5, 0.3, 0.2],
        [0.3, 0.1, 0.6],
      ],
      rule,
    ).labels,
  ).toEqual([0, 2, 1, 0, 2]);
});

test('of equal shares of the threshold the first channel wins, whatever rounding makes of them', () => {
  fc.assert(
    fc.property(fc.float({ min: 0, max: 1, noNaN: true }), fc.float({ min: 0, max: 1, noNaN: true }), (score, threshold) => {
      const rule: LabelRule = { kind: 'thresholds', labels: [2, 1, 3], thresholds: [threshold, threshold, threshold] };
      expect(label([[score, score, score]], rule).labels).toEqual([score > threshold ? 2 : 0]);
    }),
  );
});

test('raising a threshold never adds a pixel of its class', () => {
  const score = fc.float({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 30 }), score, score, (pixels, a, b) => {
      const at = (threshold: number) =>
        label(pixels, { kind: 'thresholds', labels: [1, 2], thresholds: [threshold, 0.3] }).labels.map((value) => value === 1);
      const low = at(Math.min(a, b));
      at(Math.max(a, b)).forEach((passes, i) => {
        expect(passes && !low[i]).toBe(false);
      });
    }),
  );
});

test('stretching equals the nearest pixel centre, however the rows are split', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: 1, max: 900 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 }),
      (width, height, outWidth, outHeight, splits) => {
        const image = Uint8Array.from({ length: width * height }, (_, i) => (i * 7919) % 251);
        const stretch = stretcher({ width, height }, { width: outWidth, height: outHeight });
        const out: RasterRows[] = [];
        for (let y = 0, k = 0; y < height; k++) {
          const rows = Math.min(splits[k]!, height - y);
          out.push(...stretch({ y, width, height: rows, channels: 1, data: image.slice(y * width, (y + rows) * width) }));
          y += rows;
        }
        let next = 0;
        for (const rows of out) {
          expect(rows.y).toBe(next);
          next += rows.height;
          for (let r = 0; r < rows.height; r++) {
            const sy = Math.floor(((rows.y + r + 0.5) * height) / outHeight);
            for (let x = 0; x < outWidth; x++) {
              const sx = Math.floor(((x + 0.5) * width) / outWidth);
              if (rows.data[r * outWidth + x] !== image[sy * width + sx]) throw new Error(`pixel (${x}, ${rows.y + r})`);
            }
          }
        }
        expect(next).toBe(outHeight);
      },
    ),
    { numRuns: 60 },
  );
});
