import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TagName } from '../../dist/tiff/tag-names.js';
import { decodeValues } from '../../dist/tiff/values.js';

type Put = (view: DataView, at: number, value: number, littleEndian: boolean) => void;

/** Types of TIFF 6.0 and BigTIFF: bytes of a value, how it is written, and what it may be. */
const TYPES: readonly (readonly [type: number, bytes: number, put: Put, values: fc.Arbitrary<number>])[] = [
  [1, 1, (view, at, value) => view.setUint8(at, value), fc.integer({ min: 0, max: 255 })],
  [3, 2, (view, at, value, little) => view.setUint16(at, value, little), fc.integer({ min: 0, max: 65_535 })],
  [4, 4, (view, at, value, little) => view.setUint32(at, value, little), fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [5, 4, (view, at, value, little) => view.setUint32(at, value, little), fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [6, 1, (view, at, value) => view.setInt8(at, value), fc.integer({ min: -128, max: 127 })],
  [8, 2, (view, at, value, little) => view.setInt16(at, value, little), fc.integer({ min: -32_768, max: 32_767 })],
  [9, 4, (view, at, value, little) => view.setInt32(at, value, little), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  [10, 4, (view, at, value, little) => view.setInt32(at, value, little), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  [11, 4, (view, at, value, little) => view.setFloat32(at, value, little), fc.float()],
  [12, 8, (view, at, value, little) => view.setFloat64(at, value, little), fc.double()],
  [13, 4, (view, at, value, little) => view.setUint32(at, value, little), fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [16, 8, (view, at, value, little) => view.setBigUint64(at, BigInt(value), little), fc.maxSafeNat()],
  [17, 8, (view, at, value, little) => view.setBigInt64(at, BigInt(value), little), fc.maxSafeInteger()],
  [18, 8, (view, at, value, little) => view.setBigUint64(at, BigInt(value), little), fc.maxSafeNat()],
];

test.each(TYPES)('values of type %i', (type, bytes, put, value) => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), fc.boolean(), fc.nat(7), (values, littleEndian, before) => {
      const raw = new Uint8Array(before + values.length * bytes).subarray(before);
      const view = new DataView(raw.buffer, before);
      for (const [i, each] of values.entries()) put(view, i * bytes, each, littleEndian);
      const { TileOffsets } = decodeValues([{ name: 'TileOffsets', type, raw, wide: undefined }], littleEndian);
      expect(Array.from(TileOffsets as ArrayLike<number>)).toEqual(values);
    }),
  );
});

const one = (name: TagName, type: number, raw: Uint8Array, wide?: number) =>
  decodeValues([{ name, type, raw, wide }], true)[name];

test('text ends at its first zero, and a value of 64 bits in a classic file counts as it was found', () => {
  expect(one('Software', 2, Buffer.from('a µ\0b\0'))).toBe('a µ');
  expect(one('Software', 2, Buffer.from('a µ'))).toBe('a µ');
  expect(one('StripOffsets', 4, Buffer.alloc(4), 2 ** 40)).toEqual([2 ** 40]);
});
