import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { inspectTiff } from '../../../dist/slide/tiff.js';
import { wrapperHeader } from '../../../dist/tiff/codecs/wrap.js';
import { readTiff } from '../../../dist/tiff/container.js';
import { readBands } from '../../../dist/tiff/read/read.js';
import { memorySource, plainDirectory } from '../pictures.js';

// Rows of tiles that are too much for memory: bands are lower than the tiles are, which are decoded anew for each of them, one by one.

const sampleAt = (x: number, y: number): number => ((x >> 4) * 7 + (y >> 4) * 13) & 255;

/** A grey TIFF in deflate tiles; those that `isAbsent` picks are not in the file. */
function tiledTiff(
  width: number,
  height: number,
  tile: { readonly width: number; readonly height: number },
  isAbsent: (column: number) => boolean,
): Uint8Array {
  const across = Math.ceil(width / tile.width);
  const down = Math.ceil(height / tile.height);
  const blocks = Array.from({ length: across * down }, (_, number) => {
    const [left, top] = [(number % across) * tile.width, Math.floor(number / across) * tile.height];
    if (isAbsent(number % across)) return new Uint8Array();
    const raw = new Uint8Array(tile.width * tile.height);
    for (let y = 0; y < tile.height; y++) {
      for (let x = 0; x < tile.width; x++) raw[y * tile.width + x] = sampleAt(left + x, top + y);
    }
    return deflateSync(raw, { level: 1 });
  });
  const offsetOf = (number: number) => blocks.slice(0, number).reduce((end, { length }) => end + length, 0);
  const places = blocks.map(({ length }, number) => ({ offset: offsetOf(number), bytes: length }));
  const shape = { layout: 'tiles', blockWidth: tile.width, blockHeight: tile.height, samples: 1, bits: [8] } as const;
  const directory = { ...plainDirectory(width, height), ...shape, compression: 8, photometric: 1 };
  return Buffer.concat([wrapperHeader(directory, { width, height }, places), ...blocks]);
}

test('rows come in bands lower than the tiles, with the same pixels, for the columns that are wanted', async () => {
  const [width, height] = [36_000, 2700];
  const bytes = tiledTiff(width, height, { width: 4000, height: 2560 }, (column) => column === 4);
  const source = memorySource(bytes);
  const tiff = await readTiff(source);
  const image = { source, directory: tiff.directories[0]!, name: 'level 0' };
  const wanted = [
    { start: 3000, length: 18_000 },
    { start: 35_500, length: 500 },
  ];
  let next = 100;
  const heights: number[] = [];
  for await (const { y, height: rows, runs } of readBands(image, { start: 100, length: 2550 }, () => wanted)) {
    expect(y).toBe(next);
    next += rows;
    heights.push(rows);
    expect(runs.map(({ x, pixels }) => [x, pixels.width, pixels.height])).toEqual([
      [0, 24_000, rows],
      [32_000, 4000, rows],
    ]);
    for (const { x, pixels } of runs) {
      for (const row of [0, 1, rows >> 1, rows - 1]) {
        for (let column = 0; column < pixels.width; column++) {
          const at = x + column;
          const due = at >= 16_000 && at < 20_000 ? 0 : sampleAt(at, y + row);
          const found = pixels.data[(row * pixels.width + column) * 3 + 1];
          if (found !== due) throw new Error(`(${at}, ${y + row}) is ${found} where ${due} is due`);
        }
      }
    }
  }
  expect(next).toBe(2650);
  // 128 MiB of RGB each, but the one that the next row of tiles cuts off.
  expect(heights).toEqual([1242, 1218, 90]);
});

const claims = [
  { width: 150_000, height: 150_000, side: 16_384, says: /tiles of 16384 × 16384 \(805306368 bytes each when decoded\)/ },
  { width: 150_000, height: 8192, side: 8192, says: /tiles of 8192 × 8192 in a width of 150000 \(too much memory/ },
  { width: 65_536, height: 65_536, side: 8192, says: undefined },
  { width: 150_000, height: 150_000, side: 2048, says: undefined },
  { width: 4_000_000, height: 512, side: 256, says: /a width of 4000000/ },
];

test.each(claims)(
  '$width x $height in tiles of $side are judged by the band that is decoded',
  async ({ width, height, side, says }) => {
    const count = Math.ceil(width / side) * Math.ceil(height / side);
    const shape = { layout: 'tiles', blockWidth: side, blockHeight: side } as const;
    const directory = { ...plainDirectory(width, height), ...shape, compression: 8 };
    const none = Array.from({ length: count }, () => ({ offset: 0, bytes: 0 }));
    const header = wrapperHeader(directory, { width, height }, none);
    // Offsets count from the end of the header, but what is not in the file has none.
    new Uint8Array(header.buffer).fill(0, header.length - 8 * count);
    const { problem } = await inspectTiff(memorySource(header), {});
    if (says === undefined) expect(problem).toBeUndefined();
    else expect(problem).toMatchObject({ code: 'unsupported', message: expect.stringMatching(says) });
  },
);
