import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { requireDecodable } from '../../dist/tiff/codecs.js';
import { readTiff, requireBlocksInFile } from '../../dist/tiff/container.js';
import { readBands } from '../../dist/tiff/read.js';
import { openFile } from '../../dist/tiff/source.js';
import { gather, picture } from './pictures.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tiff/${name}`, import.meta.url));

async function readFirst(name: string): Promise<{ big: boolean; littleEndian: boolean; pixels: Uint8Array }> {
  const source = await openFile(fixture(name));
  try {
    const { big, littleEndian, directories } = await readTiff(source);
    const directory = directories[0]!;
    requireDecodable(name, directory);
    requireBlocksInFile(source, directory);
    const bands = readBands({ source, directory, name: 'level 0' }, { start: 0, length: 61 }, () => [{ start: 0, length: 90 }]);
    return { big, littleEndian, pixels: await gather(bands, 90, 61) };
  } finally {
    await source.close();
  }
}

test.each([
  ['big-endian-lzw-tiles.tif', false, false],
  ['big-endian-deflate-strips.tif', true, false],
  ['old-deflate.tif', false, true],
  ['aperio.svs', false, true],
  ['sub-directories.ome.tif', true, true],
])('%s has the pixels that were written', async (name, big, littleEndian) => {
  const file = await readFirst(name);
  expect(Buffer.compare(file.pixels, picture(90, 61).data)).toBe(0);
  expect(file).toMatchObject({ big, littleEndian });
});

test('JPEG tiles of a big-endian file: same pixels as a whole decode', async () => {
  const name = 'big-endian-jpeg-tiles.tif';
  const truth = await sharp(fixture(name)).raw().toBuffer();
  expect(Buffer.compare((await readFirst(name)).pixels, truth)).toBe(0);
});

test.each([
  ['zstd-tiles.tif', 'zstd-tiles.tif has compression 50000 (ZSTD) in directory 0, which segtile does not read'],
  ['packbits.tif', 'packbits.tif has compression 32773 (PackBits) in directory 0, which segtile does not read'],
  [
    'planar.tif',
    'planar.tif has planar configuration 2 (each sample in a plane of its own) in directory 0, which segtile does not read',
  ],
  ['sixteen-bit.tif', 'sixteen-bit.tif has 16 bits per sample in directory 0, which segtile does not read'],
])('%s is refused by name and number', async (name, message) => {
  await expect(readFirst(name)).rejects.toMatchObject({ code: 'unsupported', message });
});

test('a block that was never written is refused by its number', async () => {
  await expect(readFirst('sparse.tif')).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/^block 2 in directory 0 of .*sparse\.tif is empty/),
  });
});
