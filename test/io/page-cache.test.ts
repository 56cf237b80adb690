import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cachePages } from '../../dist/io/page-cache.js';
import { memorySource } from '../tiff/pictures.ts';

const KIB = 1024;
const bytes = new Uint8Array(1000 * KIB + 77).map((_, i) => (i * 2654435761) >>> 13);

test('any reads give the bytes of the file', async () => {
  const stretch = fc.integer({ min: 0, max: bytes.length }).chain((offset) =>
    fc.record({
      offset: fc.constant(offset),
      length: fc.oneof(fc.nat(bytes.length - offset), fc.nat(Math.min(5000, bytes.length - offset))),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(stretch, { maxLength: 4 }), { maxLength: 6 }), async (reads) => {
      const source = memorySource(bytes);
      const cached = cachePages(source);
      for (const stretches of reads) {
        const fetches = stretches.map(({ offset, length }) => ({ offset, into: new Uint8Array(length) }));
        await cached.read(fetches);
        for (const { offset, into } of fetches)
          expect(Buffer.compare(into, bytes.subarray(offset, offset + into.length))).toBe(0);
      }
      // No page is read twice: all of the file is less than what is kept.
      const pages = source.fetched.filter(([offset, length]) => offset % (64 * KIB) === 0 && length <= 320 * KIB);
      expect(new Set(pages.map(([offset]) => offset)).size).toBe(pages.length);
    }),
    { numRuns: 100 },
  );
});

test('small reads come as pages, neighbouring pages at once, large reads as they are', async () => {
  const source = memorySource(bytes);
  const cached = cachePages(source);
  const read = (offset: number, length: number) => cached.read([{ offset, into: new Uint8Array(length) }]);
  await read(100, 8);
  await read(5000, 50 * KIB);
  await read(60 * KIB, 80 * KIB);
  await read(1000 * KIB, 77);
  await read(300 * KIB, 256 * KIB + 1);
  expect(source.fetched).toEqual([
    [0, 64 * KIB],
    [64 * KIB, 128 * KIB],
    [960 * KIB, 40 * KIB + 77],
    [300 * KIB, 256 * KIB + 1],
  ]);
});

test('16 MiB are kept, those that were used last', async () => {
  const source = memorySource(new Uint8Array(64 * KIB * 300));
  const cached = cachePages(source);
  const touch = (page: number) => cached.read([{ offset: page * 64 * KIB, into: new Uint8Array(1) }]);
  for (let page = 0; page < 256; page++) await touch(page);
  await touch(0);
  await touch(256);
  source.fetched.length = 0;
  await touch(0);
  await touch(2);
  expect(source.fetched).toEqual([]);
  await touch(1);
  expect(source.fetched).toEqual([[64 * KIB, 64 * KIB]]);
});
