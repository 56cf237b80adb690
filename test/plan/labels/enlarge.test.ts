import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scoreEnlarger } from '../../../dist/plan/labels/enlarge.js';
import type { ScoreRows } from '../../../dist/types.js';

const side = fc.integer({ min: 1, max: 9 });
const images = fc.record({ width: side, height: side, channels: fc.integer({ min: 1, max: 2 }) }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    to: fc.record({ width: fc.integer({ min: 1, max: 25 }), height: fc.integer({ min: 1, max: 150 }) }),
    scores: fc.array(
      fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 64 }) }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
      {
        minLength: size.width * size.height * size.channels,
        maxLength: size.width * size.height * size.channels,
      },
    ),
    band: fc.integer({ min: 1, max: 4 }),
    split: fc.integer({ min: 0, max: 8 }),
  }),
);

test('scores at a finer or coarser grid are bilinear, however the rows and blocks are cut', () => {
  fc.assert(
    fc.property(images, ({ size: { width, height, channels }, to, scores, band, split }) => {
      const at = (x: number, y: number, c: number): number => scores[(c * height + y) * width + x]! / 64;
      const enlarge = scoreEnlarger({ width, height }, to, channels);
      const found = new Float32Array(to.width * to.height * channels).fill(-1);
      let next = 0;
      for (let y = 0; y < height; y += band) {
        const rows = Math.min(band, height - y);
        const cuts = [0, Math.min(split, width), width];
        const blocks: ScoreRows['blocks'] = [0, 1]
          .map((i) => ({ x: cuts[i]!, wide: cuts[i + 1]! - cuts[i]! }))
          .filter(({ wide }) => wide > 0)
          .map(({ x, wide }) => {
            const data = Float32Array.from({ length: wide * rows * channels }, (_, i) =>
              at(x + (i % wide), y + (Math.floor(i / wide) % rows), Math.floor(i / (wide * rows))),
            );
            return { x, y, width: wide, height: rows, classes: channels, data };
          });
        for (const out of enlarge({ y, height: rows, blocks })) {
          expect(out.y).toBe(next);
          next = out.y + out.height;
          const [only] = out.blocks;
          for (let i = 0; i < only!.data.length; i++) {
            const [x, row] = [i % to.width, Math.floor(i / to.width) % out.height];
            const c = Math.floor(i / (to.width * out.height));
            found[(c * to.height + out.y + row) * to.width + x] = only!.data[i]!;
          }
        }
      }
      expect(next).toBe(to.height);
      const place = (i: number, from: number, all: number): [number, number, number] => {
        const p = Math.min(Math.max(((i + 0.5) * from) / all - 0.5, 0), from - 1);
        return [Math.floor(p), Math.min(Math.floor(p) + 1, from - 1), p - Math.floor(p)];
      };
      const mix = (a: number, b: number, t: number): number => {
        const value = a + (b - a) * t;
        return Number.isNaN(value) ? (t < 0.5 ? a : b) : value;
      };
      for (let c = 0; c < channels; c++) {
        for (let y = 0; y < to.height; y++) {
          for (let x = 0; x < to.width; x++) {
            const [x0, x1, tx] = place(x, width, to.width);
            const [y0, y1, ty] = place(y, height, to.height);
            const wanted = mix(mix(at(x0, y0, c), at(x1, y0, c), tx), mix(at(x0, y1, c), at(x1, y1, c), tx), ty);
            const got = found[(c * to.height + y) * to.width + x]!;
            if (Number.isNaN(wanted)) expect(got).toBeNaN();
            else expect(got).toBeCloseTo(wanted, 5);
          }
        }
      }
    }),
    { numRuns: 150 },
  );
});
