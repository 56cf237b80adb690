import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareCounter } from '../../../dist/mask/preview/shares.js';

const classes = [3, 7].map((label) => ({ label, name: `class ${label}`, color: [0, 0, 0] as const }));

/** Sizes of labels and of their preview, labels in runs of some length, and where the rows are split. */
const masks = fc
  .record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 40 }),
    across: fc.double({ min: 0.01, max: 1, noNaN: true }),
    down: fc.double({ min: 0.01, max: 1, noNaN: true }),
    runs: fc.array(fc.tuple(fc.constantFrom(0, 3, 7), fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 40 }),
    step: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ width, height, across, down, runs, step }) => {
    const line = runs.flatMap(([label, length]) => Array<number>(length).fill(label));
    return {
      size: { width, height },
      target: { width: Math.ceil(width * across), height: Math.ceil(height * down) },
      labels: Uint8Array.from({ length: width * height }, (_, i) => line[i % line.length]!),
      step,
    };
  });

test('a share is that of the label pixels whose centres lie in the pixel, rounded up', () => {
  fc.assert(
    fc.property(masks, ({ size, target, labels, step }) => {
      const { width, height } = size;
      const counter = shareCounter(size, target, classes);
      for (let y = 0; y < height; y += step) {
        const rows = Math.min(step, height - y);
        counter.add({ y, width, height: rows, channels: 1, data: labels.subarray(y * width, (y + rows) * width) });
      }
      expect(counter.rows).toBe(height);
      const pixels = new Uint32Array(target.width * target.height);
      const counts = classes.map(() => new Uint32Array(pixels.length));
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const row = Math.floor(((y + 0.5) * target.height) / height);
          const at = row * target.width + Math.floor(((x + 0.5) * target.width) / width);
          pixels[at]!++;
          for (const [c, { label }] of classes.entries()) if (labels[y * width + x] === label) counts[c]![at]!++;
        }
      }
      for (const [c, plane] of counter.planes.entries())
        expect([...plane]).toEqual([...counts[c]!].map((count, i) => Math.ceil((255 * count) / pixels[i]!)));
    }),
    { numRuns: 300 },
  );
});
