import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { channelNetwork } from '../../model/networks.ts';
import { byDefinition } from '../../plan/labels/cleaning/clean-by-definition.ts';
import { filesIn, folder, type Paint, readMask, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const [width, height] = [300, 420];
const cwd = folder();
const paint: Paint = (x, y) => speckled(Math.floor(x / 3), Math.floor(y / 2));
const infer = (slide: string): string[] => [
  ...['infer', slide, '-m', 'red.onnx', '--activation', 'none', '--window', '128', '--tissue', 'none'],
  ...['--no-preview', '--quiet', '--threshold', '0.52'],
];

beforeAll(async () => {
  await writeSlide(join(cwd, 'grains.tif'), width, height, paint, { mpp: 0.5 });
  await writeSlide(join(cwd, 'unknown.tif'), 60, 60, paint);
  save(cwd, 'red.onnx', channelNetwork(0));
  await segtileWell([...infer('grains.tif'), '-o', 'raw', '--probabilities', 'float32'], { cwd });
});

test('a run and a new mask of its probabilities are cleaned alike, in um2 or px, as the whole mask would be', async () => {
  const raw = await readMask(join(cwd, 'raw/grains.mask.ome.tif'));
  // 0.25 um2 a pixel.
  const ended = await segtileWell(
    [...infer('grains.tif'), '-o', 'um2', '--min-object', '15um2', '--fill-holes', '4.9 µm2', '--json'],
    {
      cwd,
    },
  );
  const clean = await readMask(join(cwd, 'um2/grains.mask.ome.tif'));
  const wanted = byDefinition(raw, { minObject: 60, fillHoles: 20 });
  expect(Buffer.compare(clean.data, wanted)).toBe(0);
  expect(Buffer.compare(clean.data, raw.data)).not.toBe(0);

  const record = JSON.parse(ended.stdout);
  expect(record.settings.cleanUp).toEqual({ minObject: 60, fillHoles: 20 });
  const { objects, objectPixels, holes, holePixels } = record.cleaned;
  expect(Math.min(objects, holes)).toBeGreaterThan(10);
  const pixels = (data: Uint8Array): number => data.reduce((sum, label) => sum + label, 0);
  expect(pixels(wanted)).toBe(pixels(raw.data) - objectPixels + holePixels);
  expect(record.classShares[0].share).toBeCloseTo(pixels(wanted) / (width * height), 5);

  const again = ['threshold', 'raw', '--threshold', '0.52', '--min-object', '60px', '--fill-holes', '20px'];
  const { stdout } = await segtileWell([...again, '-o', 'px', '--quiet'], { cwd });
  expect(stdout).toContain(`cleaned  ${objects.toLocaleString('en-US')} objects removed, ${holes} holes filled`);
  const [a, b] = ['um2', 'px'].map((name) => readFileSync(join(cwd, name, 'grains.mask.ome.tif')));
  expect(a!.equals(b!)).toBe(true);
});

test.each([
  [
    [...infer('unknown.tif'), '--min-object', '5um2'],
    '--min-object is 5 µm², but unknown.tif does not say how large its pixels are',
  ],
  [[...infer('grains.tif'), '--min-object', '5'], 'expected an area such as 50um2 or 200px for --min-object but got "5"'],
  [['threshold', 'raw', '--fill-holes', '0px'], 'expected an area such as 50um2 or 200px for --fill-holes but got "0px"'],
])('%j is refused', async (args, message) => {
  const ended = await segtile([...args, '-o', 'refused'], { cwd });
  expect([ended.code, ended.stdout]).toEqual([2, '']);
  expect(ended.stderr).toContain(message);
  expect(filesIn(cwd).filter((name) => name.startsWith('refused'))).toEqual([]);
});
