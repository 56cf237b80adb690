import fc from 'fast-check';
import sharp, { type TiffOptions } from 'sharp';
import { describe, expect, test } from 'vitest';
import { openFile } from '../../dist/io/source.js';
import { readTiff } from '../../dist/tiff/container.js';
import { requireBlocks } from '../../dist/tiff/read/check.js';
import { requireDecodable } from '../../dist/tiff/read/decodable.js';
import { readBands } from '../../dist/tiff/read/read.js';
import { sharedFile } from '../shared.ts';
import { blockTiff, gather, memorySource, picture } from './pictures.js';

/** All that is done with the first image of a file, from its header to its pixels. */
async function readAll(bytes: Uint8Array): Promise<Uint8Array> {
  const source = memorySource(bytes);
  const directory = (await readTiff(source)).directories[0]!;
  requireDecodable(source.path, directory);
  requireBlocks(source, directory);
  const { width, height } = directory;
  const bands = readBands({ source, directory, name: 'level 0' }, { start: 0, length: height }, () => [
    { start: 0, length: width },
  ]);
  return gather(bands, width, height);
}

const small = picture(70, 90);
const kinds: readonly (readonly [string, TiffOptions])[] = [
  ['LZW tiles', { tile: true, tileWidth: 32, tileHeight: 32, compression: 'lzw' }],
  ['JPEG tiles', { tile: true, tileWidth: 32, tileHeight: 32, compression: 'jpeg' }],
  ['deflate strips, BigTIFF', { tile: false, compression: 'deflate', bigtiff: true }],
  ['uncompressed strips', { tile: false, compression: 'none' }],
];

describe.each(kinds)('%s', (_, options) => {
  const file = sharp(small.data, { raw: { width: 70, height: 90, channels: 3 } })
    .tiff(options)
    .toBuffer();

  test('cut anywhere, it is an error or has the right pixels', async () => {
    const bytes = await file;
    const truth = await readAll(bytes);
    let failures = 0;
    for (let i = 0; i < 150; i++) {
      const length = Math.floor((bytes.length * i) / 150);
      try {
        expect(Buffer.compare(await readAll(bytes.subarray(0, length)), truth)).toBe(0);
      } catch (error) {
        expect(error).toMatchObject({ name: 'SegtileError', code: 'input' });
        failures++;
      }
    }
    expect(failures).toBeGreaterThan(100);
  });

  test('with any byte of its directory changed, it is an error or has pixels', async () => {
    const bytes = await file;
    const blocks = (await readTiff(memorySource(bytes))).directories[0]!;
    const isBlock = (at: number) =>
      Array.from(blocks.offsets).some((offset, i) => at >= offset && at < offset + blocks.byteCounts[i]!);
    const places = Array.from(bytes.keys()).filter((at) => !isBlock(at));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.integer({ min: 0, max: 255 }), async (at, value) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        await readAll(changed).catch((error: unknown) => expect(error).toMatchObject({ name: 'SegtileError' }));
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});

test('a block past the end is named, with its place and the size of the file', async () => {
  const bytes = blockTiff(small, { blockHeight: 16 });
  const source = memorySource(bytes.subarray(0, bytes.length - 3000));
  const directory = (await readTiff(source)).directories[0]!;
  const offset = directory.offsets[4];
  expect(() => requireBlocks(source, directory)).toThrow(
    `block 4 in directory 0 of memory.tif is 3360 bytes at byte ${offset}, but the file has only ${bytes.length - 3000} bytes`,
  );
});

test.each(['strips', 'tiles'] as const)('uncompressed %s with too few bytes for their pixels are an error', async (layout) => {
  const source = memorySource(blockTiff(small, { layout, blockWidth: layout === 'tiles' ? 32 : 70, blockHeight: 32 }));
  const directory = (await readTiff(source)).directories[0]!;
  requireBlocks(source, directory);
  const byteCounts = Array.from(directory.byteCounts, (bytes, block) => (block === 1 ? bytes - 1 : bytes));
  expect(() => requireBlocks(source, { ...directory, byteCounts })).toThrow(
    layout === 'tiles'
      ? 'block 1 in directory 0 of memory.tif has 3071 bytes where 3072 are due'
      : 'block 1 in directory 0 of memory.tif has 6719 bytes where 6720 are due',
  );
});

test('tiles that are not multiples of 16 are read', async () => {
  const bytes = blockTiff(small, { layout: 'tiles', blockWidth: 48, blockHeight: 30 });
  expect(Buffer.compare(await readAll(bytes), small.data)).toBe(0);
});

test('directories that run in a circle are said, and no endless loop', async () => {
  const bytes = Buffer.from(blockTiff(small, {}));
  const next = 10 + bytes.readUInt16LE(8) * 12;
  expect(bytes.readUInt32LE(next)).toBe(0);
  bytes.writeUInt32LE(8, next);
  const { directories, oddities } = await readTiff(memorySource(bytes));
  expect(directories).toHaveLength(1);
  expect(oddities).toEqual([expect.stringContaining('in a circle')]);
});

const circle = sharedFile('tiff/test_ifd_loop_to_self.tif');
test.skipIf(circle === undefined)('a real file whose directory follows itself (skipped without shared/data)', async () => {
  const source = await openFile(circle!);
  const { oddities } = await readTiff(source);
  expect(oddities).toEqual([expect.stringContaining('directory 1 is at byte 408 again')]);
  await source.close();
});

test('a file without any directory is an error', async () => {
  await expect(
    readTiff(memorySource(Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))),
  ).rejects.toMatchObject({
    code: 'input',
    message: 'memory.tif is damaged: it has no directory',
  });
});
