import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { openSource } from '../../../dist/io/open-source.js';
import { readTiff } from '../../../dist/tiff/container.js';
import type { GeoTags } from '../../../dist/tiff/geo.js';
import { channelNetwork } from '../../model/networks.ts';
import { pythonWith } from '../../python.ts';
import { folder, run, save, segtile, segtileWell } from '../door.ts';

// The slides were written by GDAL; test/fixtures/geo/make.py says where they lie.
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/geo/${name}.tif`, import.meta.url));
const names = ['utm', 'utm-point', 'degrees', 'turned', 'control-points'] as const;

const cwd = folder();
const model = join(cwd, 'red.onnx');
const infer = async (name: string, out: string, ...more: string[]): Promise<void> => {
  const args = [
    'infer',
    fixture(name),
    '-m',
    model,
    '--window',
    '32',
    '--tissue',
    'none',
    '--no-preview',
    '--slide-mpp',
    '0.25',
  ];
  await segtileWell([...args, '--quiet', '-o', out, ...more], { cwd });
};
const mask = (out: string, name: string): string => join(cwd, out, `${name}.mask.ome.tif`);

/** The geo tags of each directory of the chain. */
async function tagsOf(path: string): Promise<(GeoTags | undefined)[]> {
  const source = await openSource(path);
  const { directories } = await readTiff(source);
  await source.close();
  return directories.map(({ geo }) => geo);
}

beforeAll(async () => {
  save(cwd, 'red.onnx', channelNetwork(0));
  for (const name of names) {
    await infer(name, 'same', '--probabilities', 'float32', '--mpp', '0.75');
    await infer(name, 'half', '--output-mpp', '0.5');
  }
});

describe('info', () => {
  test.each([
    ['utm', 'EPSG:32633 (WGS 84 / UTM zone 33N)', '500000.125, 5400000.5, 0.25 × -0.25 a pixel'],
    ['utm-point', 'EPSG:32633 (WGS 84 / UTM zone 33N)', '500000.125, 5400000.5, 0.25 × -0.25 a pixel'],
    ['degrees', 'EPSG:4326 (WGS 84)', '13.4, 52.5, 0.00001 × -0.00002 a pixel'],
    ['turned', 'EPSG:32633 (WGS 84 / UTM zone 33N)', '500000.125, 5400000.5, 0.25 × -0.25 a pixel, turned'],
    ['control-points', 'EPSG:4326 (WGS 84)', '4 control points say where it lies'],
  ])('says what the coordinates of %s are, and where its upper left corner lies', async (name, crs, origin) => {
    const { stdout } = await segtileWell(['info', fixture(name)]);
    expect(stdout).toContain(`  crs      ${crs}\n  origin   ${origin}\n`);
  });

  test('says it to programs, and nothing of a slide that says nothing', async () => {
    const { stdout } = await segtileWell(['info', '--json', fixture('utm'), fixture('control-points'), mask('same', 'turned')]);
    const [utm, points, turned] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).georeference);
    expect(utm).toEqual({
      crs: 'EPSG:32633 (WGS 84 / UTM zone 33N)',
      origin: [500000.125, 5400000.5],
      pixelSize: [0.25, -0.25],
      controlPoints: 0,
    });
    expect(points).toMatchObject({ origin: null, pixelSize: null, controlPoints: 4 });
    expect(turned).toMatchObject({ origin: [500000.125, 5400000.5] });
    const plain = fileURLToPath(new URL('../../fixtures/tiff/packbits.tif', import.meta.url));
    expect((await segtileWell(['info', plain])).stdout).not.toMatch(/crs|origin/);
  });
});

describe.each(names)('what is made of %s', (name) => {
  test('a mask of the size of the slide has its very tags; of values without data those that are no label', async () => {
    const [slide] = await tagsOf(fixture(name));
    const found = await tagsOf(mask('same', name));
    expect(found).toEqual([slide]);
    expect(slide).toMatchObject(name === 'utm' ? { noData: 0 } : name === 'degrees' ? { noData: 255 } : {});
  });

  test('a mask of half the size lies where the slide does', async () => {
    const [slide] = (await tagsOf(fixture(name))) as [GeoTags];
    const [half] = (await tagsOf(mask('half', name))) as [GeoTags];
    expect(half.keys).toEqual(slide.keys);
    // The corners of the slide, and of the mask.
    const corners = [0, 1].flatMap((x) => [0, 1].map((y) => [x, y] as const));
    for (const [x, y] of corners) {
      const [there, here] = [place(slide, 96 * x, 64 * y), place(half, 48 * x, 32 * y)];
      if (there !== undefined) expect(here![0]).toBeCloseTo(there[0], 7);
      if (there !== undefined) expect(here![1]).toBeCloseTo(there[1], 7);
    }
    if (name === 'control-points') {
      const pixels = (geo: GeoTags) => geo.tiePoints!.filter((_, i) => i % 6 < 2);
      expect(pixels(half)).toEqual(pixels(slide).map((value) => value / 2));
    }
  });

  test('probabilities lie there, too, and the mask that threshold makes of them is the one of the run', async () => {
    const [slide] = (await tagsOf(fixture(name))) as [GeoTags];
    const [scores] = (await tagsOf(join(cwd, 'same', `${name}.probabilities.ome.tif`))) as [GeoTags];
    const [there, here] = [place(slide, 96, 64), place(scores, 32, 21)];
    if (there !== undefined) expect(Math.abs(here![0] - there[0])).toBeLessThan(1e-6);
    const out = `again-${name}`;
    await segtileWell(['threshold', join('same', `${name}.probabilities.ome.tif`), '-o', out], { cwd });
    const [found] = (await tagsOf(mask(out, name))) as [GeoTags];
    const { transformation, ...others } = found;
    const { transformation: wanted, ...same } = slide;
    expect(others).toEqual(same);
    // That of the turned slide has 17 digits.
    for (const [i, value] of (wanted ?? []).entries()) expect(transformation![i]).toBeCloseTo(value, 14);
  });

  test('GDAL reads the same place of the slide and of its masks', ({ skip }: TestContext) => {
    skip(spawnSync('gdalinfo', ['--version']).status !== 0, 'there is no gdalinfo');
    const [slide, same, half] = [fixture(name), mask('same', name), mask('half', name)].map(gdal);
    expect(same!.coordinateSystem).toEqual(slide!.coordinateSystem);
    expect(same!.cornerCoordinates).toEqual(slide!.cornerCoordinates);
    expect(same!.geoTransform).toEqual(slide!.geoTransform);
    expect(same!.gcps).toEqual(slide!.gcps);
    if (slide!.geoTransform !== undefined) {
      for (const [corner, at] of Object.entries(slide!.cornerCoordinates))
        for (const axis of [0, 1]) expect(half!.cornerCoordinates[corner]![axis]).toBeCloseTo(at[axis]!, 7);
    }
  });
});

test('rasterio reads the same CRS, transform and value without data', async ({ skip }: TestContext) => {
  const python = pythonWith('rasterio');
  skip(python === undefined, 'PYTHON names no Python with rasterio');
  const code = `
import json, sys, rasterio
for path in sys.argv[1:]:
    with rasterio.open(path) as file:
        print(json.dumps([file.crs and file.crs.to_string(), list(file.transform)[:6], file.nodata, file.shape]))
`;
  skip((await run(python!, ['-c', 'import rasterio'])).code !== 0, 'there is no rasterio');
  const ended = await run(python!, [
    '-c',
    code,
    ...['utm', 'utm-point', 'turned'].flatMap((name) => [fixture(name), mask('half', name)]),
  ]);
  expect(ended.code, ended.stderr).toBe(0);
  const said = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (let i = 0; i < said.length; i += 2) {
    const [[crs, at, noData], [maskCrs, maskAt, maskNoData, shape]] = [said[i], said[i + 1]];
    expect([maskCrs, maskNoData, shape]).toEqual([crs, noData, [32, 48]]);
    const wanted = at.map((value: number, j: number) => (j % 3 === 2 ? value : 2 * value));
    for (const [j, value] of wanted.entries()) expect(maskAt[j]).toBeCloseTo(value, 7);
  }
});

test('the value without data is left out where it is a label', async () => {
  await infer('degrees', 'bright', '--mask-values', '255');
  const [{ noData: _, ...place }] = (await tagsOf(fixture('degrees'))) as [GeoTags];
  expect(await tagsOf(mask('bright', 'degrees'))).toEqual([place]);
});

test('a georeference that is damaged is passed over, and the slide is read', async () => {
  const bytes = readFileSync(fixture('utm'));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const entry = (tag: number): number => {
    const first = view.getUint32(4, true);
    for (let i = 0; i < view.getUint16(first, true); i++) {
      const at = first + 2 + i * 12;
      if (view.getUint16(at, true) === tag) return at;
    }
    throw new Error(`no tag ${tag}`);
  };
  const changed = (name: string, change: (copy: DataView) => void): string => {
    const copy = Buffer.from(bytes);
    change(new DataView(copy.buffer, copy.byteOffset));
    return save(cwd, name, copy);
  };
  // Scale and keys past the end of the file; keys that point past their texts; more keys than there are.
  const outside = changed('outside.tif', (copy) => {
    copy.setUint32(entry(33550) + 8, 4_000_000_000, true);
    copy.setUint32(entry(34735) + 8, 4_000_000_000, true);
  });
  const noTexts = changed('no-texts.tif', (copy) => copy.setUint16(entry(34737), 65_000, true));
  for (const path of [outside, noTexts]) {
    const { stdout } = await segtileWell(['info', path]);
    expect(stdout).toMatch(/segtile +can read it/);
  }
  expect((await segtileWell(['info', noTexts])).stdout).toMatch(
    /note +its georeference makes no sense \(.*GeoKey.*\) and is ignored/,
  );
  copyFileSync(noTexts, join(cwd, 'copy.tif'));
  const ended = await segtile(['infer', 'copy.tif', '-m', model, '--window', '32', '--tissue', 'none', '-o', 'damaged'], {
    cwd,
  });
  expect(ended.code, ended.stderr).toBe(0);
  expect(await tagsOf(mask('damaged', 'copy'))).toEqual([undefined]);
});

/** Where a pixel's upper left corner lies, as GeoTIFF defines it (OGC 19-008r4, annex C); undefined for control points. */
function place(
  { pixelScale, tiePoints, transformation, keys = [] }: GeoTags,
  x: number,
  y: number,
): [number, number] | undefined {
  const point = keys.some((key, i) => i >= 4 && i % 4 === 0 && key === 1025 && keys[i + 3] === 2);
  const [i, j] = point ? [x - 0.5, y - 0.5] : [x, y];
  if (transformation !== undefined) {
    const [a, b, , c, d, e, , f] = transformation as [number, number, number, number, number, number, number, number];
    return [a * i + b * j + c, d * i + e * j + f];
  }
  if (pixelScale === undefined) return undefined;
  const [column, row, , east, north] = tiePoints as [number, number, number, number, number];
  return [east + (i - column) * pixelScale[0]!, north - (j - row) * pixelScale[1]!];
}

interface GdalInfo {
  readonly coordinateSystem?: unknown;
  readonly geoTransform?: readonly number[];
  readonly gcps?: unknown;
  readonly cornerCoordinates: Readonly<Record<string, readonly number[]>>;
}

function gdal(path: string): GdalInfo {
  return JSON.parse(spawnSync('gdalinfo', ['-json', path], { encoding: 'utf8' }).stdout) as GdalInfo;
}
