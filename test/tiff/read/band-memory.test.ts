import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readTiff } from '../../../dist/tiff/container.js';
import type { TiffImage } from '../../../dist/tiff/image.js';
import { bandMemory } from '../../../dist/tiff/read/band-memory.js';
import { readBands, readNativeBands } from '../../../dist/tiff/read/read.js';
import type { Band, Pixels, Samples, Span } from '../../../dist/types.js';
import { blockTiff, memorySource, picture, plainDirectory } from '../pictures.js';

test('what was given back is taken again where it is large enough, and is not kept where it is not', () => {
  const memory = bandMemory();
  const first = memory.take('uint8', 1000);
  first.fill(7);
  memory.give(first.subarray(100));
  const second = memory.take('uint16', 400);
  expect([second.buffer === first.buffer, second.length]).toEqual([true, 400]);
  // Given back once more, or never taken, it is nobody's.
  memory.give(new Uint8Array(4000));
  expect(memory.take('uint8', 10).buffer).not.toBe(first.buffer);
  memory.give(second);
  expect(memory.take('float32', 251).buffer.byteLength).toBe(1004);
  expect(memory.take('uint8', 10).buffer).not.toBe(first.buffer);
});

async function imageOf(bytes: Uint8Array): Promise<TiffImage> {
  const source = memorySource(bytes);
  const { directories } = await readTiff(source);
  return { source, directory: directories[0]!, name: 'level 0' };
}

const tall = picture(512, 6000);
const wide = picture(12_000, 1600);
const heavy = picture(3000, 8000);

const layouts: readonly [string, () => Promise<{ image: TiffImage; due: Pixels }>][] = [
  [
    'LZW tiles in pieces',
    async () => {
      const { width, height, data } = wide;
      const tiff = sharp(data, { raw: { width, height, channels: 3 } }).tiff({
        compression: 'lzw',
        tile: true,
        tileWidth: 256,
        tileHeight: 256,
      });
      return { image: await imageOf(await tiff.toBuffer()), due: wide };
    },
  ],
  [
    'deflate tiles one by one',
    async () => {
      const tiff = blockTiff(tall, { compression: 8, layout: 'tiles', blockWidth: 112, blockHeight: 96 });
      return { image: await imageOf(tiff), due: tall };
    },
  ],
  [
    'planes without compression',
    async () => {
      const { width, height, data } = tall;
      const plane = width * height;
      const planes = Uint8Array.from({ length: 3 * plane }, (_, i) => data[(i % plane) * 3 + Math.floor(i / plane)]!);
      const offsets = [0, plane, 2 * plane];
      const directory = { ...plainDirectory(width, height), planar: true, offsets, byteCounts: offsets.map(() => plane) };
      return { image: { source: memorySource(planes), directory, name: 'level 0' }, due: tall };
    },
  ],
  [
    'one strip as a stream',
    async () => {
      const { width, height, data } = heavy;
      const packed = deflateSync(data, { level: 1 });
      const directory = { ...plainDirectory(width, height), compression: 8, offsets: [0], byteCounts: [packed.length] };
      return { image: { source: memorySource(packed), directory, name: 'level 0' }, due: heavy };
    },
  ],
];

/** Compares each band with what is due, then spoils and releases it. Gives the buffers that bands came in. */
async function spoil(bands: AsyncIterable<Band<Samples>>, due: Pixels, channels: readonly number[]) {
  const buffers = new Set<ArrayBufferLike>();
  let count = 0;
  for await (const { y, height, runs, release } of bands) {
    count++;
    for (const { x, pixels } of runs) {
      for (let row = 0; row < height; row++)
        for (let column = 0; column < pixels.width; column += 7)
          for (const [to, from] of channels.entries()) {
            const found = pixels.data[(row * pixels.width + column) * channels.length + to];
            const wanted = due.data[((y + row) * due.width + x + column) * 3 + from];
            if (found !== wanted) throw new Error(`pixel (${x + column}, ${y + row}): ${found}, not ${wanted}`);
          }
      buffers.add(pixels.data.buffer);
      pixels.data.fill(201);
    }
    release!();
  }
  return { buffers: buffers.size, count };
}

test.each(layouts)('bands of %s come right in memory that was spoiled, which is little', async (_, make) => {
  const { image, due } = await make();
  const rows: Span = { start: 3, length: due.height - 5 };
  const everything = () => [{ start: 0, length: due.width }];
  const whole = await spoil(readBands(image, rows, everything), due, [0, 1, 2]);
  expect(whole.count).toBeGreaterThan(5);
  // Two under way, one in use, and the last one, which may be low enough to come as it was decoded.
  expect(whole.buffers).toBeLessThanOrEqual(4);
  // Gaps between the columns, another place for them in each band.
  const gaps = ({ start }: Span) => [
    { start: start % 100, length: 50 },
    { start: due.width - 150 - (start % 37), length: 100 },
  ];
  await spoil(readNativeBands(image, rows, gaps, [2, 0]), due, [2, 0]);
});
