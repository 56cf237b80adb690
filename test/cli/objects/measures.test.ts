import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeLabelMask } from '../../../dist/mask/label-mask.js';
import { identityNetwork } from '../../model/networks.ts';
import { folder, readMask, readPlanes, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const cwd = folder();
const size = { width: 120, height: 90 };
const classes = [
  { label: 1, name: 'one', color: [200, 0, 0] as const },
  { label: 2, name: 'two', color: [0, 158, 115] as const },
];
/** One object of each class: a disc with a hole, and a strip. */
const labels = Uint8Array.from({ length: size.width * size.height }, (_, at) => {
  const [x, y] = [at % size.width, Math.floor(at / size.width)];
  const radius = Math.hypot(x - 40, y - 45);
  return radius < 30 && radius > 12 ? 1 : x > 80 && x < 99 ? 2 : 0;
});

type Row = Record<string, string>;
const rowsOf = (...path: string[]): Row[] => parse(readFileSync(join(cwd, ...path), 'utf8'), { columns: true });

beforeAll(async () => {
  await writeSlide(join(cwd, 'k.tif'), size.width, size.height, speckled, { mpp: 0.5 });
  const sink = await writeLabelMask(join(cwd, 'k.mask.ome.tif'), { size, classes, values: 'labels' });
  await sink.write({ y: 0, ...size, channels: 1, data: labels });
  await sink.finish();
});

/** Mean and deviation of a figure of the slide's pixels over a label. */
function over(label: number, figure: (rgb: readonly [number, number, number]) => number): { mean: number; deviation: number } {
  const values = [...labels.keys()]
    .filter((at) => labels[at] === label)
    .map((at) => figure(speckled(at % size.width, Math.floor(at / size.width))));
  const mean = values.reduce((a, b) => a + b) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

/** The amounts of two stains that come nearest to a density, by least squares. */
function amounts(rgb: readonly number[], stains: readonly (readonly number[])[]): readonly number[] {
  const density = rgb.map((value) => -Math.log10((value + 1) / 256));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, each, i) => sum + each * b[i]!, 0);
  const [a, b] = stains.map((stain) => stain.map((each) => each / Math.sqrt(dot(stain, stain)))) as [number[], number[]];
  const [ab, ad, bd] = [dot(a, b), dot(a, density), dot(b, density)];
  return [(ad - ab * bd) / (1 - ab * ab), (bd - ab * ad) / (1 - ab * ab)];
}

describe('--measure', () => {
  test('tells mean and deviation of the channels of the slide, and of two stains', async () => {
    const args = ['objects', 'k.mask.ome.tif', '--slide', 'k.tif', '--objects', 'csv,geojson'];
    await segtileWell([...args, '--measure', 'intensity,hematoxylin-eosin', '-o', 'out', '--quiet'], { cwd });
    const rows = rowsOf('out', 'k.objects.csv');
    const stains = [
      [0.65, 0.7, 0.29],
      [0.07, 0.99, 0.11],
    ];
    const figures: [string, (rgb: readonly [number, number, number]) => number][] = [
      ['red', ([red]) => red],
      ['green', ([, green]) => green],
      ['blue', ([, , blue]) => blue],
      ['hematoxylin_od', (rgb) => amounts(rgb, stains)[0]!],
      ['eosin_od', (rgb) => amounts(rgb, stains)[1]!],
    ];
    for (const { label, name } of classes) {
      const row = rows.find((each) => each.class === name)!;
      for (const [column, figure] of figures) {
        const { mean, deviation } = over(label, figure);
        expect(Number(row[`${column}_mean`])).toBeCloseTo(mean, 4);
        expect(Number(row[`${column}_deviation`])).toBeCloseTo(deviation, 4);
      }
    }
    const [first] = JSON.parse(readFileSync(join(cwd, 'out', 'k.objects.geojson'), 'utf8')).features;
    expect(first.properties.measurements).toHaveProperty('Eosin OD mean');
  });

  test('is refused where nothing says what to read, or to write', async () => {
    const refusals: [string[], string][] = [
      [['objects', 'k.mask.ome.tif', '--measure', 'intensity'], 'nothing says which slide k.mask.ome.tif belongs to'],
      [['objects', 'k.mask.ome.tif', '--measure', 'hematoxylin'], 'for --measure but got "hematoxylin"'],
      [['infer', 'k.tif', '-m', 'kidney', '--measure', 'intensity'], '--measure is given without --objects'],
    ];
    for (const [args, message] of refusals) {
      const { code, stderr } = await segtile([...args, '-o', 'none', '--quiet'], { cwd });
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
  });
});

describe('infer --objects', () => {
  test('tells of each object the mean and the largest probability, by the nearest working pixel, and what it measures', async () => {
    save(cwd, 'three.onnx', identityNetwork());
    const model = ['-m', 'three.onnx', '--scale', `${1 / 64}`, '--mean', '2', '--activation', 'softmax', '--classes', 'a,b'];
    const way = ['--mpp', '1', '--window', '32', '--tissue', 'none', '--fill-holes', '3px', '--no-preview', '--no-history'];
    const outputs = ['--objects', 'csv', '--measure', 'intensity', '--probabilities', 'float32'];
    await segtileWell(['infer', 'k.tif', ...model, ...way, ...outputs, '-o', 'run', '--quiet'], { cwd });
    const rows = rowsOf('run', 'k.objects.csv');
    const { planes, width } = await readPlanes(join(cwd, 'run', 'k.probabilities.ome.tif'));
    expect(width).toBe(60);
    const mask = await readMask(join(cwd, 'run', 'k.mask.ome.tif'));
    // Over all objects of a class together, since their areas are known.
    for (const [c, name] of ['a', 'b'].entries()) {
      const own = rows.filter((row) => row.class === name);
      expect(own.length).toBeGreaterThan(5);
      let [sum, largest] = [0, 0];
      for (const [at, label] of mask.data.entries()) {
        if (label !== c + 1) continue;
        const p = planes[c + 1]![(Math.floor(at / mask.width) >> 1) * width + ((at % mask.width) >> 1)]!;
        sum += p;
        largest = Math.max(largest, p);
      }
      const total = own.reduce((all, row) => all + Number(row.mean_probability) * Number(row.area_px), 0);
      expect(total).toBeCloseTo(sum, 1);
      expect(Math.max(...own.map((row) => Number(row.largest_probability)))).toBeCloseTo(largest, 5);
    }
    await segtileWell(
      ['objects', 'run/k.mask.ome.tif', '--objects', 'csv', '--measure', 'intensity', '-o', 'after', '--quiet'],
      { cwd },
    );
    const after = rowsOf('after', 'k.objects.csv');
    const without = rows.map(({ mean_probability: _, largest_probability: __, ...row }) => row);
    expect(after).toEqual(without);
  });
});
