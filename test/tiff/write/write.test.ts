import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { fromFile } from 'geotiff';
import { afterAll, expect, test } from 'vitest';
import type { TiffLayout } from '../../../dist/tiff/write/layout.js';
import { deflateCodec, jpegCodec } from '../../../dist/tiff/write/tile-codec.js';
import { writeTiff } from '../../../dist/tiff/write/write.js';
import type { RasterRows, Sink } from '../../../dist/types.js';
import { rawDirectories, sharpRead } from './read-back.ts';

const folder = mkdtempSync(join(tmpdir(), 'segtile-write-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

type Image = { width: number; height: number; data: Uint8Array };

const plain = { channels: 1, tile: 16, codec: deflateCodec('labels'), reduce: 'majority', levels: 'chained' } as const;

/** Writes an image in slices of the given heights (the last one repeats). */
async function write(path: string, layout: TiffLayout, data: Uint8Array, splits: readonly number[] = [layout.size.height]) {
  const sink = await writeTiff(path, layout);
  await writeRows(sink, layout, data, splits);
  await sink.finish();
}

async function writeRows(sink: Sink<RasterRows>, { size, channels }: TiffLayout, data: Uint8Array, splits: readonly number[]) {
  const stride = size.width * channels;
  for (let y = 0, i = 0; y < size.height; i++) {
    const height = Math.min(splits[Math.min(i, splits.length - 1)]!, size.height - y);
    // A copy that is wiped afterwards: what write has taken must not depend on the caller's memory.
    const rows = data.slice(y * stride, (y + height) * stride);
    await sink.write({ y, width: size.width, height, channels, data: rows });
    rows.fill(99);
    y += height;
  }
}

/** The next level by definition, without tiles. */
function halved({ width, height, data }: Image, channels: number, reduce: 'majority' | 'mean'): Image {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = new Uint8Array(w * h * channels);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      for (let c = 0; c < channels; c++) {
        const block = [];
        for (const dy of [0, 1]) {
          for (const dx of [0, 1]) {
            if (2 * x + dx < width && 2 * y + dy < height)
              block.push(data[((2 * y + dy) * width + 2 * x + dx) * channels + c]!);
          }
        }
        out[(y * w + x) * channels + c] =
          reduce === 'mean' ? Math.floor(block.reduce((a, b) => a + b, 0) / block.length + 0.5) : vote(block);
      }
    }
  }
  return { width: w, height: h, data: out };
}

function vote(block: number[]): number {
  const count = (label: number) => block.filter((each) => each === label).length;
  const most = Math.max(...block.map(count));
  const winners = block.filter((label) => count(label) === most);
  return winners.find((label) => label !== 0) ?? 0;
}

function pyramid(image: Image, layout: TiffLayout): Image[] {
  const levels = [image];
  while (Math.max(levels.at(-1)!.width, levels.at(-1)!.height) > layout.tile) {
    levels.push(halved(levels.at(-1)!, layout.channels, layout.reduce));
  }
  return levels;
}

/** Labels in patches, so that some tiles are uniform and some are not; or noise. */
function samples(width: number, height: number, channels: number, seed: number, grain: number): Uint8Array {
  const hash = (n: number) => (Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) >>> 12) & 0xff;
  return Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return hash(Math.floor(x / grain) * 31 + Math.floor(y / grain) * 1009 + seed * 77 + (i % channels) * 7) % 4;
  });
}

const tile = fc.constantFrom(16, 32, 48);
const side = (size: number) =>
  fc.oneof(fc.constantFrom(1, 2, size - 1, size, size + 1, 2 * size, 2 * size + 1, 4 * size), fc.integer({ min: 1, max: 150 }));
const images = tile.chain((size) =>
  fc.record({
    tile: fc.constant(size),
    width: side(size),
    height: side(size),
    rgb: fc.boolean(),
    levels: fc.constantFrom('chained', 'subifd'),
    seed: fc.nat(1000),
    grain: fc.constantFrom(1, 3, 20, 1000),
    splits: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
  }),
);

test('every level reads back exactly by sharp and by geotiff, for any size and any split into rows', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(images, async ({ tile, width, height, rgb, levels, seed, grain, splits }) => {
      const path = at(`any-${run++}.tif`);
      const channels = rgb ? 3 : 1;
      const layout: TiffLayout = {
        size: { width, height },
        channels,
        tile,
        codec: deflateCodec(rgb ? 'samples' : 'labels'),
        reduce: rgb ? 'mean' : 'majority',
        levels,
      };
      const data = samples(width, height, channels, seed, grain);
      await write(path, layout, data, splits);
      const expected = pyramid({ width, height, data }, layout);
      const tiff = await fromFile(path);
      for (const [index, level] of expected.entries()) {
        const where = levels === 'chained' ? { page: index } : index === 0 ? {} : { subifd: index - 1 };
        const bySharp = await sharpRead(path, where, channels);
        expect([bySharp.width, bySharp.height, bySharp.channels]).toEqual([level.width, level.height, channels]);
        expect(Buffer.compare(bySharp.data, level.data)).toBe(0);
        if (levels === 'subifd' && index > 0) continue;
        const image = await tiff.getImage(index);
        expect([image.getWidth(), image.getHeight()]).toEqual([level.width, level.height]);
        const byGeotiff = (await image.readRasters({ interleave: true })) as unknown as Uint8Array;
        expect(Buffer.compare(byGeotiff, level.data)).toBe(0);
      }
      expect(await tiff.getImageCount()).toBe(levels === 'chained' ? expected.length : 1);
      tiff.close();
      rmSync(path);
    }),
    { numRuns: 60 },
  );
});

test('the bytes do not depend on how the rows were split', async () => {
  const layout: TiffLayout = { ...plain, size: { width: 333, height: 211 } };
  const data = samples(333, 211, 1, 5, 3);
  await write(at('whole.tif'), layout, data);
  await write(at('split.tif'), layout, data, [1, 15, 2, 33, 7]);
  expect(readFileSync(at('split.tif')).equals(readFileSync(at('whole.tif')))).toBe(true);
});

test('the directories say what the format asks for', async () => {
  const size = { width: 100, height: 70 };
  const data = samples(100, 70, 1, 1, 3);
  const layout: TiffLayout = { ...plain, size, mpp: { x: 0.2273, y: 0.25 }, description: 'what it is', software: 'segtile' };
  await write(at('chained.tif'), layout, data);
  await write(at('subifd.tif'), { ...layout, levels: 'subifd' }, data);
  const chained = rawDirectories(at('chained.tif'));
  const nested = rawDirectories(at('subifd.tif'));
  expect([chained.chain.length, chained.sub.length, nested.chain.length, nested.sub.length]).toEqual([4, 0, 1, 3]);
  expect(nested.sub.map(({ next }) => next)).toEqual([0, 0, 0]);

  for (const levels of [chained.chain, [...nested.chain, ...nested.sub]]) {
    for (const [index, { tags, order, offset }] of levels.entries()) {
      const value = (tag: number) => tags.get(tag)?.values;
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(offset % 8).toBe(0);
      const [width, height] = [Math.ceil(100 / 2 ** index), Math.ceil(70 / 2 ** index)];
      const tiles = Math.ceil(width / 16) * Math.ceil(height / 16);
      expect([254, 256, 257, 258, 259, 262, 277, 284, 296, 322, 323, 339].map(value)).toEqual(
        [index > 0 ? 1 : 0, width, height, 8, 8, 1, 1, 1, 3, 16, 16, 1].map((each) => [each]),
      );
      expect([value(324)?.length, value(325)?.length]).toEqual([tiles, tiles]);
      expect(value(282)![0]! * (0.2273 * (100 / width))).toBeCloseTo(10_000, 6);
      expect(value(283)![0]! * (0.25 * (70 / height))).toBeCloseTo(10_000, 6);
      const text = (tag: number) => value(tag) && String.fromCharCode(...value(tag)!);
      expect([text(270), text(305)]).toEqual(index === 0 ? ['what it is\0', 'segtile\0'] : [undefined, undefined]);
    }
  }
});

test('without a known pixel size no resolution is claimed', async () => {
  await write(at('no-mpp.tif'), { ...plain, size: { width: 5, height: 5 } }, new Uint8Array(25));
  const { chain, sub } = rawDirectories(at('no-mpp.tif'));
  expect([chain.length, sub.length]).toEqual([1, 0]);
  expect([282, 283, 296, 330].some((tag) => chain[0]!.tags.has(tag))).toBe(false);
});

test('equal blocks are stored once, in one level and across levels', async () => {
  const layout: TiffLayout = { ...plain, size: { width: 1024, height: 512 } };
  await write(at('blank.tif'), layout, new Uint8Array(1024 * 512));
  expect(new Set(rawDirectories(at('blank.tif')).chain.flatMap(({ tags }) => tags.get(324)!.values)).size).toBe(1);

  const patches = new Uint8Array(1024 * 512);
  for (let i = 0; i < patches.length; i++) patches[i] = (i & 15) === ((i >> 10) & 15) ? 2 : 0;
  await write(at('patches.tif'), layout, patches);
  const [main] = rawDirectories(at('patches.tif')).chain;
  expect(new Set(main!.tags.get(324)!.values).size).toBe(1);
  expect(main!.tags.get(324)!.values.length).toBe(64 * 32);
  expect(statSync(at('patches.tif')).size).toBeLessThan(1024 * 512 * 0.07);
});

test('one label stays one label at every level, wherever the image ends within a tile', async () => {
  // Tiles of one value take a shortcut, with or without padding, and next to tiles that do not.
  for (const width of [16, 17, 32, 33, 48, 64, 65]) {
    const layout: TiffLayout = { ...plain, size: { width, height: 33 } };
    // A name of its own: libvips remembers pictures by name.
    const path = at(`sevens-${width}.tif`);
    await write(path, layout, new Uint8Array(width * 33).fill(7));
    for (const [page, { tags }] of rawDirectories(path).chain.entries()) {
      const level = await sharpRead(path, { page }, 1);
      expect(level.data.every((label) => label === 7)).toBe(true);
      expect(level.width).toBe(tags.get(256)!.values[0]);
    }
  }
});

test('JPEG tiles decode to nearly the same colours in both readers, at every level and up to the edges', async () => {
  const size = { width: 150, height: 77 };
  const smooth = (channels: number) =>
    Uint8Array.from({ length: 150 * 77 * channels }, (_, i) => {
      const pixel = Math.floor(i / channels);
      return Math.round(128 + 90 * Math.sin((pixel % 150) / 40 + (i % channels)) * Math.cos(Math.floor(pixel / 150) / 30));
    });
  for (const channels of [1, 3] as const) {
    const path = at(`jpeg-${channels}.tif`);
    const layout: TiffLayout = { size, channels, tile: 32, codec: jpegCodec(92), reduce: 'mean', levels: 'chained' };
    const data = smooth(channels);
    await write(path, layout, data, [10]);
    const tiff = await fromFile(path);
    for (const [page, level] of pyramid({ ...size, data }, layout).entries()) {
      const bySharp = await sharpRead(path, { page }, channels);
      const byGeotiff = (await (await tiff.getImage(page)).readRGB({ interleave: true })) as unknown as Uint8Array;
      let [worst, worstGeotiff] = [0, 0];
      for (let i = 0; i < level.data.length; i++) {
        worst = Math.max(worst, Math.abs(level.data[i]! - bySharp.data[i]!));
        const index = channels === 3 ? i : 3 * i;
        worstGeotiff = Math.max(worstGeotiff, Math.abs(level.data[i]! - byGeotiff[index]!));
      }
      expect([bySharp.width, bySharp.height]).toEqual([level.width, level.height]);
      // Every level is compressed anew, from the one above as it decodes; a lost tile or a swapped channel is off by 60 and more.
      expect(worst).toBeLessThan(page === 0 ? 16 : 40);
      expect(worstGeotiff).toBeLessThan(page === 0 ? 16 : 40);
    }
    tiff.close();
    const [main] = rawDirectories(path).chain;
    expect(main!.tags.get(262)!.values).toEqual([channels === 3 ? 6 : 1]);
    expect(main!.tags.get(530)?.values).toEqual(channels === 3 ? [2, 2] : undefined);
  }
});

test.each([
  [{ tile: 100 }, /multiple of 16 for the tile size but got 100/],
  [{ size: { width: 0, height: 5 } }, /1 to 2147483647 for the width of an image but got 0/],
  [{ size: { width: 5, height: 2.5 } }, /for the height of an image but got 2.5/],
  [{ channels: 3 }, /majority needs one channel/],
  [{ codec: jpegCodec(90) }, /majority needs one channel and a lossless codec/],
  [{ mpp: { x: 0, y: 1 } }, /micrometres per pixel but got 0 by 1/],
] as const)('a layout that cannot be written is refused: %j', async (change, message) => {
  const layout: TiffLayout = { ...plain, size: { width: 5, height: 5 }, ...change };
  await expect(writeTiff(at('refused.tif'), layout)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(message),
  });
  expect(readdirSync(folder).filter((name) => name.includes('refused'))).toEqual([]);
});

test('with one row of tiles in memory, each row is in the file once it is taken, and the bytes are the same', async () => {
  const size = { width: 200, height: 64 };
  const data = Uint8Array.from({ length: 200 * 64 }, (_, i) => (i * i) % 251);
  await write(at('two.tif'), { ...plain, size }, data);
  const sink = await writeTiff(at('one.tif'), { ...plain, size, oneRow: true });
  let before = 0;
  for (let y = 0; y < 64; y += 16) {
    await sink.write({ y, width: 200, height: 16, channels: 1, data: data.subarray(200 * y, 200 * (y + 16)) });
    const hidden = readdirSync(folder).find((name) => name.startsWith('.one.tif'))!;
    const { size: bytes } = statSync(at(hidden));
    expect(bytes).toBeGreaterThan(before + 1000); // 13 tiles of noise
    before = bytes;
  }
  await sink.finish();
  expect(readFileSync(at('one.tif'))).toEqual(readFileSync(at('two.tif')));
});
