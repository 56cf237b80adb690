import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { folder, save, segtile, segtileWell } from '../door.ts';

const SIZE = { width: 60, height: 40 };

/** RLE down the columns, from 1, as HuBMAP has it. */
function runs(inside: (x: number, y: number) => boolean): string {
  const words: number[] = [];
  for (let at = 0, start = -1; at <= SIZE.width * SIZE.height; at++) {
    const is = at < SIZE.width * SIZE.height && inside(Math.floor(at / SIZE.height), at % SIZE.height);
    if (is && start < 0) start = at;
    if (is || start < 0) continue;
    words.push(start + 1, at - start);
    start = -1;
  }
  return words.join(' ');
}

const left = (x: number, y: number) => x >= 5 && x < 25 && y >= 10 && y < 30;
const right = (x: number, y: number) => x >= 35 && x < 55 && y >= 10 && y < 30;
const half = (x: number, y: number) => left(x, y) && x >= 15;

async function pngOf(path: string, inside: (x: number, y: number) => boolean): Promise<string> {
  const data = Buffer.alloc(SIZE.width * SIZE.height);
  for (let i = 0; i < data.length; i++) data[i] = inside(i % SIZE.width, Math.floor(i / SIZE.width)) ? 1 : 0;
  await sharp(data, { raw: { ...SIZE, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
  return path;
}

/** The lines of `--json`: one a slide, then all together. */
async function evaluated(args: readonly string[]) {
  const { stdout, stderr } = await segtileWell(['evaluate', ...args, '--json']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { slides: lines.slice(0, -1), all: lines.at(-1), stderr };
}

test('a CSV of predictions is compared slide by slide with images of truth, whose size is the slide’s', async () => {
  const where = folder();
  const truth = join(where, 'truth');
  mkdirSync(truth);
  await pngOf(join(truth, 'a.png'), left);
  await pngOf(join(truth, 'b.01Z.x_mask.png'), (x, y) => left(x, y) || right(x, y));
  await pngOf(join(truth, 'c.png'), () => false);
  // An object a row; an id with the ending of its slide, one with dots of its own.
  const rows = [`a.tif,${runs(half)}`, `b.01Z.x,${runs(right)}`, `b.01Z.x,${runs(left)}`, 'c.tif,'];
  const csv = save(where, 'predictions.csv', `id,predicted\n${rows.join('\n')}\n`);
  const { slides, all, stderr } = await evaluated([csv, '--truth', truth, '--csv', join(where, 'scores.csv')]);
  expect(slides.map(({ prediction }) => prediction)).toEqual(['a.tif', 'b.01Z.x', 'c.tif'].map((id) => `${csv}: ${id}`));
  expect(slides.map(({ classes }) => classes[0].dice)).toEqual([2 / 3, 1, 1]);
  expect(slides.map(({ classes }) => classes[0].areas)).toEqual([
    { truth: 400, predicted: 200, both: 200 },
    { truth: 800, predicted: 800, both: 800 },
    { truth: 0, predicted: 0, both: 0 },
  ]);
  expect(all).toMatchObject({ slides: 3 });
  expect(stderr).toContain(
    `${csv}: a.tif: the slide is taken to be as large as its truth, 60 × 40 px; if it is not, give --slide-size`,
  );
  expect(readFileSync(join(where, 'scores.csv'), 'utf8')).toContain(`${csv}: a.tif,object,dice,0.666`);
  // Packed, in columns of other names, with a page of figures.
  const packed = save(where, 'p.csv.gz', gzipSync(`ImageId,EncodedPixels\n${rows.join('\n')}\n`));
  const again = await evaluated([packed, truth, '--report', join(where, 'page.html')]);
  expect(again.all.pooled).toEqual(all.pooled);
});

test('a CSV of predictions is compared with a CSV of truth, for slides whose size is said', async () => {
  const where = folder();
  const csv = save(where, 'predictions.csv', `id,predicted\na,${runs(half)}\nb,-1\n`);
  const truth = save(where, 'truth.csv', `id,encoding\nb.svs,\na.svs,${runs(left)}\nz,1 1\n`);
  const { slides } = await evaluated([csv, '--truth', truth, '--slide-size', '60x40']);
  expect(slides.map(({ classes }) => classes[0].dice)).toEqual([2 / 3, 1]);
  expect(slides[0].notes).toEqual([]);
  const unsaid = await segtile(['evaluate', csv, '--truth', truth]);
  expect(unsaid.code).toBe(2);
  expect(unsaid.stderr).toContain(`the size of the slide of ${csv}: a is not known`);
  expect(unsaid.stderr).toContain('give --slide-size WxH');
  // What infer wrote beside it says it, too.
  for (const name of ['a', 'b']) save(where, `${name}.run.json`, JSON.stringify({ slide: { path: `${name}.svs`, ...SIZE } }));
  const beside = await evaluated([csv, '--truth', truth]);
  expect(beside.slides.map(({ classes }) => classes[0].dice)).toEqual([2 / 3, 1]);
});

test('a CSV of predictions is compared with COCO, which tells how large its images are', async () => {
  const where = folder();
  const csv = save(where, 'predictions.csv', `id,predicted\na,${runs(left)}\n`);
  const coco = {
    images: [{ id: 1, file_name: 'a.svs', ...SIZE }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, segmentation: [[5, 10, 25, 10, 25, 30, 5, 30]] }],
    categories: [{ id: 1, name: 'x' }],
  };
  const { all } = await evaluated([csv, '--truth', save(where, 'coco.json', JSON.stringify(coco))]);
  expect(all.pooled.macro.dice).toBe(1);
});

test('a table that is no CSV of runs, and an id without truth, are named', async () => {
  const where = folder();
  const table = save(where, 'table.csv', 'a,b\n1,2\n');
  const truth = save(where, 'truth.csv', 'id,rle\na,1 1\n');
  const wrong = await segtile(['evaluate', table, '--truth', truth]);
  expect(wrong.stderr).toContain('table.csv has the columns a, b, not id and encoding');
  const csv = save(where, 'p.csv', 'id,predicted\nb,1 1\n');
  const missing = await segtile(['evaluate', csv, '--truth', truth, '--slide-size', '60x40']);
  expect(missing).toMatchObject({ code: 1 });
  expect(missing.stderr).toContain('truth.csv has no row with the id b');
});
