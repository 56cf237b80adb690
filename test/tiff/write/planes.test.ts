import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { fromFile } from 'geotiff';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import type { TiffLayout } from '../../../dist/tiff/write/layout.js';
import { deflateCodec } from '../../../dist/tiff/write/tile-codec.js';
import { writePlanes } from '../../../dist/tiff/write/write.js';
import { random } from '../../model/networks.ts';
import { rawDirectories } from './read-back.ts';

const folder = mkdtempSync(join(tmpdir(), 'segtile-planes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Plane = { width: number; height: number; data: Uint8Array | Float32Array };

const layoutOf = (width: number, height: number, samples: 'uint8' | 'float32', tile = 16): TiffLayout => ({
  size: { width, height },
  channels: 1,
  samples,
  tile,
  codec: deflateCodec('samples'),
  reduce: 'mean',
  levels: 'subifd',
});

async function write(path: string, layout: TiffLayout, planes: readonly Plane[], splits: readonly number[]): Promise<void> {
  const sink = await writePlanes(path, layout, planes.length);
  const { width } = layout.size;
  for (let y = 0, i = 0; y < layout.size.height; i++) {
    const height = Math.min(splits[i % splits.length]!, layout.size.height - y);
    const rows = planes.map(({ data }) => ({
      y,
      width,
      height,
      channels: 1,
      data: data.slice(y * width, (y + height) * width),
    }));
    await sink.write(rows);
    // What write has taken must not depend on the caller's memory.
    for (const { data } of rows) data.fill(99);
    y += height;
  }
  await sink.finish();
}

/** The next level by definition: the mean of what is there and is a number. */
function halved({ width, height, data }: Plane): Plane {
  const [w, h] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const out = data instanceof Float32Array ? new Float32Array(w * h) : new Uint8Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const block: number[] = [];
      for (const dy of [0, 1])
        for (const dx of [0, 1]) block.push(data[Math.min(2 * y + dy, height - 1) * width + Math.min(2 * x + dx, width - 1)]!);
      const numbers = block.filter((value) => !Number.isNaN(value));
      const sum = numbers.reduce((a, b) => a + b, 0);
      const mean = numbers.length === 0 ? Number.NaN : sum / numbers.length;
      out[y * w + x] = data instanceof Float32Array ? mean : Math.floor(mean + 0.5);
    }
  }
  return { width: w, height: h, data: out };
}

/** Smooth, noisy, constant and missing parts. */
function plane(width: number, height: number, samples: 'uint8' | 'float32', seed: number): Plane {
  const next = random(seed);
  const data = samples === 'float32' ? new Float32Array(width * height) : new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const patch = (Math.floor(x / 20) + Math.floor(y / 20) * 3 + seed) % 4;
    const value = patch === 0 ? next() : patch === 1 ? (x + y) / (width + height) : patch === 2 ? 0.25 : Number.NaN;
    data[i] = samples === 'float32' ? value : Math.round(value * 255);
  }
  return { width, height, data };
}

async function sharpPlane(path: string, page: number, level: number, float: boolean): Promise<Plane> {
  const where = level === 0 ? { page } : { page, subifd: level - 1 };
  const { data, info } = await sharp(path, { ...where, failOn: 'warning' })
    .toColourspace('b-w')
    .raw({ depth: float ? 'float' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(1);
  const copy = new Uint8Array(data);
  return { width: info.width, height: info.height, data: float ? new Float32Array(copy.buffer) : copy };
}

const bytes = ({ data }: Plane): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

test('every plane and level reads back to the bit by sharp and by geotiff, for any size and any split into rows', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        width: fc.integer({ min: 1, max: 70 }),
        height: fc.integer({ min: 1, max: 70 }),
        planes: fc.integer({ min: 1, max: 4 }),
        samples: fc.constantFrom('uint8', 'float32'),
        splits: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
      }),
      async ({ width, height, planes, samples, splits }) => {
        const path = join(folder, `${run++}.tif`);
        const written = Array.from({ length: planes }, (_, seed) => plane(width, height, samples, seed));
        const layout = layoutOf(width, height, samples);
        await write(path, layout, written, splits);
        const tiff = await fromFile(path);
        expect(await tiff.getImageCount()).toBe(planes);
        for (const [page, whole] of written.entries()) {
          const [band] = await (await tiff.getImage(page)).readRasters();
          expect(Buffer.compare(bytes({ width, height, data: band as Uint8Array }), bytes(whole))).toBe(0);
          let level = whole;
          for (let index = 0; ; index++) {
            const read = await sharpPlane(path, page, index, samples === 'float32');
            expect([read.width, read.height]).toEqual([level.width, level.height]);
            expect(Buffer.compare(bytes(read), bytes(level))).toBe(0);
            if (Math.max(level.width, level.height) <= layout.tile) break;
            level = halved(level);
          }
        }
        tiff.close();
        rmSync(path);
      },
    ),
    { numRuns: 30 },
  );
});

test('the planes are a chain of directories, each with its levels below it, and the first alone has the texts', async () => {
  const path = join(folder, 'chain.tif');
  const layout: TiffLayout = { ...layoutOf(40, 40, 'float32'), description: 'what it is' };
  const planes = [1, 2, 3].map((seed) => plane(40, 40, 'float32', seed));
  await write(path, layout, planes, [7]);
  const { chain, sub } = rawDirectories(path);
  expect([chain.length, sub.length]).toEqual([3, 6]);
  expect(chain.map(({ tags }) => tags.has(270))).toEqual([true, false, false]);
  for (const { tags } of [...chain, ...sub])
    expect([258, 277, 317, 339].map((tag) => tags.get(tag)?.values)).toEqual([[32], [1], undefined, [3]]);

  await write(join(folder, 'other.tif'), layout, planes, [1, 20, 3]);
  expect(readFileSync(join(folder, 'other.tif')).equals(readFileSync(path))).toBe(true);
});

test.each([
  [{ samples: 'float32', reduce: 'majority' }, /majority needs|float32 needs one channel/],
  [{ samples: 'float32', channels: 3 }, /float32 needs one channel/],
] as const)('a layout that cannot be written is refused: %j', async (change, message) => {
  const layout: TiffLayout = { ...layoutOf(5, 5, 'uint8'), ...change };
  await expect(writePlanes(join(folder, 'refused.tif'), layout, 1)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(message),
  });
});

test('rows of another number of planes, or planes out of step, are refused', async () => {
  const rows = (height: number) => ({ y: 0, width: 5, height, channels: 1, data: new Uint8Array(5 * height) });
  for (const wrong of [[rows(2)], [rows(2), rows(3)], []]) {
    const sink = await writePlanes(join(folder, 'refused.tif'), layoutOf(5, 5, 'uint8'), 2);
    await expect(sink.write(wrong)).rejects.toMatchObject({ code: 'usage' });
  }
});
