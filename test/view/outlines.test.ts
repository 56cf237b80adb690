import fc from 'fast-check';
import { expect, test } from 'vitest';
import { outlinesOf, paintOutlines } from '../../src/view/page/drawing/outlines.js';

const [width, height] = [9, 7];
const classes = [1, 2].map((label) => ({ label, name: String(label), color: [label, 10 * label, 20 * label] as const }));
const labels = fc.array(fc.constantFrom(0, 0, 1, 2), {
  minLength: (width + 2) * (height + 2),
  maxLength: (width + 2) * (height + 2),
});

/** The pixels of a tile that lie along one of the lines of a label, as numbers. */
function along(lines: readonly number[], isOwn: (x: number, y: number) => boolean): Set<number> {
  const pixels = new Set<number>();
  const add = (x: number, y: number): void => {
    if (x >= 0 && y >= 0 && x < width && y < height && isOwn(x, y)) pixels.add(y * width + x);
  };
  for (let i = 0; i < lines.length; i += 4) {
    const [x1, y1, x2, y2] = lines.slice(i, i + 4) as [number, number, number, number];
    for (let x = x1; x < x2; x++) for (const y of [y1 - 1, y1]) add(x, y);
    for (let y = y1; y < y2; y++) for (const x of [x1 - 1, x1]) add(x, y);
  }
  return pixels;
}

test('outlines as pixels lie along the lines, inside areas and, if wanted, in a rim around them', () => {
  fc.assert(
    fc.property(labels, fc.boolean(), (given, rim) => {
      const all = Uint8Array.from(given);
      const at = (x: number, y: number): number => all[(y + 1) * (width + 2) + x + 1]!;
      const lines = outlinesOf(all, width, height);
      const painted = new Uint32Array(paintOutlines(all, width, height, classes, rim).buffer);
      const expected = new Uint32Array(width * height);
      for (const { label, color } of classes) {
        const own = lines.get(label) ?? [];
        if (rim) for (const pixel of along(own, (x, y) => at(x, y) === 0)) expected[pixel] = 0x8c000000;
        const [red, green, blue] = color;
        for (const pixel of along(own, (x, y) => at(x, y) === label))
          expected[pixel] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
      }
      // Lines along the edge of a tile belong to the neighbour, unless the area lies in this tile.
      for (let i = 0; i < painted.length; i++) {
        const edge = i % width === 0 || i % width === width - 1 || i < width || i >= painted.length - width;
        if (!(edge && painted[i] === 0x8c000000)) expect(painted[i]).toBe(expected[i]);
      }
    }),
  );
});
