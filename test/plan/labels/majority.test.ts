import fc from 'fast-check';
import { expect, it } from 'vitest';
import { covered, majorityRow, overlap } from '../../../dist/plan/labels/majority.js';
import { halve } from '../../../dist/tiff/write/pyramid.js';

/** A whole image shrunk, row by row. */
function shrunk(data: Uint8Array, from: { width: number; height: number }, to: { width: number; height: number }): Uint8Array {
  const out = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const [top, bottom] = covered(y, from.height, to.height);
    const lines = Array.from({ length: bottom - top }, (_, i) => ({
      labels: data.subarray((top + i) * from.width, (top + i + 1) * from.width),
      weight: overlap(top + i, y, from.height, to.height),
    }));
    majorityRow(lines, 0, 0, from.width, to.width, out.subarray(y * to.width, (y + 1) * to.width));
  }
  return out;
}

const label = fc.constantFrom(0, 0, 0, 1, 1, 2, 255);

it('halves labels as the pyramid of a mask does, bit for bit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 8 }), fc.gen(), (w, h, gen) => {
      const [width, height, tile] = [2 * w, 2 * h, 48];
      const padded = new Uint8Array(tile * tile);
      const data = new Uint8Array(width * height);
      for (let i = 0; i < data.length; i++) {
        data[i] = gen(() => label);
        padded[Math.floor(i / width) * tile + (i % width)] = data[i]!;
      }
      const target = new Uint8Array(tile * tile);
      halve({ width, height, data: padded }, target, 0, 0, tile, 1, 'majority');
      const wanted = Array.from({ length: w * h }, (_, i) => target[Math.floor(i / w) * tile + (i % w)]);
      expect([...shrunk(data, { width, height }, { width: w, height: h })]).toEqual(wanted);
    }),
    { numRuns: 200 },
  );
});

it('gives each pixel the label that covers most of it, at any ratio', () => {
  const side = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(side, side, side, side, fc.gen(), (width, height, w, h, gen) => {
      const [from, to] = [
        { width, height },
        { width: Math.min(w, width), height: Math.min(h, height) },
      ];
      const data = Uint8Array.from({ length: width * height }, () => gen(() => label));
      const found = shrunk(data, from, to);
      // Both grids cut into pieces so small that each lies in one pixel of both.
      for (let y = 0; y < to.height; y++) {
        for (let x = 0; x < to.width; x++) {
          const areas = new Map<number, number>();
          for (let v = y * height; v < (y + 1) * height; v++) {
            for (let u = x * width; u < (x + 1) * width; u++) {
              const own = data[Math.floor(v / to.height) * width + Math.floor(u / to.width)]!;
              areas.set(own, (areas.get(own) ?? 0) + 1);
            }
          }
          const most = Math.max(...areas.values());
          const got = found[y * to.width + x]!;
          expect(areas.get(got)).toBe(most);
          const tied = [...areas].filter(([, area]) => area === most).map(([own]) => own);
          if (got === 0) expect(tied).toEqual([0]);
        }
      }
    }),
    { numRuns: 200 },
  );
});
