import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { fromFile } from 'geotiff';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeLabelMask } from '../../../dist/mask/label-mask.js';
import { filesIn, folder, segtile, segtileWell } from '../door.ts';

const cwd = folder();
const size = { width: 700, height: 600 };
/** Three discs that touch in a row, one alone, and a speck without a seed. */
const discs = [
  [100, 100, 30],
  [155, 100, 30],
  [210, 105, 30],
  [500, 400, 60],
  [20, 580, 3],
] as const;
const data = Uint8Array.from({ length: size.width * size.height }, (_, at) => {
  const [x, y] = [at % size.width, Math.floor(at / size.width)];
  return discs.some(([cx, cy, radius]) => Math.hypot(x - cx, y - cy) < radius) ? 1 : 0;
});
const split = ['--split-touching', 'watershed', '--seed-distance', '12'];

beforeAll(async () => {
  const classes = [{ label: 1, name: 'nucleus', color: [200, 0, 0] as const }];
  const sink = await writeLabelMask(join(cwd, 'k.mask.ome.tif'), { size, mpp: { x: 0.5, y: 0.5 }, classes, values: 'labels' });
  await sink.write({ y: 0, ...size, channels: 1, data });
  await sink.finish();
});

test('--objects imagescope writes what evaluate reads as the truth of the same mask', async () => {
  await segtileWell(['objects', 'k.mask.ome.tif', '--objects', 'imagescope', '-o', 'xml', '--quiet'], { cwd });
  const args = ['evaluate', 'k.mask.ome.tif', '--truth', 'xml/k.objects.xml', '--no-history'];
  const { stdout } = await segtileWell([...args, '--json', '--quiet'], { cwd });
  expect(JSON.parse(stdout.split('\n')[0]!).classes[0].dice).toBe(1);
});

describe('--split-touching watershed', () => {
  test('tells discs apart that touch, with the same numbers in image, table and outlines', async () => {
    const { stdout } = await segtileWell(
      ['objects', 'k.mask.ome.tif', '--objects', 'csv,geojson', '--instances', ...split, '-o', 'out', '--quiet', '--json'],
      { cwd },
    );
    expect(JSON.parse(stdout).objects).toMatchObject({ classes: [{ count: 5 }], leftWhole: 0 });
    const rows = parse(readFileSync(join(cwd, 'out', 'k.objects.csv'), 'utf8'), { columns: true }) as Record<string, string>[];
    const tiff = await fromFile(join(cwd, 'out', 'k.instances.tif'));
    const image = await tiff.getImage();
    expect([image.getWidth(), image.getHeight(), image.getBitsPerSample(), await tiff.getImageCount()]).toEqual([
      700, 600, 16, 4,
    ]);
    const [numbers] = (await image.readRasters()) as unknown as [Uint16Array];
    tiff.close();
    const areas = new Map<number, number>();
    for (const number of numbers) areas.set(number, (areas.get(number) ?? 0) + 1);
    areas.delete(0);
    expect(areas).toEqual(new Map(rows.map((row) => [Number(row.instance), Number(row.area_px)])));
    for (const [x, y] of discs) {
      const row = rows.find((each) => Number(each.instance) === numbers[y * size.width + x])!;
      expect(Math.hypot(Number(row.x_px) - x, Number(row.y_px) - y)).toBeLessThan(3);
    }
    const { features } = JSON.parse(readFileSync(join(cwd, 'out', 'k.objects.geojson'), 'utf8'));
    type Feature = { id: string; properties: { measurements: { Instance: number } } };
    expect(features.map(({ id, properties }: Feature) => [id, properties.measurements.Instance])).toEqual(
      rows.map((row) => [row.id, Number(row.instance)]),
    );
    expect(filesIn(join(cwd, 'out')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('is refused without the size of a pixel, and without what it needs', async () => {
    const refusals: [string[], string][] = [
      [['objects', 'k.mask.ome.tif', '--split-touching', 'watershed'], 'give --seed-distance in micrometres'],
      [['objects', 'k.mask.ome.tif', '--seed-distance', '3'], '--seed-distance is given without --split-touching'],
      [['objects', 'k.mask.ome.tif', '--simplify', '0.2px'], '--simplify 0.2px changes nothing'],
      [['infer', 'k.tif', '-m', 'kidney', '--simplify', '1px'], '--simplify is given without --objects'],
      [['infer', 'k.tif', '-m', 'kidney', ...split], '--split-touching is given without --objects'],
    ];
    for (const [args, message] of refusals) {
      const { code, stderr } = await segtile([...args, '-o', 'none', '--quiet'], { cwd });
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
  });
});
