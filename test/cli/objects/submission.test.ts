import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeLabelMask } from '../../../dist/mask/label-mask.js';
import { configOf } from '../../../dist/truth/config.js';
import { openTruth } from '../../../dist/truth/open.js';
import { identityNetwork } from '../../model/networks.ts';
import { pythonWith } from '../../python.ts';
import { readLabels } from '../../truth/read.ts';
import { filesIn, folder, readMask, save, segtile, segtileProcess, segtileWell, speckled, writeSlide } from '../door.ts';

const classes = [
  { label: 1, name: 'tumor', color: [200, 0, 0] as const },
  { label: 3, name: 'stroma', color: [0, 158, 115] as const },
];
const size = { width: 83, height: 71 };
const cwd = folder();
const text = (...path: string[]): string => readFileSync(join(cwd, ...path), 'utf8');

/** Blobs and specks of both classes, some over the foot of a column and the end of a row. */
function labelsOf(seed: number): Uint8Array {
  return Uint8Array.from({ length: size.width * size.height }, (_, at) => {
    const [x, y] = [(at % size.width) + seed, Math.floor(at / size.width)];
    const wave = Math.sin(x / 5) + Math.cos(y / 7 + seed);
    return wave > 0.9 ? 1 : wave < -1.2 || (x * 7 + y * 3) % 61 === 0 ? 3 : 0;
  });
}
const masks = { a: labelsOf(1), b: labelsOf(2) };

async function writeMask(name: string, data: Uint8Array): Promise<void> {
  const sink = await writeLabelMask(join(cwd, `${name}.mask.ome.tif`), { size, classes, values: 'labels' });
  await sink.write({ y: 0, ...size, channels: 1, data });
  await sink.finish();
}

beforeAll(() => Promise.all(Object.entries(masks).map(([name, data]) => writeMask(name, data))));

const objects = ['objects', '--objects', 'csv', '--quiet'];
const files = ['b.mask.ome.tif', 'a.mask.ome.tif'];

/** What runs say, by their definition. */
function decoded(runs: string, order: 'columns' | 'rows'): Uint8Array {
  const out = new Uint8Array(size.width * size.height);
  const numbers = runs === '' ? [] : runs.split(' ').map(Number);
  for (let i = 0; i < numbers.length; i += 2) {
    for (let at = numbers[i]! - 1; at < numbers[i]! - 1 + numbers[i + 1]!; at++) {
      out[order === 'rows' ? at : (at % size.height) * size.width + Math.floor(at / size.height)] = 1;
    }
  }
  return out;
}

const rowsOf = (csv: string): string[][] =>
  csv
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));

describe('--submission of segtile objects', () => {
  test('has the rows of all slides in the order of their ids, and our own reader gives the masks back', async () => {
    await segtileWell([...objects, ...files, '--submission', 'sub.csv', '--submission-ids', 'slide', '-o', 'one'], { cwd });
    expect(text('sub.csv').split('\n')[0]).toBe('id,predicted');
    expect(rowsOf(text('sub.csv')).map(([id]) => id)).toEqual(['a', 'b']);
    expect(text('one', 'b.submission.csv')).toBe(`id,predicted\n${text('sub.csv').split('\n')[2]}\n`);
    const config = configOf([{ label: 1, name: 'all', color: [1, 1, 1] }], 'test');
    for (const [slideName, data] of Object.entries(masks)) {
      const truth = await openTruth(join(cwd, 'sub.csv'), { size, config, slideName });
      expect(await readLabels(truth.view(size))).toEqual(data.map((label) => (label === 0 ? 0 : 1)));
    }
    const record = JSON.parse(text('one', 'a.objects.json'));
    expect(record.submission).toEqual({ path: join('one', 'a.submission.csv'), file: 'sub.csv', ids: ['a'] });
  });

  test('is refused where a slide has rows already, and replaced where that is asked for', async () => {
    const args = [...objects, files[1]!, '--submission', 'sub.csv', '--submission-ids', 'slide', '-o', 'again'];
    const before = text('sub.csv');
    const refused = await segtile(args, { cwd });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/sub\.csv has rows of a already\n.*--overwrite/);
    expect(filesIn(cwd).filter((name) => name.startsWith('again'))).toEqual([]);
    await segtileWell([...args, '--overwrite'], { cwd });
    expect(text('sub.csv')).toBe(before);
    save(cwd, 'other.csv', 'slide,runs\n');
    const other = await segtile([...args, '--overwrite', '--submission', 'other.csv'], { cwd });
    expect(other.stderr).toContain('other.csv is not a submission that segtile can add to');
    expect(text('other.csv')).toBe('slide,runs\n');
  });

  test.each(['columns', 'rows'] as const)('has a row a class, with runs along %s', async (order) => {
    const out = `class-${order}`;
    const form = ['--submission', `${out}.csv`, '--submission-ids', 'class', '--rle', order];
    await segtileWell([...objects, ...files, ...form, '-o', out], { cwd });
    const rows = rowsOf(text(`${out}.csv`));
    expect(rows.map(([id]) => id)).toEqual(['a_stroma', 'a_tumor', 'b_stroma', 'b_tumor']);
    for (const [id, runs] of rows) {
      const [slide, name] = id!.split('_') as ['a' | 'b', string];
      const { label } = classes.find((each) => each.name === name)!;
      expect(decoded(runs!, order)).toEqual(masks[slide].map((each) => (each === label ? 1 : 0)));
    }
  });

  test('keeps the rows of processes that add to it at the same time', async () => {
    const form = ['--submission', 'both.csv', '--submission-ids', 'slide'];
    const both = files.map((file) => segtileProcess([...objects, file, ...form, '-o', 'both'], { cwd }));
    expect((await Promise.all(both)).map(({ code }) => code)).toEqual(files.map(() => 0));
    expect(text('both.csv')).toBe(text('sub.csv'));
    expect(filesIn(cwd).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('is refused for options that do not fit', async () => {
    const refusals: [string[], string][] = [
      [['--submission', 'sub.txt'], 'expected a name that ends in .csv or .json'],
      [['--rle', 'rows'], '--rle is given without --submission'],
      [['--submission', 'x.json', '--submission-ids', 'class'], '--submission-ids is for a submission that ends in .csv'],
      [['--submission', 'x.csv'], 'the mask has 2 classes'],
      [
        ['--submission', 'x.json', '--slide-size', '166x142'],
        'counts the pixels of level 0, 166 × 142, but the mask has 83 × 71',
      ],
    ];
    for (const [args, message] of refusals) {
      const { code, stderr } = await segtile([...objects, files[0]!, ...args, '-o', 'none'], { cwd });
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
  });
});

const python = pythonWith('numpy', 'pycocotools');
const decode = `
import json, sys, numpy
from pycocotools.coco import COCO
results, width, height = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
truth = COCO()
truth.dataset = {'images': [{'id': i, 'width': width, 'height': height} for i in ['a', 'b']],
                 'categories': [{'id': 1}, {'id': 3}], 'annotations': []}
truth.createIndex()
found = truth.loadRes(results)
masks = {}
for name in ['a', 'b']:
    mask = numpy.zeros((height, width), int)
    for each in found.loadAnns(found.getAnnIds(imgIds=[name])):
        pixels = found.annToMask(each)
        assert pixels.sum() == each['area'] and not mask[pixels > 0].any()
        mask += each['category_id'] * pixels
    masks[name] = mask.ravel().tolist()
print(json.dumps({'masks': masks, 'count': len(found.anns)}), file=sys.stderr)
`;

describe.skipIf(python === undefined)(`COCO's results${python ? '' : ' (skipped: no Python with pycocotools)'}`, () => {
  test('give the masks back in pycocotools, an entry an object', async () => {
    await segtileWell([...objects, ...files, '--submission', 'results.json', '-o', 'coco'], { cwd });
    const { stderr } = spawnSync(python!, ['-c', decode, 'results.json', `${size.width}`, `${size.height}`], {
      cwd,
      encoding: 'utf8',
    });
    const found = JSON.parse(stderr);
    expect(found.masks).toEqual({ a: [...masks.a], b: [...masks.b] });
    const lines = rowsOf(text('coco', 'a.objects.csv')).length + rowsOf(text('coco', 'b.objects.csv')).length;
    expect(found.count).toBe(lines);
    expect(JSON.parse(text('results.json'))[0]).toMatchObject({ image_id: 'a', score: 1 });
    await segtileWell([...objects, files[0]!, '--submission', 'results.json', '-o', 'coco', '--overwrite'], { cwd });
    expect(JSON.parse(text('results.json')).length).toBe(lines);
  });
});

describe('--submission of infer and threshold', () => {
  test('is that of the mask', async () => {
    await writeSlide(join(cwd, 'k.tif'), 301, 203, (x, y) => speckled(x >> 3, y >> 3));
    save(cwd, 'three.onnx', identityNetwork());
    const model = ['-m', 'three.onnx', '--scale', `${1 / 64}`, '--mean', '2', '--activation', 'softmax', '--classes', 'a,b'];
    const form = (name: string) => ['--submission', name, '--submission-ids', 'class'];
    const way = ['--window', '128', '--tissue', 'none', '--probabilities', 'uint8', '--no-preview', '--no-history', '--quiet'];
    await segtileWell(['infer', 'k.tif', ...model, ...way, ...form('infer.csv'), '-o', 'run'], { cwd });
    expect(filesIn(join(cwd, 'run'))).toContain('k.submission.csv');
    await segtileWell([...objects, 'run', ...form('objects.csv'), '-o', 'after'], { cwd });
    expect(text('infer.csv')).toBe(text('objects.csv'));
    await segtileWell(['threshold', 'run', ...form('threshold.csv'), '-o', 'anew', '--quiet'], { cwd });
    const mask = await readMask(join(cwd, 'run', 'k.mask.ome.tif'));
    const again = await readMask(join(cwd, 'anew', 'k.mask.ome.tif'));
    expect(text('threshold.csv') === text('infer.csv')).toBe(mask.data.equals(again.data));
    // What is kept has its rows in the submission, though that was moved away.
    rmSync(join(cwd, 'infer.csv'));
    const rerun = ['infer', 'k.tif', ...model, ...way, ...form('infer.csv'), '-o', 'run'];
    await segtileWell(rerun, { cwd });
    expect(text('infer.csv')).toBe(text('objects.csv'));
    save(cwd, 'infer.csv', text('sub.csv'));
    await segtileWell(rerun, { cwd });
    expect(rowsOf(text('infer.csv')).map(([id]) => id)).toEqual(['a', 'b', 'k_a', 'k_b']);
    const coco = ['--submission', 'results-of-one.json', '--overwrite'];
    await segtileWell(['infer', 'k.tif', ...model, ...way, ...coco, '-o', 'run'], { cwd });
    expect(JSON.parse(text('results-of-one.json')).length).toBe(JSON.parse(text('run', 'k.submission.json')).length);
  });
});
