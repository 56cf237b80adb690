import fc from 'fast-check';
import sharp, { type TiffOptions } from 'sharp';
import { expect, test } from 'vitest';
import { readTiff } from '../../../dist/tiff/container.js';
import type { TiffImage } from '../../../dist/tiff/image.js';
import { readBands } from '../../../dist/tiff/read/read.js';
import type { Pixels } from '../../../dist/types.js';
import { blockTiff, gather, memorySource, picture, plainDirectory } from '../pictures.js';

const whole = ({ width, height }: { width: number; height: number }) =>
  [{ start: 0, length: height }, () => [{ start: 0, length: width }]] as const;

async function tiffImage(bytes: Uint8Array): Promise<TiffImage & { source: ReturnType<typeof memorySource> }> {
  const source = memorySource(bytes);
  const tiff = await readTiff(source);
  source.fetched.length = 0;
  return { source, directory: tiff.directories[0]!, name: 'level 0' };
}

function encode({ width, height, channels, data }: Pixels, options: TiffOptions): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: channels as 1 | 3 | 4 } })
    .tiff(options)
    .toBuffer();
}

const reference = (bytes: Uint8Array) => sharp(bytes, { ignoreIcc: true }).toColourspace('srgb').removeAlpha().raw().toBuffer();

const layouts: readonly (readonly [string, TiffOptions])[] = [
  ['tiles of 64 × 48', { tile: true, tileWidth: 64, tileHeight: 48 }],
  ['tiles of 256', { tile: true, tileWidth: 256, tileHeight: 256 }],
  ['strips', { tile: false }],
];
const codecs: readonly (readonly [string, TiffOptions])[] = [
  ['none', { compression: 'none' }],
  ['LZW', { compression: 'lzw', predictor: 'none' }],
  ['LZW with predictor', { compression: 'lzw', predictor: 'horizontal' }],
  ['deflate', { compression: 'deflate', predictor: 'none' }],
  ['deflate with predictor', { compression: 'deflate', predictor: 'horizontal' }],
  ['JPEG', { compression: 'jpeg', quality: 80 }],
  ['JPEG without subsampling', { compression: 'jpeg', quality: 95 }],
];
for (const [layout, geometry] of layouts) {
  for (const [codec, packing] of codecs) {
    for (const bigtiff of [false, true]) {
      test(`${layout}, ${codec}, ${bigtiff ? 'BigTIFF' : 'classic'}: same pixels as a whole decode`, async () => {
        const source = picture(333, 1100);
        const bytes = await encode(source, { ...geometry, ...packing, bigtiff });
        const decoded = await gather(readBands(await tiffImage(bytes), ...whole(source)), 333, 1100);
        expect(Buffer.compare(decoded, await reference(bytes))).toBe(0);
        if (packing.compression !== 'jpeg') expect(Buffer.compare(decoded, source.data)).toBe(0);
      });
    }
  }
}

test.each([
  ['one high strip', 1, 2600],
  ['high strips that 256 rows do not divide', 1, 614],
  ['high strips of a prime number of rows', 1, 307],
  ['strips of one row', 1, 1],
  ['deflate (8) in one strip', 8, 2600],
  ['deflate (8) in strips of one row', 8, 1],
  ['deflate (32946) in strips of 7 rows', 32946, 7],
])('%s', async (_, compression, blockHeight) => {
  const source = picture(37, 2600);
  const image = await tiffImage(blockTiff(source, { compression, blockHeight }));
  const bands: number[] = [];
  const counted = (async function* () {
    for await (const band of readBands(image, ...whole(source))) {
      bands.push(band.height);
      yield band;
    }
  })();
  expect(Buffer.compare(await gather(counted, 37, 2600), source.data)).toBe(0);
  if (compression === 1) expect(Math.max(...bands)).toBeLessThanOrEqual(1024);
});

test.each([
  ['much larger than the image', 10, 7, 512, 512],
  ['of which the last column and row are one pixel', 129, 385, 64, 128],
  ['larger than a high, narrow image', 5, 3000, 256, 256],
  ['larger than a low, wide image', 3000, 5, 256, 256],
  ['of the smallest size', 333, 222, 16, 16],
  ['wider than high', 333, 222, 240, 32],
])('tiles %s', async (_, width, height, blockWidth, blockHeight) => {
  const source = picture(width, height);
  const image = await tiffImage(blockTiff(source, { layout: 'tiles', blockWidth, blockHeight, compression: 8 }));
  expect(Buffer.compare(await gather(readBands(image, ...whole(source)), width, height), source.data)).toBe(0);
  const corner = readBands(image, { start: height - 1, length: 1 }, () => [{ start: width - 1, length: 1 }]);
  const last = await gather(corner, width, 1, height - 1);
  expect([...last.subarray(-3)]).toEqual([...source.data.subarray(-3)]);
});

test.each([
  ['grey', 1, 1],
  ['grey where white is 0', 1, 0],
  ['grey with alpha', 2, 1],
  ['RGB with alpha', 4, 2],
])('%s comes out as RGB', async (_, channels, photometric) => {
  const source = picture(50, 300, channels);
  const image = await tiffImage(blockTiff(source, { photometric, blockHeight: 16 }));
  const decoded = await gather(readBands(image, ...whole(source)), 50, 300);
  for (let pixel = 0; pixel < 50 * 300; pixel++) {
    for (let c = 0; c < 3; c++) {
      const sample = source.data[pixel * channels + (channels > 2 ? c : 0)]!;
      if (decoded[pixel * 3 + c] !== (photometric === 0 ? 255 - sample : sample))
        throw new Error(`pixel ${pixel}, channel ${c}`);
    }
  }
});

const wanted = fc.record({
  start: fc.integer({ min: 0, max: 1299 }),
  length: fc.integer({ min: 1, max: 1300 }),
  cuts: fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 6 }),
});

test.each([
  ['tiles', { tile: true, tileWidth: 48, tileHeight: 32, compression: 'lzw' }],
  ['JPEG tiles', { tile: true, tileWidth: 64, tileHeight: 64, compression: 'jpeg' }],
  ['strips', { tile: false, compression: 'deflate' }],
] as const)('any rows and columns of %s: the pixels of the whole, each block fetched once', async (_, options) => {
  const bytes = await encode(picture(400, 1300), options);
  const truth = await reference(bytes);
  await fc.assert(
    fc.asyncProperty(wanted, async ({ start, length, cuts }) => {
      const rows = { start, length: Math.min(length, 1300 - start) };
      const ends = cuts.sort((a, b) => a - b);
      const spans = Array.from({ length: ends.length >> 1 }, (_, i) => ({
        start: ends[2 * i]!,
        length: ends[2 * i + 1]! - ends[2 * i]!,
      }));
      const image = await tiffImage(bytes);
      const decoded = await gather(
        readBands(image, rows, () => spans),
        400,
        rows.length,
        rows.start,
      );
      for (const span of spans) {
        for (let y = 0; y < rows.length; y++) {
          const mine = decoded.subarray((y * 400 + span.start) * 3, (y * 400 + span.start + span.length) * 3);
          const from = ((start + y) * 400 + span.start) * 3;
          if (Buffer.compare(mine, truth.subarray(from, from + span.length * 3)) !== 0) throw new Error(`row ${y} differs`);
        }
      }
      const { offsets, byteCounts } = image.directory;
      const inside = (block: number) =>
        image.source.fetched.filter(
          ([at, bytes]) => at <= offsets[block]! && at + bytes >= offsets[block]! + byteCounts[block]!,
        ).length;
      for (let block = 0; block < offsets.length; block++) expect(inside(block)).toBeLessThanOrEqual(1);
      if (spans.length === 0) expect(image.source.fetched).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test('columns are asked for band by band, and a band of which nothing is wanted is not fetched', async () => {
  const bytes = await encode(picture(300, 1024), { tile: true, tileWidth: 64, tileHeight: 64, compression: 'deflate' });
  const image = await tiffImage(bytes);
  const bands = [];
  const spans = (rows: { start: number }) =>
    rows.start === 512
      ? [
          { start: 10, length: 5 },
          { start: 290, length: 10 },
        ]
      : [];
  for await (const band of readBands(image, { start: 0, length: 1024 }, spans)) bands.push(band);
  expect(bands.map(({ y, height, runs }) => [y, height, runs.map((run) => [run.x, run.pixels.width])])).toEqual([
    [0, 512, []],
    [
      512,
      512,
      [
        [0, 64],
        [256, 44],
      ],
    ],
  ]);
});

test('a damaged block is named with its file, level and codec', async () => {
  const bytes = await encode(picture(300, 600), { tile: true, tileWidth: 64, tileHeight: 64, compression: 'deflate' });
  const image = await tiffImage(bytes);
  const at = image.directory.offsets[17]!;
  bytes.fill(0xa5, at, at + image.directory.byteCounts[17]!);
  await expect(gather(readBands(await tiffImage(bytes), ...whole(image.directory)), 300, 600)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringMatching(
      /^block 17 \(deflate, at byte \d+\) in level 0 \(directory 0\) of memory\.tif cannot be decoded: \S/,
    ),
  });
});

test.each([
  ['LZW', { compression: 'lzw' }],
  ['deflate', { compression: 'deflate' }],
  ['JPEG', { compression: 'jpeg' }],
  ['none', { compression: 'none' }],
] as const)('a block of %s that ends too early is an error, not wrong pixels', async (_, packing) => {
  const bytes = await encode(picture(128, 128), { tile: true, tileWidth: 64, tileHeight: 64, ...packing });
  const image = await tiffImage(bytes);
  const byteCounts = Array.from(image.directory.byteCounts, (bytes, i) => (i === 2 ? Math.floor(bytes / 2) : bytes));
  const cut = { ...image, directory: { ...image.directory, byteCounts } };
  await expect(gather(readBands(cut, ...whole(cut.directory)), 128, 128)).rejects.toMatchObject({
    code: 'input',
    message: expect.stringContaining('block 2 '),
  });
});

test.each(['tiles', 'strips'] as const)('JPEG data that do not fill %s are an error, not other pixels', async (layout) => {
  const jpeg = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#c08040' } })
      .jpeg({ chromaSubsampling: '4:4:4' })
      .toBuffer();
  const decode = async (last: Buffer) => {
    const blocks = [await jpeg(64, 64), last];
    const directory = {
      ...plainDirectory(64, 100),
      layout,
      blockWidth: 64,
      blockHeight: 64,
      compression: 7,
      photometric: 6,
      offsets: [0, blocks[0]!.length],
      byteCounts: blocks.map((block) => block.length),
    };
    const image = { source: memorySource(Buffer.concat(blocks)), directory, name: 'level 0' };
    return gather(readBands(image, ...whole(directory)), 64, 100);
  };
  const last = await decode(await jpeg(64, 36));
  expect(Math.abs(last.at(-1)! - 0x40)).toBeLessThan(4);
  await expect(decode(await jpeg(64, 35))).rejects.toMatchObject({
    code: 'input',
    message: expect.stringMatching(
      /^block 1 \(JPEG, at byte \d+\) .* its JPEG data have 64 × 35 pixels where 64 × 36 are due$/,
    ),
  });
  await expect(decode(await jpeg(63, 36))).rejects.toMatchObject({ code: 'input' });
});

test('an abort stops the reading', async () => {
  const bytes = await encode(picture(64, 9000), { tile: true, tileWidth: 64, tileHeight: 64, compression: 'lzw' });
  const image = await tiffImage(bytes);
  const stop = new AbortController();
  const bands = readBands(image, ...whole(image.directory), stop.signal);
  expect((await bands.next()).done).toBe(false);
  stop.abort();
  await expect(bands.next()).rejects.toMatchObject({ code: 'aborted' });
});

test('two bands are under way while one is in use, and no more', async () => {
  const bytes = await encode(picture(64, 9000), { tile: true, tileWidth: 64, tileHeight: 64, compression: 'lzw' });
  const image = await tiffImage(bytes);
  const bands = readBands(image, ...whole(image.directory));
  await bands.next();
  await expect.poll(() => image.source.fetched.length, { timeout: 600_000 }).toBe(3);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(image.source.fetched.length).toBe(3);
  await bands.return();
});
