import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromFile } from 'geotiff';
import { beforeAll, describe, expect, test } from 'vitest';
import { readLabelTile } from '../../../dist/truth/images/label-tile.js';
import { readCsv } from '../../dataset/csv.ts';
import { identityNetwork } from '../../model/networks.ts';
import { regionsOf } from '../../plan/labels/cleaning/clean-by-definition.ts';
import { filesIn, folder, type Paint, readMask, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const [width, height] = [420, 300];
const cwd = folder();
const C = 0.8;

/** Specks on the left, glass on the right. */
const paint: Paint = (x, y) => (x < 260 ? speckled(x >> 2, y >> 2) : [244, 244, 243]);
const forms = {
  exclusive: ['--activation', 'softmax', '--classes', 'stroma,tumor'],
  independent: ['--activation', 'sigmoid', '--classes', 'a,b,c'],
} as const;
const LABELS = 'specks.labels.ome.tif';

beforeAll(async () => {
  await writeSlide(join(cwd, 'specks.tif'), width, height, paint, { mpp: 0.5 });
  save(cwd, 'three.onnx', identityNetwork());
  for (const [form, words] of Object.entries(forms)) {
    const model = ['-m', 'three.onnx', '--scale', String(1 / 32), '--mean', '4', ...words, '--window', '128'];
    const samples = form === 'exclusive' ? 'uint8' : 'float32';
    const args = ['infer', 'specks.tif', ...model, '--probabilities', samples, '--no-preview', '--quiet', '-o', form];
    await segtileWell(args, { cwd });
  }
});

/** The probabilities of each pixel, by class. */
async function probabilities(form: string): Promise<readonly ArrayLike<number>[]> {
  const tiff = await fromFile(join(cwd, form, 'specks.probabilities.ome.tif'));
  const planes = [];
  for (const index of [0, 1, 2]) planes.push((await (await tiff.getImage(index)).readRasters())[0] as Uint8Array);
  tiff.close();
  return planes.map((plane) => (plane instanceof Uint8Array ? Float32Array.from(plane, (byte) => byte / 255) : plane));
}

describe.each(['exclusive', 'independent'] as const)('classes that are %s', (form) => {
  test('keep the pixels that are sure, by the rule; the share of each class is told', async () => {
    const args = ['pseudo-label', form, '--confidence', String(C), '-o', `labels-${form}`, '--json', '--quiet'];
    const { stdout, stderr } = await segtileWell(args, { cwd });
    expect(stderr).toBe('');
    expect(filesIn(join(cwd, `labels-${form}`))).toEqual(['classes.json', LABELS, 'specks.run.json']);
    const mask = await readMask(join(cwd, `labels-${form}`, LABELS));
    const planes = await probabilities(form);
    const predicted = [0, 0, 0, 0];
    const kept = [0, 0, 0, 0];
    let unseen = 0;
    for (let i = 0; i < width * height; i++) {
      const ps = planes.map((plane) => plane[i]!);
      const best = Math.max(...ps);
      const at = ps.indexOf(best);
      let wanted = 255;
      if (form === 'exclusive') {
        if (best === 0) unseen++;
        else {
          predicted[at]!++;
          if (best >= Math.fround(C)) wanted = at;
        }
      } else if (Number.isNaN(best)) unseen++;
      else {
        predicted[best > 0.5 ? at + 1 : 0]!++;
        if (best >= Math.fround(C)) wanted = at + 1;
        else if (best <= Math.fround(1 - C)) wanted = 0;
      }
      if (wanted !== 255) kept[wanted]!++;
      if (mask.data[i] !== wanted) throw new Error(`expected ${wanted} at ${i} of ${ps} but got ${mask.data[i]}`);
    }
    const record = JSON.parse(stdout);
    const classes = form === 'exclusive' ? 3 : 4;
    expect(record.kept.map((each: { kept: number }) => each.kept)).toEqual(kept.slice(0, classes));
    expect(record.kept.map((each: { predicted: number }) => each.predicted)).toEqual(predicted.slice(0, classes));
    record.kept.forEach((each: { share: number }, i: number) => {
      expect(each.share).toBeCloseTo(kept[i]! / predicted[i]!, 5);
      expect(each.share).toBeGreaterThan(0);
      expect(each.share).toBeLessThanOrEqual(1);
    });
    expect(record.unseenShare).toBeCloseTo(unseen / (width * height), 5);
    expect(record.unseenShare).toBeGreaterThan(0.05);
    expect(record.keptShare).toBeCloseTo(kept.reduce((a, b) => a + b) / (width * height), 5);
  });
});

test.each(['exclusive', 'independent'] as const)('levels of class and background, and small regions: %s', async (form) => {
  const [c, b, smallest, gap] = [0.45, 0.3, 40, 25];
  const words = ['--confidence', `${c}`, '--background', `${b}`, '--min-object', `${smallest}px`, '--fill-holes', `${gap}px`];
  const args = ['pseudo-label', form, ...words, '-o', `levels-${form}`, '--json', '--quiet'];
  const record = JSON.parse((await segtileWell(args, { cwd })).stdout);
  const planes = await probabilities(form);
  const first = form === 'exclusive' ? 1 : 0;
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const ps = planes.slice(first).map((plane) => plane[i]!);
    const best = Math.max(...ps);
    const seen = !Number.isNaN(best) && planes.some((plane) => plane[i] !== 0);
    data[i] = seen && best >= Math.fround(c) ? ps.indexOf(best) + 1 : seen && best <= Math.fround(b) ? 0 : 255;
  }
  const image = { width, height, data };
  let [small, filled] = [0, 0];
  for (const label of [0, 1, 2, 3])
    for (const region of regionsOf({ ...image, data: Uint8Array.from(data) }, label, true)) {
      if (region.length >= smallest) continue;
      small++;
      for (const at of region) data[at] = 255;
    }
  const without = Uint8Array.from(data);
  for (const region of regionsOf({ ...image, data: without }, 255, false)) {
    if (region.length >= gap) continue;
    const sides = [0, 0, 0, 0];
    for (const at of region)
      for (const next of [at % width > 0 ? at - 1 : -1, at % width < width - 1 ? at + 1 : -1, at - width, at + width])
        if (without[next] !== undefined && without[next] !== 255) sides[without[next]]!++;
    filled++;
    // Of equal sides the smallest class, and background last.
    const order = [1, 2, 3, 0];
    const label = order.reduce((most, each) => (sides[each]! > sides[most]! ? each : most));
    for (const at of region) data[at] = label;
  }
  const mask = await readMask(join(cwd, `levels-${form}`, LABELS));
  expect(Buffer.compare(Buffer.from(mask.data), Buffer.from(data))).toBe(0);
  expect(record.cleaned).toMatchObject({ objects: small, holes: filled });
  expect(Math.min(small, filled)).toBeGreaterThan(10);
  expect(record.settings).toMatchObject({ background: b, cleanUp: { minObject: smallest, fillHoles: gap } });
  expect(record.keptShare).toBeCloseTo(data.filter((label) => label !== 255).length / data.length, 5);
  for (const each of record.kept) expect(each.kept).toBeLessThanOrEqual(each.predicted);
});

test('make-dataset takes them as truth: what is not sure is ignored', async () => {
  const labels = ['--confidence', String(C), '--ignore', '99', '-o', 'truth'];
  const told = await segtileWell(['pseudo-label', 'exclusive/specks.probabilities.ome.tif', ...labels], { cwd });
  expect(told.stdout).toMatch(/kept +background \d+ %, stroma \d+ %, tumor \d+ % of what is predicted, at 0\.8/);
  const dataset = ['--truth', 'truth', '--classes', 'truth/classes.json', '--window', '100', '--tissue', 'none', '-o', 'tiles'];
  await segtileWell(['make-dataset', 'specks.tif', ...dataset, '--quiet'], { cwd });
  const mask = await readMask(join(cwd, 'truth', LABELS));
  expect(new Set(mask.data)).toEqual(new Set([0, 1, 2, 99]));
  const rows = readCsv(join(cwd, 'tiles'));
  expect(rows.length).toBeGreaterThan(8);
  for (const row of rows) {
    const tile = await readLabelTile(row.mask!, readFileSync(join(cwd, 'tiles', row.mask!)));
    for (let y = 0; y < 100; y++)
      for (let x = 0; x < 100; x++) {
        const [left, top] = [Number(row.x) + x, Number(row.y) + y];
        if (left >= width || top >= height) continue;
        const label = mask.data[top * width + left]!;
        expect(tile.data[y * 100 + x]).toBe(label === 99 ? 255 : label);
      }
  }
});

test.each([
  ['exclusive --confidence 0.5', 2, 'expected more than 0.5 for --confidence but got 0.5'],
  ['exclusive --background 0.95', 2, 'expected less than --confidence 0.95 for --background but got 0.95'],
  ['exclusive --ignore 256', 2, 'expected a value from 1 to 255 for --ignore but got 256'],
  ['exclusive --ignore 2', 2, '--ignore 2 is the label of tumor in exclusive/specks.probabilities.ome.tif'],
  ['other exclusive', 2, 'exclusive/specks.probabilities.ome.tif has other classes than other/more.probabilities.ome.tif'],
  ['exclusive -o taken', 1, 'taken/classes.json exists already, with other classes'],
])('pseudo-label %s is refused', async (words, code, message) => {
  const own = folder();
  for (const name of ['exclusive', 'other', 'taken']) mkdirSync(join(own, name));
  for (const [from, to] of [
    ['exclusive/specks', 'exclusive/specks'],
    ['independent/specks', 'other/more'],
  ] as const) {
    save(own, `${to}.probabilities.ome.tif`, readFileSync(join(cwd, `${from}.probabilities.ome.tif`)));
  }
  save(own, 'taken/classes.json', '{}');
  const ended = await segtile(['pseudo-label', ...words.split(' ')], { cwd: own });
  expect(ended.code, ended.stderr).toBe(code);
  expect(ended.stderr).toContain(message);
  expect(filesIn(own).filter((name) => name.endsWith(LABELS))).toEqual([]);
});
