import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type ByteSource, openFile } from '../../dist/io/source.js';
import { readTiff } from '../../dist/tiff/container.js';
import { requireBlocks } from '../../dist/tiff/read/check.js';
import { requireDecodable } from '../../dist/tiff/read/decodable.js';
import { readBands } from '../../dist/tiff/read/read.js';
import { gather, memorySource, picture } from './pictures.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/tiff/${name}`, import.meta.url));

async function readFirst(name: string): Promise<{ big: boolean; littleEndian: boolean; pixels: Uint8Array }> {
  const source = await openFile(fixture(name));
  try {
    const { big, littleEndian, directories } = await readTiff(source);
    const directory = directories[0]!;
    requireDecodable(name, directory);
    requireBlocks(source, directory);
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
  ['zstd-tiles.tif', false, true],
  ['zstd-strips-16.tif', false, false],
  ['packbits.tif', false, true],
  ['planar.tif', false, true],
  ['deflate-planes.tif', false, true],
  ['lzw-planes-16.tif', false, false],
  ['sixteen-bit.tif', false, true],
  ['float-predictor.tif', false, false],
  ['float-plain.tif', false, false],
  ['lzma-tiles.tif', false, true],
  ['lzma-libtiff.tif', false, true],
  ['webp-tiles.tif', false, true],
  ['jpeg2000-tiles.tif', false, true],
  ['bits-reversed-none.tif', false, true],
  ['bits-reversed-lzw.tif', false, true],
  ['bits-reversed-packbits.tif', false, true],
  ['bits-reversed-zip.tif', false, true],
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

test('blocks beyond 4 GiB are found', async () => {
  const far = 5 * 2 ** 30;
  const bytes = readFileSync(fixture('big-endian-deflate-strips.tif'));
  const directory = Number(bytes.readBigUInt64BE(8));
  const entries = Number(bytes.readBigUInt64BE(directory));
  const stripOffsets = Array.from({ length: entries }, (_, i) => directory + 8 + i * 20).find(
    (at) => bytes.readUInt16BE(at) === 273,
  )!;
  expect(bytes.readUInt16BE(stripOffsets + 2)).toBe(16);
  const list = Number(bytes.readBigUInt64BE(stripOffsets + 12));
  for (let strip = 0; strip < 9; strip++) {
    bytes.writeBigUInt64BE(bytes.readBigUInt64BE(list + strip * 8) + BigInt(far), list + strip * 8);
  }
  // The file twice: once at its start, where the directory is read, and once 5 GiB later, where the strips now lie.
  const near = memorySource(bytes);
  const source: ByteSource = {
    ...near,
    size: far + bytes.length,
    read: (fetches) => near.read(fetches.map(({ offset, into }) => ({ offset: offset < far ? offset : offset - far, into }))),
  };
  const image = { source, directory: (await readTiff(source)).directories[0]!, name: 'level 0' };
  requireBlocks(source, image.directory);
  expect(image.directory.offsets[0]).toBeGreaterThan(far);
  const bands = readBands(image, { start: 0, length: 61 }, () => [{ start: 0, length: 90 }]);
  expect(Buffer.compare(await gather(bands, 90, 61), picture(90, 61).data)).toBe(0);
});
