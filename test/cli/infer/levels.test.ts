import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { openSlide } from '../../../dist/slide/open.js';
import { workingView } from '../../../dist/slide/view/view.js';
import { readLabelTile } from '../../../dist/truth/images/label-tile.js';
import type { Pixels } from '../../../dist/types.js';
import { readCsv } from '../../dataset/csv.js';
import { channelNetwork } from '../../model/networks.ts';
import { taggedTiff } from '../../slide/tagged-tiff.ts';
import { folder, readMask, save, segtileWell } from '../door.ts';

const cwd = folder();
/** No multiple of 4 or 16: 200.75 × 151.75 and 50.1875 × 37.9375 pixels of the levels. */
const [width, height] = [803, 607];
/** A rectangle near the far corner; in the last pixel of a level, what is cut off looks as the rest of that. */
const box = { left: 701, top: 511, right: 779, bottom: 571 };
const inside = (x: number, y: number): boolean => x >= box.left && x < box.right && y >= box.top && y < box.bottom;

type Rounding = 'floor' | 'ceil' | 'round';

/** The mean of n × n pixels. What is left over is cut off, or the mean of what there is. */
function shrunk({ width: w, height: h, channels, data }: Pixels, n: number, by: readonly [Rounding, Rounding]): Pixels {
  const [wide, high] = [Math[by[0]](w / n), Math[by[1]](h / n)];
  const out = new Uint8Array(wide * high * channels);
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      for (let c = 0; c < channels; c++) {
        let [sum, count] = [0, 0];
        for (let v = y * n; v < Math.min((y + 1) * n, h); v++)
          for (let u = x * n; u < Math.min((x + 1) * n, w); u++, count++) sum += data[(v * w + u) * channels + c]!;
        out[(y * wide + x) * channels + c] = Math.round(sum / count);
      }
    }
  }
  return { width: wide, height: high, channels, data: out };
}

const levelZero = (channels: 1 | 3, on: number): Pixels => {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (inside(x, y)) data.fill(on, (y * width + x) * channels, (y * width + x + 1) * channels);
  return { width, height, channels, data };
};

const roundings: readonly (readonly [Rounding, Rounding])[] = [
  ['floor', 'floor'],
  ['ceil', 'ceil'],
  ['floor', 'ceil'],
];
const nameOf = (by: readonly string[]): string => `${by.join('-')}.tif`;

beforeAll(() => {
  save(cwd, 'model.onnx', channelNetwork(0));
  save(cwd, 'model.segtile.json', JSON.stringify({ activation: 'none', exclusive: false }));
  const picture = levelZero(3, 255);
  for (const by of roundings) {
    const levels = [picture, shrunk(picture, 4, by), shrunk(picture, 16, by)];
    save(cwd, nameOf(by), taggedTiff(levels, { resolution: [20_000, 20_000], unit: 3 }));
  }
  save(cwd, 'truth.tif', taggedTiff([levelZero(1, 1)]));
});

const look = ['-m', 'model.onnx', '--tissue', 'none', '--window', '64', '--device', 'cpu'];

const nowhere = () => ({ left: Infinity, top: Infinity, right: 0, bottom: 0 });

/** The first and the last column and row that hold a label. */
function edges({ width: w, height: h, data }: { width: number; height: number; data: Uint8Array }) {
  const found = { left: w, top: h, right: 0, bottom: 0 };
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      if (data[y * w + x] === 0) continue;
      found.left = Math.min(found.left, x);
      found.top = Math.min(found.top, y);
      found.right = Math.max(found.right, x + 1);
      found.bottom = Math.max(found.bottom, y + 1);
    }
  }
  return found;
}

/** Expects the edges to be where they are, give or take half a working pixel. */
function expectThere(found: ReturnType<typeof edges>, factor: number): void {
  for (const side of ['left', 'top', 'right', 'bottom'] as const) {
    expect(Math.abs(found[side] - box[side]), `${side}: ${found[side]} for ${box[side]}`).toBeLessThanOrEqual(factor / 2);
  }
}

describe.each(roundings)('a pyramid whose sizes are made with %s and %s', (...by) => {
  const slide = nameOf(by);
  const sizeOf = (n: number): number[] => [Math[by[0]](width / n), Math[by[1]](height / n)];

  test.each([
    [4, '--mpp', '2'],
    [4, '--mpp', '2.009'],
    [4, '--downsample', '4'],
    [4, '--downsample', '3.981'],
    [4, '--level', '1'],
    [16, '--mpp', '8'],
    [16, '--level', '2'],
  ])('level of factor %d by %s %s: untouched, and the mask lies on level 0', async (factor, flag, value) => {
    const out = `${slide}${flag}${value}`;
    await segtileWell(['infer', slide, ...look, flag, value, '-o', `${out}/`, '--probabilities', 'float32'], { cwd });
    const stem = join(cwd, out, slide.replace('.tif', ''));
    const { working } = JSON.parse(readFileSync(`${stem}.run.json`, 'utf8'));
    expect([working.width, working.height]).toEqual(sizeOf(factor));
    expect(working.downsample).toBeCloseTo(factor, 10);
    expect(working.mpp.x).toBeCloseTo(0.5 * factor, 10);
    expectThere(edges(await readMask(`${stem}.mask.ome.tif`)), factor);
    await segtileWell(['threshold', `${stem}.probabilities.ome.tif`, '-o', `${out}-again/`], { cwd });
    const again = await readMask(join(cwd, `${out}-again`, `${slide.replace('.tif', '')}.mask.ome.tif`));
    expect(again.data.equals((await readMask(`${stem}.mask.ome.tif`)).data)).toBe(true);
  });

  test.each([5, 6, 3.9, 10, 20])('seen at a factor of %d, which no level has, the mask lies on level 0', async (factor) => {
    const out = `${slide}-${factor}`;
    await segtileWell(['infer', slide, ...look, '--downsample', String(factor), '-o', `${out}/`], { cwd });
    const { working } = JSON.parse(readFileSync(join(cwd, out, slide.replace('.tif', '.run.json')), 'utf8'));
    expect([working.width, working.height]).toEqual([Math.round(width / factor), Math.round(height / factor)]);
    // The level has been rounded once, the working image again.
    expectThere(edges(await readMask(join(cwd, out, slide.replace('.tif', '.mask.ome.tif')))), factor + 2);
  });

  test('tiles, their truth and their boxes lie where they are', async () => {
    const set = `${slide}-set`;
    const cut = ['--truth', 'truth.tif', '--window', '64', '--tissue', 'none', '--mpp', '2', '-o', set, '--quiet'];
    await segtileWell(['make-dataset', slide, ...cut], { cwd });
    const rows = readCsv(join(cwd, set));
    const seen = { image: nowhere(), mask: nowhere() };
    for (const row of rows) {
      const [x, y, w, h] = ['x', 'y', 'width', 'height'].map((name) => Number(row[name])) as [number, number, number, number];
      const [left, top] = [Number(row.tile!.match(/_x(\d+)/)![1]), Number(row.tile!.match(/_y(\d+)/)![1])];
      expect([x, y]).toEqual([4 * left, 4 * top]);
      expect([x + w, y + h]).toEqual([Math.min(4 * (left + 64), width), Math.min(4 * (top + 64), height)]);
      const { data, info } = await sharp(join(cwd, set, row.image!))
        .extractChannel(0)
        .raw()
        .toBuffer({ resolveWithObject: true });
      const parts = {
        image: edges({ ...info, data: data.map((value) => (value > 127 ? 1 : 0)) }),
        mask: edges(await readLabelTile('mask', readFileSync(join(cwd, set, row.mask!)))),
      };
      for (const kind of ['image', 'mask'] as const) {
        const part = parts[kind];
        if (part.right === 0) continue;
        const at = seen[kind];
        at.left = Math.min(at.left, left + part.left);
        at.top = Math.min(at.top, top + part.top);
        at.right = Math.max(at.right, left + part.right);
        at.bottom = Math.max(at.bottom, top + part.bottom);
      }
    }
    const levelZeroOf = ({ left, top, right, bottom }: typeof seen.mask) => ({
      left: 4 * left,
      top: 4 * top,
      right: 4 * right,
      bottom: 4 * bottom,
    });
    expectThere(levelZeroOf(seen.image), 4);
    expectThere(levelZeroOf(seen.mask), 4);
  });
});

test('a truth that was made like the level lies on it, pixel on pixel, and on level 0', async () => {
  const truth = shrunk(levelZero(1, 1), 4, ['floor', 'floor']);
  save(cwd, 'small.tif', taggedTiff([truth]));
  const cut = ['--window', '64', '--tissue', 'none', '-o', 'small-set', '--quiet', '--sample', 'object', '--count', '1'];
  const { stdout } = await segtileWell(
    ['make-dataset', 'floor-floor.tif', '--truth', 'small.tif', ...cut, '--json', '--dry-run'],
    { cwd },
  );
  expect(JSON.parse(stdout).tiles).toBe(1);
  await segtileWell(['infer', 'floor-floor.tif', ...look, '--level', '0', '-o', 'fine/'], { cwd });
  const { stdout: scores } = await segtileWell(['evaluate', 'fine/floor-floor.mask.ome.tif', 'small.tif', '--json'], { cwd });
  // Only what the rounding of edges to whole pixels of the truth makes of it.
  expect(JSON.parse(scores.split('\n')[0]!).classes[0].dice).toBeGreaterThan(0.95);
});

test('a level is taken untouched wherever its factor is within half a percent, along each side alone', async () => {
  const axis = fc.record({
    length: fc.integer({ min: 40, max: 90 }),
    more: fc.integer({ min: 0, max: 15 }),
    rounding: fc.constantFrom<Rounding>('floor', 'ceil', 'round'),
    off: fc.double({ min: -0.0049, max: 0.0049, noNaN: true }),
  });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(2, 3, 4, 8, 16), axis, axis, async (factor, x, y) => {
      const full = [x, y].map(({ length, more }) => factor * length + (more % factor)) as [number, number];
      const small = [x, y].map(({ rounding }, i) => Math[rounding](full[i]! / factor)) as [number, number];
      const pixels = (w: number, h: number): Pixels => {
        const data = Uint8Array.from({ length: w * h }, (_, i) => (i * 37 + (i >> 5)) & 255);
        return { width: w, height: h, channels: 1, data };
      };
      const level = pixels(...small);
      const path = save(cwd, `level-${number++}.tif`, taggedTiff([pixels(...full), level]));
      // Pixels of a size of their own along each axis, so that one mpp asks for another factor of each.
      const sizes = { x: 2 / (factor * (1 + x.off)), y: 2 / (factor * (1 + y.off)), source: 'test' };
      const mpp = 2;
      const slide = await openSlide(path, { mpp: sizes });
      const view = workingView(slide, { kind: 'mpp', mpp });
      expect([view.level.index, view.width, view.height]).toEqual([1, ...small]);
      expect(view.downsample).toBeCloseTo(factor, 9);
      expect(view.mpp!.x).toBeCloseTo(sizes.x * factor, 9);
      expect(view.mpp!.y).toBeCloseTo(sizes.y * factor, 9);
      for await (const { y: top, runs } of view.readBands({ start: 0, length: view.height }, () => [
        { start: 0, length: view.width },
      ])) {
        for (const { x: left, pixels: run } of runs) {
          for (let i = 0; i < run.data.length; i += 3) {
            const [column, row] = [left + ((i / 3) % run.width), top + Math.floor(i / 3 / run.width)];
            expect(run.data[i]).toBe(level.data[row * small[0] + column]);
          }
        }
      }
      await slide.close();
    }),
    { numRuns: 40 },
  );
});

test('a level that is off by more than half a percent is resampled to the very size', async () => {
  const slide = await openSlide(join(cwd, 'floor-floor.tif'));
  for (const downsample of [3.97, 4.03, 4.5]) {
    const view = workingView(slide, { kind: 'downsample', downsample });
    expect([view.width, view.height]).toEqual([Math.round(width / downsample), Math.round(height / downsample)]);
    expect(view.spans).toEqual({ width: view.width, height: view.height });
  }
  await slide.close();
});
