import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { LABELS } from '../../samples/kidney/ground.ts';
import { folder, run, segtileProcess, segtileWell } from '../cli/door.ts';
import { pythonWith } from '../python.ts';
import { sharedFile } from '../shared.ts';

/** Other programs on what segtile writes of objects. */
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const modules = ['numpy', 'pyarrow', 'rasterio', 'scipy', 'shapely', 'skimage', 'tifffile'];
const python = pythonWith(...modules);
const SKIPPED = `PYTHON names no Python with ${modules.join(', ')}`;

interface Agreement {
  readonly objects: number;
  readonly byScipy: object;
  readonly bySegtile: object;
  readonly worst: Readonly<Record<string, number>>;
}

/** Finds the objects of a mask and holds them against what others find in it. */
async function agreement(mask: string, name: string, ...more: readonly string[]): Promise<Agreement> {
  const out = folder();
  const formats = ['--objects', 'geojson,parquet', '--instances', '--quiet'];
  await segtileWell(['objects', mask, ...formats, ...more, '-o', out]);
  const { code, stdout, stderr } = await run(python!, [here('objects_agree.py'), mask, join(out, name)]);
  expect(code, stderr).toBe(0);
  const found = JSON.parse(stdout);
  console.log(`${name}: ${stdout.trim()}`);
  expect(found).toMatchObject({ invalid: 0, wrongPixels: 0, wrongNumbers: 0, sameInParquet: true });
  expect(found.bySegtile).toEqual(found.byScipy);
  for (const [measure, worst] of Object.entries(found.worst)) expect(worst, measure).toBeLessThan(2e-6);
  return found;
}

describe("objects are what rasterio, shapely, scipy, scikit-image and pyarrow find in segtile's files", () => {
  test('of the sample', async ({ skip }) => {
    skip(python === undefined, SKIPPED);
    const classes = join(folder(), 'classes.json');
    writeFileSync(classes, JSON.stringify({ classes: LABELS.slice(1).map((name, i) => ({ name, label: i + 1 })) }));
    const { objects } = await agreement(here('../../samples/kidney.truth.tif'), 'kidney.truth', '--classes', classes);
    expect(objects).toBe(942);
  });

  test('of CMU-1-Small-Region with nuclei', async ({ skip }) => {
    skip(python === undefined, SKIPPED);
    const slide = sharedFile('tiff/CMU-1-Small-Region.svs');
    skip(slide === undefined, 'CMU-1-Small-Region.svs is not here');
    const out = folder();
    const infer = ['infer', slide!, '-m', 'nuclei', '--plan', 'auto', '--tissue', 'none', '--no-preview', '--no-history'];
    expect(await segtileProcess([...infer, '--quiet', '-o', out])).toMatchObject({ code: 0 });
    const { objects } = await agreement(join(out, 'CMU-1-Small-Region.mask.ome.tif'), 'CMU-1-Small-Region');
    expect(objects).toBeGreaterThan(1000);
  }, 600_000);

  test.for([
    ['2f6ecfcdf', '31278', '25794'],
    ['8242609fa', '31299', '44066'],
  ] as const)("a submission of HuBMAP's truth of %s is that truth, letter by letter", async ([id, height, width], { skip }) => {
    skip(python === undefined, SKIPPED);
    const table = sharedFile('hubmap/train_rle_full_res_2slides.csv');
    skip(table === undefined, 'the truth of HuBMAP is not here');
    const out = folder();
    const mask = join(out, `${id}.tif`);
    const made = await run(python!, [here('objects_hubmap.py'), table!, id, height, width, mask]);
    expect(made.code, made.stderr).toBe(0);
    const submission = join(out, 'sub.csv');
    const args = ['objects', mask, '--objects', 'csv', '--submission', submission, '--quiet', '-o', join(out, 'objects')];
    expect(await segtileProcess(args)).toMatchObject({ code: 0, stderr: '' });
    const rowOf = (path: string): string =>
      readFileSync(path, 'utf8')
        .split('\n')
        .find((line) => line.startsWith(id))!;
    expect(rowOf(submission) === rowOf(table!)).toBe(true);
  });
});
