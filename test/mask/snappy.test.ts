import fc from 'fast-check';
import { snappyUncompress } from 'hyparquet';
import { expect, it } from 'vitest';
import { snappy } from '../../dist/mask/snappy.js';

/** Bytes that repeat at all distances, in pieces of all lengths. */
const repeating = fc
  .tuple(
    fc.uint8Array({ minLength: 1, maxLength: 5000 }),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 300 })), { maxLength: 400 }),
  )
  .map(([first, repeats]) => {
    const bytes = [...first];
    for (const [back, count] of repeats) {
      const distance = 1 + (back % bytes.length);
      for (let i = 0; i < count; i++) bytes.push(bytes[bytes.length - distance]!);
      bytes.push(back & 255);
    }
    return Uint8Array.from(bytes);
  });

it('packs bytes so that another reader unpacks them', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), repeating), (bytes) => {
      const packed = snappy(bytes);
      const unpacked = new Uint8Array(bytes.length);
      if (bytes.length > 0) snappyUncompress(packed, unpacked);
      expect(Buffer.from(unpacked).equals(bytes)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('packs bytes that repeat', () => {
  const bytes = new Uint8Array(100_000).fill(7);
  expect(snappy(bytes).length).toBeLessThan(5000);
});

it('packs a part of larger memory', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 7);
  expect(snappy(bytes.subarray(3, 900))).toEqual(snappy(bytes.slice(3, 900)));
});
