import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { autoTissue } from '../../../dist/plan/tissue/auto-tissue.js';
import { findBackground } from '../../../dist/plan/tissue/background.js';
import { fromBorder, growSquare } from '../../../dist/plan/tissue/grow.js';
import { look } from '../../../dist/plan/tissue/seen.js';
import goldens from '../../fixtures/plan/auto-tissue.json' with { type: 'json' };

const unpack = (text: string) => new Uint8Array(inflateSync(Buffer.from(text, 'base64')));
const { width, height, cases } = goldens;

for (const { name, rgb, mask, kind, color, level } of cases as readonly {
  name: string;
  rgb: string;
  mask: string;
  kind: string;
  color?: number[];
  level?: number;
}[]) {
  test(`the rule as numpy, scipy and scikit-image have it: ${name}`, () => {
    const seen = look({ width, height, channels: 3, data: unpack(rgb) });
    const background = findBackground(seen);
    expect(background).toMatchObject({ kind, ...(color && { color }), ...(level !== undefined && { level }) });
    expect(autoTissue(seen, background)).toEqual(unpack(mask));
  });
}

test('a view of many rows, of which some are looked at, gives what all give', () => {
  const [tall, every] = [1000, 4];
  const paint = (y: number) => (y % 40 < 20 && y > 300 ? [190, 110, 170] : [240, 238, 241]);
  const data = new Uint8Array(every * tall * 3);
  for (let i = 0; i < every * tall; i++) data.set(paint(Math.floor(i / every)), 3 * i);
  expect(findBackground(look({ width: every, height: tall, channels: 3, data }))).toMatchObject({
    kind: 'glass',
    color: [240, 238, 241],
  });
});

const masks = fc.record({ width: fc.integer({ min: 1, max: 14 }), height: fc.integer({ min: 1, max: 14 }) }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    bits: fc.array(fc.integer({ min: 0, max: 4 }), {
      minLength: size.width * size.height,
      maxLength: size.width * size.height,
    }),
    radius: fc.integer({ min: 0, max: 5 }),
  }),
);

test('growing by a square reaches what lies within it', () => {
  fc.assert(
    fc.property(masks, ({ size, bits, radius }) => {
      const mask = Uint8Array.from(bits, (bit) => (bit === 0 ? 1 : 0));
      const grown = mask.slice();
      growSquare(grown, size, radius);
      grown.forEach((value, i) => {
        const [x, y] = [i % size.width, Math.floor(i / size.width)];
        const near = mask.some(
          (set, j) => set === 1 && Math.max(Math.abs((j % size.width) - x), Math.abs(Math.floor(j / size.width) - y)) <= radius,
        );
        expect(value === 1).toBe(near);
      });
    }),
  );
});

test('what touches the border is followed, and grown by a cross', () => {
  fc.assert(
    fc.property(masks, ({ size, bits, radius }) => {
      const mask = Uint8Array.from(bits, (bit) => (bit < 3 ? 1 : 0));
      const alone = fromBorder(mask, size, 0);
      const at = (x: number, y: number) =>
        x < 0 || y < 0 || x >= size.width || y >= size.height ? undefined : y * size.width + x;
      alone.forEach((value, i) => {
        const [x, y] = [i % size.width, Math.floor(i / size.width)];
        const around = [at(x - 1, y), at(x + 1, y), at(x, y - 1), at(x, y + 1)];
        const onBorder = around.includes(undefined);
        const besideReached = around.some((j) => j !== undefined && alone[j] === 1);
        if (value === 1) expect(mask[i]).toBe(1);
        if (mask[i] === 1 && (onBorder || besideReached)) expect(value).toBe(1);
      });
      fromBorder(mask, size, radius).forEach((value, i) => {
        const [x, y] = [i % size.width, Math.floor(i / size.width)];
        const near = alone.some(
          (set, j) => set === 1 && Math.abs((j % size.width) - x) + Math.abs(Math.floor(j / size.width) - y) <= radius,
        );
        expect(value === 1).toBe(near);
      });
    }),
  );
});
