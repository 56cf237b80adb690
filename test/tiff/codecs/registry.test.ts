import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codecOf, compressionName } from '../../../dist/tiff/codecs/registry.js';
import { readTiff } from '../../../dist/tiff/container.js';
import { readBands } from '../../../dist/tiff/read/read.js';
import { gather, memorySource } from '../pictures.js';

/** The pixels of a fixture, with another number in its tag Compression. */
async function pixelsOf(fixture: string, compression?: number): Promise<Uint8Array> {
  const source = memorySource(readFileSync(new URL(`../../fixtures/tiff/${fixture}`, import.meta.url)));
  const [found] = (await readTiff(source)).directories;
  const directory = { ...found!, compression: compression ?? found!.compression };
  const { width, height } = directory;
  const all = () => [{ start: 0, length: width }];
  return gather(readBands({ source, directory, name: 'level 0' }, { start: 0, length: height }, all), width, height);
}

test.each([
  ['old-deflate.tif', 8],
  ['big-endian-jpeg-tiles.tif', 33007],
  ['zstd-tiles.tif', 34926],
  ['webp-tiles.tif', 34927],
  ['jpeg2000-tiles.tif', 33004],
  ['jpeg2000-tiles.tif', 33005],
])('%s has the same pixels under number %i', async (fixture, number) => {
  expect(Buffer.compare(await pixelsOf(fixture, number), await pixelsOf(fixture))).toBe(0);
});

test('a codec has a name and what it gives; others have a name, or none but their number', () => {
  expect([codecOf(1)?.name, codecOf(33003)?.name, codecOf(32773)?.gives, codecOf(50001)?.gives]).toEqual([
    'none',
    'JPEG 2000',
    'bytes',
    'picture',
  ]);
  expect([8, 32946, 34887, 4711].map(compressionName)).toEqual(['deflate', 'deflate', 'LERC', '4711']);
  expect(codecOf(34887)).toBeUndefined();
});
