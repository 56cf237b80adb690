import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, test } from 'vitest';
import { identityNetwork } from '../../model/networks.ts';
import { filesIn, folder, type Paint, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const cwd = folder();
const text = (...path: string[]): string => readFileSync(join(cwd, ...path), 'utf8');
/** Specks on the left, glass on the right. */
const paint: Paint = (x, y) => (x < 200 ? speckled(x >> 2, y >> 2) : [244, 244, 243]);
const network = ['-m', 'three.onnx', '--scale', `${1 / 64}`, '--mean', '2', '--activation', 'softmax', '--classes', 'a,b'];
const way = ['--window', '128', '--no-preview', '--no-history', '--quiet', '--objects', 'csv'];
const slides = ['k.tif', 'l.tif'];
/** The left half of k. */
const region = {
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [100, 0],
      [100, 200],
      [0, 200],
      [0, 0],
    ],
  ],
};

beforeAll(async () => {
  for (const slide of slides) await writeSlide(join(cwd, slide), 400, 200, paint, { mpp: 0.5 });
  save(cwd, 'three.onnx', identityNetwork());
  save(cwd, 'k.geojson', JSON.stringify(region));
});

describe('the summary of objects', () => {
  test('is of the slide, its tissue and the region, in words, record and report', async () => {
    const args = ['infer', 'k.tif', ...network, ...way, '--roi', 'k.geojson', '--report', '--tissue', 'none', '-o', 'region'];
    const { stdout } = await segtileWell(args, { cwd });
    expect(stdout).toMatch(/class +objects +per mm² of region +mm² +of the slide +of the region +mean µm² +median µm²\n/);
    const { objects, classShares } = JSON.parse(text('region', 'k.run.json'));
    for (const [i, { count, of, perMm2, areaUm2, sizes }] of objects.classes.entries()) {
      expect(of.slide).toBeCloseTo(classShares[i].of.slide, 5);
      expect(of.region).toBeCloseTo(classShares[i].of.region, 5);
      expect(perMm2).toEqual({
        slide: expect.closeTo(count / 0.02, 6),
        tissue: null,
        region: expect.closeTo(count / 0.005, 6),
      });
      expect(areaUm2).toBeCloseTo(of.slide * 20_000, 6);
      expect(sizes.counts.reduce((a: number, b: number) => a + b)).toBe(count);
    }
    expect(text('region', 'k.report.html')).toContain('Sizes of a');
    expect(text('region', 'k.report.html')).toContain('per mm² of region');
  });

  test('of a run that is kept is made where it is missing or older than a record, and else left alone', async () => {
    const args = ['infer', 'k.tif', ...network, ...way, '-o', 'kept'];
    await segtileWell(args, { cwd });
    const path = join(cwd, 'kept', 'summary.csv');
    const whole = text('kept', 'summary.csv');
    rmSync(path);
    await segtileWell(args, { cwd });
    expect(text('kept', 'summary.csv')).toBe(whole);
    const short = `${whole.split('\n')[0]}\n`;
    save(cwd, 'kept/summary.csv', short);
    await segtileWell(args, { cwd });
    expect(text('kept', 'summary.csv')).toBe(short);
    utimesSync(path, 0, 0);
    await segtileWell(args, { cwd });
    expect(text('kept', 'summary.csv')).toBe(whole);
  });

  test('of a folder has a row a slide and class, and is the same when it is built anew', async () => {
    await segtileWell(['infer', 'l.tif', 'k.tif', ...network, ...way, '-o', 'both'], { cwd });
    const rows = parse(text('both', 'summary.csv'), { columns: true }) as Record<string, string>[];
    expect(rows.map((row) => [row.slide, row.class])).toEqual([
      ['k', 'a'],
      ['k', 'b'],
      ['l', 'a'],
      ['l', 'b'],
    ]);
    const { objects, settings } = JSON.parse(text('both', 'k.run.json'));
    const [first] = objects.classes;
    expect(Number(rows[0]!.objects)).toBe(first.count);
    expect(Number(rows[0]!.objects_per_mm2_of_tissue)).toBeCloseTo(first.count / 0.02 / settings.tissue.tissueShare, 3);
    expect(Number(rows[0]!.percent_of_tissue)).toBeCloseTo((100 * first.share) / settings.tissue.tissueShare, 3);
    expect(rows[0]!.percent_of_region).toBe('');
    const before = text('both', 'summary.csv');
    rmSync(join(cwd, 'both', 'summary.csv'));
    save(join(cwd, 'both'), 'm.run.json', '{"objects": 3}');
    const { stdout, stderr } = await segtileWell(['runs', 'summary', 'both'], { cwd });
    expect(stdout).toContain('summary.csv: 2 slides');
    expect(stderr).toContain('m.run.json');
    expect(text('both', 'summary.csv')).toBe(before);
    // What segtile objects finds in the mask is told in the same way, of tissue, too.
    await segtileWell(['objects', 'both/k.mask.ome.tif', '--objects', 'csv', '-o', 'after', '--quiet'], { cwd });
    expect(text('after', 'summary.csv')).toBe(`${before.split('\n').slice(0, 3).join('\n')}\n`);
  });

  test('never takes the place of a table that is not ours', async () => {
    save(cwd, 'summary.csv', 'mine\n');
    const { code, stderr } = await segtile(['runs', 'summary', '.'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('summary.csv is not a summary that segtile wrote');
    expect(text('summary.csv')).toBe('mine\n');
    expect(filesIn(cwd).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('segtile objects makes no folder for a mask that it cannot open', async () => {
    save(cwd, 'no.mask.tif', 'nothing');
    await segtile(['objects', 'no.mask.tif', '-o', 'never'], { cwd });
    expect(filesIn(cwd).some((name) => name.startsWith('never'))).toBe(false);
  });
});
