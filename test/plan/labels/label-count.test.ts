import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBoxCount } from '../../../dist/plan/labels/label-count.js';
import { createForeground } from '../../../dist/plan/sampling/foreground.js';
import { placeAround } from '../../../dist/plan/sampling/places.js';
import type { Band } from '../../../dist/types.js';

const image = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      data: fc.array(fc.constantFrom(0, 0, 0, 1, 7, 255), { minLength: width * height, maxLength: width * height }),
      breaks: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 4 }),
      boxes: fc.array(
        fc.record({
          x: fc.integer({ min: -5, max: width }),
          y: fc.integer({ min: -5, max: height }),
          width: fc.integer({ min: 1, max: 20 }),
          height: fc.integer({ min: 1, max: 20 }),
        }),
        { maxLength: 12 },
      ),
    }),
  );

function* bandsOf({
  width,
  height,
  data,
  breaks,
}: {
  width: number;
  height: number;
  data: number[];
  breaks: number[];
}): Generator<Band> {
  for (let y = 0, i = 0; y < height; i++) {
    const rows = Math.min(breaks[i % breaks.length]!, height - y);
    const pixels = Uint8Array.from(data.slice(y * width, (y + rows) * width));
    yield { y, height: rows, runs: [{ x: 0, pixels: { width, height: rows, channels: 1, data: pixels } }] };
    y += rows;
  }
}

describe('createLabelCount', () => {
  it('counts what counting each box alone counts, for any boxes and bands', () => {
    fc.assert(
      fc.property(image, (scene) => {
        const labels = [1, 7, 255];
        const count = createBoxCount(scene.boxes, labels, scene);
        for (const band of bandsOf(scene)) count.add(band);
        for (const [index, box] of scene.boxes.entries()) {
          const inside = scene.data.filter((_, at) => {
            const [x, y] = [at % scene.width, Math.floor(at / scene.width)];
            return x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height;
          });
          expect([...count.of(index)]).toEqual(labels.map((label) => inside.filter((each) => each === label).length));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('says where a label is that belongs to no class', () => {
    const count = createBoxCount([{ x: 0, y: 0, width: 3, height: 3 }], [1], { width: 3, height: 3 });
    const pixels = { width: 3, height: 1, channels: 1, data: Uint8Array.of(0, 1, 9) };
    expect(() => count.add({ y: 1, height: 1, runs: [{ x: 0, pixels }] })).toThrow('label 9 at (2, 1) belongs to no class');
  });
});

describe('createForeground', () => {
  it('picks cells as often as they hold labelled pixels, and none where there are none', () => {
    fc.assert(
      fc.property(image, fc.integer({ min: 1, max: 9 }), (scene, cell) => {
        const foreground = createForeground(scene, cell, [1, 7]);
        for (const band of bandsOf(scene)) foreground.add(band);
        const labelled = scene.data.flatMap((label, at) => (label === 1 || label === 7 ? [at] : []));
        expect(foreground.total()).toBe(labelled.length);
        if (labelled.length === 0) {
          expect(foreground.pick(0.5)).toBeUndefined();
          return;
        }
        const key = (x: number, y: number) => `${Math.floor(x / cell)},${Math.floor(y / cell)}`;
        const wanted = new Map<string, number>();
        for (const at of labelled) {
          const name = key(at % scene.width, Math.floor(at / scene.width));
          wanted.set(name, (wanted.get(name) ?? 0) + 1);
        }
        const got = new Map<string, number>();
        for (let i = 0; i < labelled.length; i++) {
          const box = foreground.pick((i + 0.5) / labelled.length)!;
          expect(box.x + box.width <= scene.width && box.y + box.height <= scene.height).toBe(true);
          got.set(key(box.x, box.y), (got.get(key(box.x, box.y)) ?? 0) + 1);
        }
        expect(got).toEqual(wanted);
      }),
      { numRuns: 200 },
    );
  });
});

describe('placeAround', () => {
  it('holds the box, or lies in it, and stays on the image', () => {
    const side = fc.integer({ min: 1, max: 30 });
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(side, side, side, fc.nat(29), unit, (length, window, own, start, u) => {
        fc.pre(start + own <= length);
        const box = { x: start, y: start, width: own, height: own };
        const { x, y } = placeAround(box, { width: length, height: length }, { width: window, height: window }, [u, u]);
        expect(y).toBe(x);
        expect(x >= 0 && x <= Math.max(0, length - window)).toBe(true);
        if (own <= window) expect(x <= start && x + window >= start + own).toBe(true);
        else expect(x >= start && x + window <= start + own).toBe(true);
      }),
    );
  });
});
