import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inverse, symmetriesOf, ttas, turn, turnedBox, turnedSize } from '../../../dist/plan/windows/symmetry.js';

const side = fc.integer({ min: 1, max: 9 });
const channels = fc.integer({ min: 1, max: 4 });
const symmetry = fc.constantFrom(...symmetriesOf('d4'));

test('each symmetry with its inverse leaves an image as it was, of any size', () => {
  fc.assert(
    fc.property(side, side, channels, symmetry, (width, height, depth, by) => {
      const image = Uint16Array.from({ length: width * height * depth }, (_, i) => i);
      const [turned, back] = [new Uint16Array(image.length), new Uint16Array(image.length)];
      turn(image, { width, height }, depth, by, turned);
      turn(turned, turnedSize({ width, height }, by), depth, inverse(by), back);
      expect(back).toEqual(image);
    }),
  );
});

test('the choices are groups: all their members differ, and one after another is a third', () => {
  const image = Uint8Array.from({ length: 9 }, (_, i) => i);
  const three = { width: 3, height: 3 };
  const turned = (data: Uint8Array, by: Parameters<typeof turn>[3]): Uint8Array => {
    const out = new Uint8Array(9);
    turn(data, three, 1, by, out);
    return out;
  };
  for (const tta of ttas) {
    const members = symmetriesOf(tta).map((by) => turned(image, by).join());
    expect(new Set(members).size).toBe({ none: 1, hflip: 2, vflip: 2, flips: 4, d4: 8 }[tta]);
    for (const a of symmetriesOf(tta))
      for (const b of symmetriesOf(tta)) expect(members).toContain(turned(turned(image, a), b).join());
  }
});

test('flips mirror what their names say, and only d4 swaps the axes', () => {
  const image = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const out = new Uint8Array(6);
  const of = (tta: Parameters<typeof symmetriesOf>[0], index: number): string => {
    turn(image, { width: 3, height: 2 }, 1, symmetriesOf(tta)[index]!, out);
    return out.join('');
  };
  expect(of('hflip', 1)).toBe('321654');
  expect(of('vflip', 1)).toBe('456123');
  expect(of('flips', 3)).toBe('654321');
  expect(of('d4', 4)).toBe('142536');
  for (const tta of ttas) expect(symmetriesOf(tta).some(({ transpose }) => transpose)).toBe(tta === 'd4');
});

test('a part of an image is turned to where its pixels go', () => {
  const start = fc.nat(8);
  fc.assert(
    fc.property(side, side, start, start, side, side, symmetry, (width, height, x, y, wide, high, by) => {
      const part = { x: x % width, y: y % height, width: 0, height: 0 };
      const box = { ...part, width: Math.min(wide, width - part.x), height: Math.min(high, height - part.y) };
      const image = Uint8Array.from({ length: width * height }, (_, i) => {
        const [across, down] = [(i % width) - box.x, Math.floor(i / width) - box.y];
        return Number(across >= 0 && across < box.width && down >= 0 && down < box.height);
      });
      const turned = new Uint8Array(image.length);
      turn(image, { width, height }, 1, by, turned);
      const found = turnedBox(box, { width, height }, by);
      const whole = turnedSize({ width, height }, by);
      turned.forEach((inside, i) => {
        const [across, down] = [(i % whole.width) - found.x, Math.floor(i / whole.width) - found.y];
        expect(inside).toBe(Number(across >= 0 && across < found.width && down >= 0 && down < found.height));
      });
    }),
  );
});
