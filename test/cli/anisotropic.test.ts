import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openSlide } from '../../dist/slide/open.js';
import { readLabelTile } from '../../dist/truth/images/label-tile.js';
import { readCsv } from '../dataset/csv.js';
import { channelNetwork } from '../model/networks.ts';
import { taggedTiff } from '../slide/tagged-tiff.ts';
import { folder, readMask, save, segtileWell } from './door.ts';

const cwd = folder();
const [width, height] = [400, 320];
/** Pixels of 0.5 × 0.25 um: 200 × 80 um. */
const saying = { resolution: [20_000, 40_000], unit: 3 } as const;
/** The lower half of a column. */
const inside = (x: number, y: number): boolean => x >= 100 && x < 180 && y >= 160 && y < 320;

beforeAll(() => {
  save(cwd, 'model.onnx', channelNetwork(0));
  save(cwd, 'model.segtile.json', JSON.stringify({ activation: 'none', exclusive: false }));
  const made = (channels: 1 | 3, on: number) => {
    const data = new Uint8Array(width * height * channels);
    for (let i = 0; i < width * height; i++)
      if (inside(i % width, Math.floor(i / width))) data.fill(on, i * channels, (i + 1) * channels);
    return { width, height, channels, data };
  };
  save(cwd, 'slide.tif', taggedTiff([made(3, 255)], saying));
  const truth = made(1, 0);
  for (let y = 100; y < 120; y++) truth.data.fill(1, y * width + 340, y * width + 360);
  save(cwd, 'truth.tif', taggedTiff([truth]));
});

const look = ['-m', 'model.onnx', '--tissue', 'none', '--window', '40', '--device', 'cpu'];

test('a mask with microns per pixel of its own is as high as y says, and lies on level 0', async () => {
  await segtileWell(['infer', 'slide.tif', ...look, '--output-mpp', '1', '-o', 'square/'], { cwd });
  const mask = await readMask(join(cwd, 'square/slide.mask.ome.tif'));
  expect([mask.width, mask.height]).toEqual([200, 80]);
  for (let y = 0; y < 80; y++)
    for (let x = 0; x < 200; x++) expect(mask.data[y * 200 + x], `(${x}, ${y})`).toBe(Number(inside(2 * x + 1, 4 * y + 2)));
  const { mask: facts } = JSON.parse(readFileSync(join(cwd, 'square/slide.run.json'), 'utf8'));
  expect(facts.mpp).toEqual({ x: 1, y: 1 });
  const slide = await openSlide(join(cwd, 'square/slide.mask.ome.tif'));
  expect(slide.mpp).toMatchObject({ x: 1, y: 1 });
  await slide.close();
});

test.each([
  ['0.9', 222, 89],
  ['0.7', 286, 114],
])('where %s um do not divide it, the sides are rounded each and say what they are', async (mpp, across, down) => {
  await segtileWell(['infer', 'slide.tif', ...look, '--output-mpp', mpp, '-o', `at-${mpp}/`], { cwd });
  const { mask } = JSON.parse(readFileSync(join(cwd, `at-${mpp}/slide.run.json`), 'utf8'));
  expect([mask.width, mask.height]).toEqual([across, down]);
  expect(mask.mpp.x).toBeCloseTo(200 / across, 9);
  expect(mask.mpp.y).toBeCloseTo(80 / down, 9);
});

test('a slide seen in square pixels: the mask is as large as level 0 and says its pixels', async () => {
  await segtileWell(['infer', 'slide.tif', ...look, '--mpp', '1', '-o', 'seen/'], { cwd });
  const { working, mask } = JSON.parse(readFileSync(join(cwd, 'seen/slide.run.json'), 'utf8'));
  expect(working).toMatchObject({ width: 200, height: 80, mpp: { x: 1, y: 1 } });
  expect(mask).toMatchObject({ width, height, mpp: { x: 0.5, y: 0.25 } });
  const { data } = await readMask(join(cwd, 'seen/slide.mask.ome.tif'));
  for (let i = 0; i < data.length; i++) expect(data[i]).toBe(Number(inside(i % width, Math.floor(i / width))));
});

test('a report gives areas in mm² of pixels that are not square', async () => {
  await segtileWell(['infer', 'slide.tif', ...look, '--report', '-o', 'report/'], { cwd });
  const page = readFileSync(join(cwd, 'report/slide.report.html'), 'utf8');
  // 80 × 160 px of 0.5 × 0.25 um are 40 × 40 um.
  expect(page).toMatch(/>0\.00160</);
});

test('tiles around objects hold them, and their boxes say where they lie', async () => {
  const cut = [
    '--truth',
    'truth.tif',
    '--mpp',
    '1',
    '--window',
    '16',
    '--sample',
    'object',
    '--count',
    '4',
    '--tissue',
    'none',
  ];
  await segtileWell(['make-dataset', 'slide.tif', ...cut, '-o', 'set', '--quiet'], { cwd });
  const rows = readCsv(join(cwd, 'set'));
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) {
    const mask = await readLabelTile('mask', readFileSync(join(cwd, 'set', row.mask!)));
    // Of 20 × 20 px 10 × 5 are left.
    expect(mask.data.reduce((sum, label) => sum + label, 0)).toBe(50);
    const [x, y] = [Number(row.tile!.match(/_x(\d+)/)![1]), Number(row.tile!.match(/_y(\d+)/)![1])];
    expect(['x', 'y', 'width', 'height'].map((name) => Number(row[name]))).toEqual([2 * x, 4 * y, 32, 64]);
  }
});
