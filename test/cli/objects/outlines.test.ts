import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { fromFile } from 'geotiff';
import { parquetReadObjects } from 'hyparquet';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeLabelMask } from '../../../dist/mask/label-mask.js';
import { deflateCodec } from '../../../dist/tiff/write/tile-codec.js';
import { writePlanes } from '../../../dist/tiff/write/write.js';
import { folder, segtile, segtileWell, writeSlide } from '../door.ts';

const cwd = folder();
const size = { width: 300, height: 200 };
/** Two discs that touch, of one class, and a third of another that touches the second. */
const discs = [
  [70, 80, 32, 1],
  [128, 80, 32, 1],
  [180, 100, 30, 2],
] as const;
const labelAt = (x: number, y: number): number =>
  discs.find(([cx, cy, radius]) => Math.hypot(x - cx, y - cy) < radius)?.[3] ?? 0;
const data = Uint8Array.from({ length: size.width * size.height }, (_, at) =>
  labelAt(at % size.width, Math.floor(at / size.width)),
);
const classes = [
  { label: 1, name: 'nucleus', color: [200, 0, 0] as const },
  { label: 2, name: 'stroma', color: [0, 158, 115] as const },
];
const split = ['--split-touching', 'watershed', '--seed-distance', '8'];
const text = (...path: string[]): string => readFileSync(join(cwd, ...path), 'utf8');

beforeAll(async () => {
  const sink = await writeLabelMask(join(cwd, 'k.mask.ome.tif'), { size, mpp: { x: 0.5, y: 0.5 }, classes, values: 'labels' });
  await sink.write({ y: 0, ...size, channels: 1, data });
  await sink.finish();
  // Redder to the right.
  await writeSlide(join(cwd, 'k.tif'), size.width, size.height, (x, y) => [x >> 1, 200, y], { mpp: 0.5 });
});

interface Feature {
  readonly id: string;
  readonly geometry: { readonly type: string; readonly coordinates: number[][][] };
  readonly properties: { readonly measurements: object };
}
const featuresOf = (file: string): Feature[] => JSON.parse(file).features;

describe('--simplify', () => {
  test('says how many outlines stay as they are in part', async () => {
    // Of a ring one pixel thin, either side would cut through the other.
    const side = 64;
    const thin = Uint8Array.from({ length: side * side }, (_, at) =>
      Math.round(Math.hypot((at % side) - 32, Math.floor(at / side) - 32)) === 25 ? 1 : 0,
    );
    const path = join(cwd, 'thin.mask.ome.tif');
    const sink = await writeLabelMask(path, { size: { width: side, height: side }, classes, values: 'labels' });
    await sink.write({ y: 0, width: side, height: side, channels: 1, data: thin });
    await sink.finish();
    const args = ['objects', path, '--objects', 'geojson', '-o', 'thin', '--simplify'];
    const left = '  outlines that stay as they are in part, or they would cross themselves: 1 of 1\n';
    expect((await segtileWell([...args, '8px'], { cwd })).stdout).toContain(left);
    expect((await segtileWell([...args, '0.5px', '--overwrite'], { cwd })).stdout).not.toContain('stay as they are');
  });

  test('straightens outlines in every form, and leaves ids and measures alone', async () => {
    const formats = ['--objects', 'geojson,csv,parquet,imagescope', '--quiet'];
    await segtileWell(['objects', 'k.mask.ome.tif', ...formats, '-o', 'exact'], { cwd });
    const args = ['objects', 'k.mask.ome.tif', ...formats, '--simplify', '0.5um', '-o', 'simple'];
    const { stdout } = await segtileWell([...args, '--json'], { cwd });
    expect(JSON.parse(stdout).objects.simplified).toEqual({ tolerancePx: 1, unsimplified: 0 });
    expect(text('simple', 'k.objects.csv')).toBe(text('exact', 'k.objects.csv'));
    const [exact, simple] = ['exact', 'simple'].map((each) => featuresOf(text(each, 'k.objects.geojson')));
    const bare = (all: readonly Feature[] | undefined) => all?.map(({ id, properties }) => [id, properties]);
    expect(bare(simple)).toEqual(bare(exact));
    const points = (all: readonly Feature[] | undefined): number =>
      all!.flatMap(({ geometry }) => geometry.coordinates.flat()).length;
    expect(points(simple)).toBeLessThan(points(exact) / 3);
    const file = new Uint8Array(readFileSync(join(cwd, 'simple', 'k.objects.parquet'))).buffer;
    const rows = await parquetReadObjects({ file });
    expect(rows.map(({ geometry }) => geometry)).toEqual(simple!.map(({ geometry }) => geometry));
    const vertices = (where: string): number => text(where, 'k.objects.xml').split('<Vertex ').length;
    expect(vertices('simple')).toBeLessThan(vertices('exact') / 3);
    expect(JSON.parse(text('exact', 'k.objects.json')).objects.simplified).toBe(null);
  });

  test('of masks that are smaller than their slide is in pixels of the mask', async () => {
    const args = ['objects', 'k.mask.ome.tif', '--slide-size', '900x600', '--simplify', '1px', '-o', 'large', '--quiet'];
    await segtileWell(args, { cwd });
    await segtileWell(['objects', 'k.mask.ome.tif', '--simplify', '1px', '-o', 'own', '--quiet'], { cwd });
    const [large, own] = ['large', 'own'].map(
      (each) => featuresOf(text(each, 'k.objects.geojson'))[0]!.geometry.coordinates[0]!,
    );
    expect(large).toEqual(own!.map((point) => point.map((value) => Math.round(3000 * value) / 1000)));
  });
});

test('--measure of objects that are split tells the pixels of each part', async () => {
  const measured = ['--objects', 'csv', '--instances', '--measure', 'intensity', '--slide', 'k.tif', '--quiet'];
  await segtileWell(['objects', 'k.mask.ome.tif', ...split, ...measured, '-o', 'parts'], { cwd });
  const rows = parse(text('parts', 'k.objects.csv'), { columns: true }) as Record<string, string>[];
  expect(rows.length).toBe(3);
  const tiff = await fromFile(join(cwd, 'parts', 'k.instances.tif'));
  const [numbers] = (await (await tiff.getImage()).readRasters()) as unknown as [Uint16Array];
  tiff.close();
  for (const row of rows) {
    const pixels = [...numbers.keys()].filter((at) => numbers[at] === Number(row.instance));
    const red = pixels.map((at) => (at % size.width) >> 1);
    const mean = red.reduce((sum, value) => sum + value, 0) / red.length;
    expect(Number(row.red_mean)).toBeCloseTo(mean, 5);
    const variance = red.reduce((sum, value) => sum + (value - mean) ** 2, 0) / red.length;
    expect(Number(row.red_deviation)).toBeCloseTo(Math.sqrt(variance), 4);
  }
});

describe('an OME-TIFF of others', () => {
  const xml = (channels: string): string =>
    `<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" SizeX="300" SizeY="200" SizeZ="1" SizeT="1" PhysicalSizeX="0.25" PhysicalSizeY="0.25">${channels}</Pixels></Image></OME>`;
  async function write(name: string, description: string, planes: readonly Uint8Array[]): Promise<void> {
    const layout = {
      size,
      channels: 1,
      tile: 64,
      codec: deflateCodec('labels'),
      reduce: 'majority',
      levels: 'subifd',
    } as const;
    const sink = await writePlanes(join(cwd, name), { ...layout, description }, planes.length);
    await sink.write(planes.map((plane) => ({ y: 0, ...size, channels: 1, data: plane })));
    await sink.finish();
  }
  const plane = (label: number, value: number) => data.map((each) => (each === label ? value : 0));
  const [red, green] = [(200 << 24) | 255, (158 << 16) | (115 << 8) | 255];

  test('names the classes by its channels, one mask each, in their colours', async () => {
    const two = `<Channel ID="Channel:0:0" Name="Nuclei &amp; more" Color="${red}"/><Channel ID="Channel:0:1" Name="Stroma" Color="${green}"/>`;
    await write('two.ome.tif', xml(two), [plane(1, 255), plane(2, 1)]);
    const { stdout } = await segtileWell(['objects', 'two.ome.tif', '--json', '--quiet', '-o', 'two'], { cwd });
    const { classes: found, objects, slide } = JSON.parse(stdout);
    expect(found).toEqual([
      { label: 1, name: 'Nuclei & more', color: [200, 0, 0] },
      { label: 2, name: 'Stroma', color: [0, 158, 115] },
    ]);
    expect(objects.classes.map(({ count, areaPx }: { count: number; areaPx: number }) => [count, areaPx])).toEqual([
      [1, data.filter((label) => label === 1).length],
      [1, data.filter((label) => label === 2).length],
    ]);
    expect(slide.mpp).toEqual({ x: 0.25, y: 0.25 });

    await write('over.ome.tif', xml(two), [plane(1, 255), plane(1, 255)]);
    const { code, stderr } = await segtile(['objects', 'over.ome.tif', '--quiet', '-o', 'over'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/over\.ome\.tif has pixel \(\d+, \d+\) in channel 0 and in channel 1/);
  });

  test('with one channel has one class, whether black is 0 and white 1 or 255', async () => {
    for (const value of [1, 255]) {
      await write('one.ome.tif', xml('<Channel ID="Channel:0:0" Name="Gland"/>'), [plane(1, value)]);
      const { stdout } = await segtileWell(['objects', 'one.ome.tif', '--json', '--quiet', '-o', 'one', '--overwrite'], {
        cwd,
      });
      expect(JSON.parse(stdout).objects.classes).toMatchObject([{ name: 'Gland', count: 1 }]);
    }
  });

  test('has the classes that a file of classes gives it, if there is one', async () => {
    const path = join(cwd, 'classes.json');
    writeFileSync(path, '{"classes":[{"name":"mine"}]}');
    const { stdout } = await segtileWell(['objects', 'one.ome.tif', '--classes', path, '--json', '--quiet', '-o', 'mine'], {
      cwd,
    });
    expect(JSON.parse(stdout).objects.classes).toMatchObject([{ name: 'mine' }]);
  });
});

test('--instances has 32 bits where 16 do not hold the numbers', async () => {
  const wide = { width: 1024, height: 300 };
  const specks = Uint8Array.from({ length: wide.width * wide.height }, (_, at) =>
    (at % wide.width) % 2 === 0 && Math.floor(at / wide.width) % 2 === 0 ? 1 : 0,
  );
  const path = join(cwd, 'many.mask.ome.tif');
  const sink = await writeLabelMask(path, { size: wide, classes, values: 'labels' });
  await sink.write({ y: 0, ...wide, channels: 1, data: specks });
  await sink.finish();
  await segtileWell(['objects', path, '--objects', 'csv', '--instances', '-o', 'many', '--quiet'], { cwd });
  const tiff = await fromFile(join(cwd, 'many', 'many.instances.tif'));
  const image = await tiff.getImage();
  expect(image.getBitsPerSample()).toBe(32);
  const [numbers] = (await image.readRasters()) as unknown as [Uint32Array];
  tiff.close();
  expect(new Set(numbers).size).toBe(1 + 512 * 150);
  // The numbers are those of the table.
  const last = text('many', 'many.objects.csv').trimEnd().split('\n').at(-1)!.split(',');
  expect(numbers[298 * wide.width + 1022]).toBe(Number(last.at(-1)));
});
