import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { openJpeg } from '../../../dist/tiff/codecs/openjpeg.js';
import { inThread } from '../../../dist/tiff/codecs/threads/in-thread.js';
import { readTiff } from '../../../dist/tiff/container.js';
import { requireBlocks } from '../../../dist/tiff/read/check.js';
import { requireDecodable } from '../../../dist/tiff/read/decodable.js';
import { readBands } from '../../../dist/tiff/read/read.js';
import { gather, memorySource, picture, plainDirectory } from '../pictures.js';
import { readTable } from '../table.js';

const path = (name: string) => fileURLToPath(new URL(`../../fixtures/tiff/${name}`, import.meta.url));

async function open(bytes: Uint8Array) {
  const source = memorySource(bytes);
  const { directories } = await readTiff(source);
  const directory = directories[0]!;
  return { image: { source, directory, name: 'level 0' }, directory };
}

const readAll = ({ image, directory: { width, height } }: Awaited<ReturnType<typeof open>>) =>
  gather(
    readBands(image, { start: 0, length: height }, () => [{ start: 0, length: width }]),
    width,
    height,
  );

const files = [
  ['zstd-tiles.tif', 'ZSTD'],
  ['zstd-strips-16.tif', 'ZSTD'],
  ['lzma-tiles.tif', 'LZMA'],
  ['lzma-libtiff.tif', 'LZMA'],
  ['lzw-planes-16.tif', 'LZW'],
  ['big-endian-lzw-tiles.tif', 'LZW'],
  ['deflate-planes.tif', 'deflate'],
  ['float-predictor.tif', 'deflate'],
  ['packbits.tif', 'PackBits'],
  ['bits-reversed-packbits.tif', 'PackBits'],
  ['webp-tiles.tif', 'WebP'],
  ['jpeg2000-tiles.tif', 'JPEG 2000'],
  ['jpeg2000-16.tif', 'JPEG 2000'],
  ['jpeg-planes.tif', 'JPEG'],
  ['big-endian-jpeg-tiles.tif', 'JPEG'],
] as const;

test.each(files)('%s: a block that ends too early is an error that names it', async (name, codec) => {
  const file = await open(readFileSync(path(name)));
  const { offsets, byteCounts } = file.directory;
  for (const share of [0.05, 0.5, 0.9]) {
    const cut = Array.from(byteCounts, (bytes, i) => (i === 1 ? Math.max(1, Math.floor(bytes * share)) : bytes));
    const directory = { ...file.directory, byteCounts: cut };
    const message = expect.stringMatching(
      new RegExp(
        `^block 1 \\(${codec}, at byte ${offsets[1]}\\) in level 0 \\(directory 0\\) of memory\\.tif cannot be decoded: \\S`,
      ),
    );
    await expect(readAll({ image: { ...file.image, directory }, directory })).rejects.toMatchObject({ code: 'input', message });
  }
});

// The other codecs have no checksums, and nearly any bytes mean something to them.
test.each([
  ['deflate-planes.tif'],
  ['float-predictor.tif'],
  ['lzma-tiles.tif'],
  ['jpeg-planes.tif'],
  ['big-endian-jpeg-tiles.tif'],
])('%s: a block with other bytes in it is an error', async (name) => {
  const bytes = readFileSync(path(name));
  const { offsets, byteCounts } = (await open(bytes)).directory;
  const start = offsets[1]! + Math.floor(byteCounts[1]! / 2);
  bytes.fill(0xa5, start, start + 40);
  await expect(readAll(await open(bytes))).rejects.toMatchObject({
    code: 'input',
    message: expect.stringMatching(/^block 1 /),
  });
});

test('a few bytes that are wrong inside the scan of a JPEG tile are an error that names it, unless the codes fall back in step', async () => {
  const { data } = picture(256, 256);
  const smooth = await sharp(data, { raw: { width: 256, height: 256, channels: 3 } })
    .blur(2)
    .raw()
    .toBuffer();
  const bytes = await sharp(smooth, { raw: { width: 256, height: 256, channels: 3 } })
    .tiff({ compression: 'jpeg', quality: 80, tile: true, tileWidth: 64, tileHeight: 64 })
    .toBuffer();
  const { offsets, byteCounts } = (await open(bytes)).directory;
  let found = 0;
  for (let i = 0; i < 60; i++) {
    const block = i % offsets.length;
    const changed = Buffer.from(bytes);
    const at = offsets[block]! + 40 + ((i * 97) % (byteCounts[block]! - 70));
    for (let k = 0; k < 12; k++) changed[at + k] = (i * 31 + k * 57) & 0x7f;
    await readAll(await open(changed)).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'input', message: expect.stringMatching(new RegExp(`^block ${block} `)) });
      found++;
    });
  }
  // libjpeg's own program complains of the same 29.
  expect(found).toBeGreaterThan(25);
});

test.each([
  [6, 'compression 6 (old-style JPEG)'],
  [34887, 'compression 34887 (LERC)'],
  [22610, 'compression 22610 (JPEG XR)'],
  [50002, 'compression 50002 (JPEG XL)'],
  [3, 'compression 3 (CCITT fax group 3)'],
  [32809, 'compression 32809 (ThunderScan)'],
  [12345, 'compression 12345 (unknown)'],
])('compression %i is refused by name', (compression, what) => {
  expect(() => requireDecodable('a.tif', { ...plainDirectory(9, 9), compression })).toThrow(
    `a.tif has ${what} in directory 0, which segtile does not read`,
  );
});

test.each([
  [{ sampleFormat: 2, bits: [12, 12, 12] }, '12-bit signed samples'],
  [{ sampleFormat: 3, bits: [24, 24, 24] }, '24-bit floating point samples'],
  [{ sampleFormat: 5, bits: [32, 32, 32] }, 'sample format 5 (complex integer)'],
  [{ bits: [24, 24, 24] }, '24-bit samples'],
  [{ compression: 34712, sampleFormat: 2, bits: [16, 16, 16] }, 'sample format 2 (signed integer)'],
  [{ compression: 34712, samples: 4, bits: [8, 8, 8, 8] }, '4 samples per pixel in JPEG 2000'],
  [{ photometric: 6, sampleFormat: 2 }, 'photometric interpretation 6 (YCbCr) of 3 8-bit signed samples'],
  [{ bits: [5, 6, 5] }, '5 and 6 bits per sample'],
  [{ photometric: 8 }, 'photometric interpretation 8 (CIE L*a*b*)'],
  [{ photometric: 3, samples: 1, bits: [8] }, 'photometric interpretation 3 (palette) without colours for 256 values'],
  [
    { photometric: 3, samples: 1, sampleFormat: 3, bits: [16] },
    'photometric interpretation 3 (palette) of 16-bit floating point samples',
  ],
  [{ photometric: 5 }, '3 samples per pixel (CMYK)'],
  [{ compression: 8, predictor: 3 }, 'predictor 3 of samples that are not floating point'],
  [{ compression: 7, bits: [12, 12, 12] }, '12 bits per sample in JPEG'],
  [{ compression: 7, samples: 5, bits: Array(5).fill(8) }, '5 samples per pixel in JPEG'],
])('%o is refused by name', (choices, what) => {
  expect(() => requireDecodable('a.tif', { ...plainDirectory(9, 9), ...choices })).toThrow(`a.tif has ${what} in directory 0`);
});

test('blocks that would fill the memory are refused before anything is fetched', () => {
  const large = { ...plainDirectory(40_000, 40_000), compression: 7, photometric: 6 };
  expect(() => requireDecodable('a.tif', large)).toThrow('strips of 40000 × 40000 (4800000000 bytes each when decoded)');
  expect(() => requireDecodable('a.tif', { ...large, compression: 8, photometric: 2 })).not.toThrow();
  const wide = { ...plainDirectory(2 ** 24, 300), compression: 8 };
  expect(() => requireDecodable('a.tif', wide)).toThrow(
    'a.tif has a width of 16777216 (12884901888 bytes in 256 rows) in directory 0',
  );
});

test('a block with a size but no place is damage, not a hole', () => {
  const directory = { ...plainDirectory(9, 9), offsets: [0] };
  expect(() => requireBlocks(memorySource(new Uint8Array(999)), directory)).toThrow('has 243 bytes but no place in the file');
});

test('blocks that unpack to far more than they should are errors', async () => {
  const bomb = async (packed: Uint8Array, compression: number) => {
    const directory = { ...plainDirectory(32, 32), compression, offsets: [1], byteCounts: [packed.length] };
    const image = { source: memorySource(Buffer.concat([Buffer.alloc(1), packed])), directory, name: 'level 0' };
    return readAll({ image, directory });
  };
  const large = { create: { width: 4000, height: 4000, channels: 3, background: '#fff' } } as const;
  await expect(bomb(deflateSync(new Uint8Array(1e7)), 8)).rejects.toMatchObject({
    message: expect.stringContaining('it gives more than twice the 3072 bytes that are due'),
  });
  for (const [packed, compression] of [
    [await sharp(large).jpeg().toBuffer(), 7],
    [await sharp(large).webp().toBuffer(), 50001],
  ] as const) {
    await expect(bomb(packed, compression)).rejects.toMatchObject({
      message: expect.stringContaining('4000 × 4000 pixels where at most 128 × 128 are expected'),
    });
  }
});

test('an abort stops before the next block', async () => {
  const { image, directory } = await open(readFileSync(path('zstd-tiles.tif')));
  const stop = new AbortController();
  stop.abort();
  const bands = readBands(image, { start: 0, length: directory.height }, () => [{ start: 0, length: 90 }], stop.signal);
  await expect(bands.next()).rejects.toMatchObject({ code: 'aborted' });
});

test('JPEG 2000 goes on being decoded after blocks at which its decoder failed', async () => {
  const { bytes } = readTable();
  const blockOf = async (file: string) => {
    const data = bytes.get(file)!;
    const { offsets, byteCounts } = (await open(data)).directory;
    return data.subarray(offsets[0], offsets[0]! + byteCounts[0]!);
  };
  const decode = (block: Uint8Array, channels: number) =>
    inThread(openJpeg, block, { least: { width: 1, height: 1 }, most: { width: 64, height: 64 }, channels, bits: 8 });
  const [good, bad] = [await blockOf('jpeg2000-34712-mct.tif'), await blockOf('refused-jpeg2000-rgba.tif')];
  const pixels = await decode(good, 3);
  for (let i = 0; i < 60; i++) await expect(decode(bad, 4)).rejects.toThrow('OpenJPEG failed');
  for (let i = 0; i < 10; i++) expect(await decode(good, 3)).toEqual(pixels);
});
