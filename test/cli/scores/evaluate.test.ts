import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityNetwork } from '../../model/networks.js';
import { browserNote, expectSound, hasBrowser, openPage, startBrowser } from '../../report/browser.js';
import { type Ended, filesIn, folder, type Paint, readMask, save, segtile, segtileWell, writeSlide } from '../door.js';

const cwd = folder();
const out = join(cwd, 'out');
const [width, height] = [420, 300];
const names = ['one', 'two'] as const;

/** Colours that change softly over a disc, so that thresholds matter. */
const soft =
  (centerX: number): Paint =>
  (x, y) => {
    const near = Math.max(0, 1 - Math.hypot(x - centerX, y - 150) / 140);
    return [Math.round(255 * near), Math.round(90 + 100 * near), 120];
  };

/** One channel of the picture is the probability. */
const red = [
  '-m',
  'red.onnx',
  '--scale',
  String(1 / 255),
  '--mean',
  '0',
  '--activation',
  'none',
  '--classes',
  'red,green,blue',
];

async function truth(name: string, label: (x: number, y: number) => number, size = { width, height }): Promise<string> {
  const data = Buffer.alloc(size.width * size.height);
  for (let at = 0; at < data.length; at++) data[at] = label(at % size.width, Math.floor(at / size.width));
  const path = join(cwd, 'truth', name);
  mkdirSync(join(cwd, 'truth'), { recursive: true });
  await sharp(data, { raw: { ...size, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
  return path;
}

/** What is looked at of what the command prints: a line for each slide, and one for all. */
interface Facts {
  readonly prediction?: string;
  readonly macro: { readonly dice: number };
  readonly classes: readonly { readonly dice: number; readonly boundary: { readonly f: number } }[];
  readonly pooled: Pick<Facts, 'classes'>;
  readonly perSlide: { readonly from: object; readonly dice: { readonly mean: number; readonly low?: number } };
  readonly sweep: readonly {
    readonly name: string;
    readonly threshold: number;
    readonly dice: number;
    readonly leaveOneOut: number;
  }[];
}

const facts = ({ stdout }: Ended): Facts[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  save(cwd, 'red.onnx', identityNetwork());
  for (const [i, name] of names.entries()) {
    await writeSlide(join(cwd, `${name}.tif`), width, height, soft(150 + 60 * i), { mpp: 0.5 });
    await truth(`${name}.png`, (x, y) => (Math.hypot(x - 150 - 60 * i, y - 150) < 90 - 10 * i ? 1 : 0));
  }
  const infer = ['infer', 'one.tif', 'two.tif', '-o', 'out', '--window', '128', '--margin', '8', '--tissue', 'none'];
  await segtileWell([...infer, ...red, '--probabilities', 'uint8', '--no-preview', '--quiet'], { cwd });
  const sevens = sharp(Buffer.alloc(width * height, 7), { raw: { width, height, channels: 1 } });
  await sevens.toColourspace('b-w').png().toFile(join(cwd, 'sevens.png'));
  writeFileSync(join(cwd, 'classes.json'), '{"classes":[{"name":"red"}],"skip":["green","blue"]}');
});

const classes = ['--classes', 'classes.json'];

test('a mask is wholly like itself', async () => {
  const mask = 'out/one.mask.ome.tif';
  const [one, all] = facts(await segtileWell(['evaluate', mask, mask, '--json', '--quiet'], { cwd }));
  expect(one).toMatchObject({
    prediction: mask,
    truth: mask,
    macro: { dice: 1, iou: 1 },
    accuracy: 1,
    boundaryF: 1,
    objectF1: 1,
  });
  expect(all).toMatchObject({ slides: 1, perSlide: null, sweep: null });
  const { stdout } = await segtileWell(['evaluate', mask, '--truth', mask, '--quiet'], { cwd });
  expect(stdout).toMatch(/red +1\.000 +1\.000 +1\.000 +1\.000 +1\.000 +1\.000/);
});

test('areas and borders of a shifted copy are what counting pixels gives', async () => {
  const { data } = await readMask(join(out, 'one.mask.ome.tif'));
  const shifted = await truth('shifted.png', (x, y) => (x < 3 ? 0 : data[y * width + x - 3]!));
  const { data: wanted } = await readMask(shifted);
  const args = ['evaluate', 'out/one.mask.ome.tif', shifted, '--json', '--quiet', '--tolerance'];
  const [far] = facts(await segtileWell([...args, '3px'], { cwd }));
  const [near] = facts(await segtileWell([...args, '1um'], { cwd }));
  const confusion = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
  for (let at = 0; at < data.length; at++) confusion[wanted[at]!]![data[at]!]!++;
  expect(far).toMatchObject({ confusion, ignored: 0 });
  const of = (label: number) => {
    const inTruth = confusion[label]!.reduce((a, b) => a + b, 0);
    const predicted = confusion.reduce((sum, row) => sum + row[label]!, 0);
    return (2 * confusion[label]![label]!) / (inTruth + predicted);
  };
  const dice = far!.classes.map((each) => each.dice);
  [1, 2].forEach((label) => {
    expect(dice[label - 1]).toBeCloseTo(of(label), 12);
  });
  const boundary = (all: (typeof far)[]) => all.map((each) => each!.classes[0]!.boundary.f);
  // 1 um are 2 px here: the 3 px of the shift are beyond them wherever the border stands upright.
  const [all3, only2] = boundary([far, near]);
  expect(all3).toBe(1);
  expect(only2).toBeLessThan(0.95);
});

test('folders are matched by name; what cannot be compared is told and in no figure', async () => {
  const args = ['evaluate', 'out', '--truth', 'truth', ...classes, '--json'];
  const whole = facts(await segtileWell([...args, '--quiet'], { cwd }));
  expect(whole.map((each) => each.prediction ?? 'all')).toEqual(['out/one.mask.ome.tif', 'out/two.mask.ome.tif', 'all']);
  const interval = whole[2]!.perSlide.dice;
  const [a, b] = whole.slice(0, 2).map((each) => each.macro.dice);
  expect(interval.mean).toBeCloseTo((a! + b!) / 2, 12);
  expect(interval).not.toHaveProperty('low');

  mkdirSync(join(cwd, 'bad'));
  writeFileSync(join(cwd, 'bad', 'one.png'), readFileSync(join(cwd, 'truth', 'one.png')));
  writeFileSync(join(cwd, 'bad', 'two.png'), readFileSync(join(cwd, 'truth', 'two.png')).subarray(0, 200));
  const ended = await segtile(['evaluate', 'out', '--truth', 'bad', ...classes], { cwd });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('two.png');
  expect(ended.stderr).toContain('the figures cover 1 of 2 files');
  expect(ended.stdout).toContain('one.mask.ome.tif against one.png');
});

test('a threshold that a sweep found gives the Dice that it promised', async () => {
  const args = ['evaluate', 'out', '--truth', 'truth', ...classes, '--write-thresholds', 'best.json', '--csv', 'all.csv'];
  const [, , all] = facts(await segtileWell([...args, '--json', '--quiet'], { cwd }));
  const [sweep] = all!.sweep;
  expect(sweep!.threshold).toBeGreaterThan(0.2);
  expect(sweep!.leaveOneOut).toBeLessThanOrEqual(sweep!.dice + 1e-9);
  const file = JSON.parse(readFileSync(join(cwd, 'best.json'), 'utf8'));
  expect(file.thresholds).toEqual({ red: sweep!.threshold });
  const cut = ['--threshold', `red=${sweep!.threshold},green=1,blue=1`, '-o', 'cut', '--quiet'];
  await segtileWell(['threshold', 'out', ...cut], { cwd });
  const [, , again] = facts(
    await segtileWell(['evaluate', 'cut', '--truth', 'truth', ...classes, '--json', '--quiet'], { cwd }),
  );
  expect(again!.pooled.classes[0]!.dice).toBeCloseTo(sweep!.dice, 9);
  const csv = readFileSync(join(cwd, 'all.csv'), 'utf8').trimEnd().split('\n');
  expect(csv[0]).toBe('slide,class,measure,value');
  expect(csv).toContain(`all,red,best threshold,${sweep!.threshold}`);
  expect(csv.every((line) => line.split(',').length >= 4)).toBe(true);
});

test('drawn truth is in level-0 pixels, which the record beside a mask knows, or the user says', async () => {
  const square = [
    [60, 60],
    [240, 60],
    [240, 240],
    [60, 240],
    [60, 60],
  ];
  const feature = {
    type: 'Feature',
    properties: { classification: { name: 'red' } },
    geometry: { type: 'Polygon', coordinates: [square] },
  };
  save(cwd, 'one.geojson', JSON.stringify({ type: 'FeatureCollection', features: [feature] }));
  const half = [
    'infer',
    'one.tif',
    '-o',
    'half',
    '--window',
    '128',
    '--margin',
    '8',
    '--output-mpp',
    '1',
    '--no-preview',
    '--quiet',
  ];
  await segtileWell([...half, ...red], { cwd });
  const dice = async (mask: string, ...more: string[]) => {
    const ended = await segtileWell(['evaluate', mask, 'one.geojson', ...classes, '--json', ...more], { cwd });
    return { dice: facts(ended)[0]!.macro.dice, stderr: ended.stderr };
  };
  const known = await dice('half/one.mask.ome.tif');
  rmSync(join(cwd, 'half', 'one.run.json'));
  const said = await dice('half/one.mask.ome.tif', '--slide-size', `${width}x${height}`);
  const assumed = await dice('half/one.mask.ome.tif');
  expect(said.dice).toBe(known.dice);
  expect(known.dice).toBeGreaterThan(0.5);
  expect(assumed.dice).toBeLessThan(known.dice - 0.1);
  expect(assumed.stderr).toContain('taken to be as large as the mask');
  expect(known.stderr).not.toContain('as large as');
});

test('scores of masks go to the history beside them, so that runs can be compared by them', async () => {
  await segtileWell(['evaluate', 'out', '--truth', 'truth', ...classes, '--quiet'], { cwd });
  const { stdout } = await segtileWell(['runs', '--history', 'out', '--json'], { cwd });
  const runs = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(runs).toMatchObject([{ scores: { 'dice red': expect.any(Number) } }, { scores: { dice: expect.any(Number) } }]);
});

test.each([
  [['evaluate', 'out/one.mask.ome.tif'], 2, 'but no truth'],
  [
    ['evaluate', 'truth', '--truth', 'truth', '--write-thresholds', 'no.json'],
    1,
    'holds no file that ends in .probabilities.ome.tif',
  ],
  [['evaluate', 'out/one.mask.ome.tif', 'sevens.png'], 1, 'stands for no class'],
  [
    ['evaluate', 'out/one.mask.ome.tif', 'truth/one.png', ...classes, '--write-thresholds', 'no.json'],
    2,
    'needs probabilities',
  ],
  [['evaluate', 'out/one.mask.ome.tif', 'truth/one.png', ...classes, '--csv', 'classes.json'], 1, 'is there already'],
  [['evaluate', 'out/one.mask.ome.tif', 'truth/one.png', '--tolerance', '-2'], 2, 'a length such as 4px or 2um'],
  [['evaluate', 'out', '--truth', 'nowhere'], 1, 'no file or folder nowhere'],
])('%j is refused', async (args, code, message) => {
  const ended = await segtile(args, { cwd });
  expect(ended.stderr).toContain(message);
  expect(ended.code).toBe(code);
  expect(filesIn(cwd)).not.toContain('no.json');
});

describe.skipIf(!hasBrowser)(`the page of an evaluation in a browser${browserNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = ['evaluate', 'out', '--truth', 'truth', ...classes, '--quiet', '--report'];
    await segtileWell([...args, 'masks.html'], { cwd });
    const probabilities = names.map((name) => `out/${name}.probabilities.ome.tif`);
    await segtileWell(['evaluate', ...probabilities, '--truth', 'truth', ...classes, '--quiet', '--report', 'sweep.html'], {
      cwd,
    });
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  test.each(['masks.html', 'sweep.html'])('%s is sound', async (name) => {
    for (const scheme of ['light', 'dark'] as const) await expectSound(await openPage(browser, join(cwd, name), scheme));
  });

  test('shows where most is wrong, and threshold curves', async () => {
    const masks = (await openPage(browser, join(cwd, 'masks.html'))).page;
    expect(await masks.locator('.group img').count()).toBeGreaterThanOrEqual(4);
    const sweep = (await openPage(browser, join(cwd, 'sweep.html'))).page;
    expect(await sweep.locator('figure.chart').count()).toBe(3);
  });
});

test('the disc of a real model is scored by the names of its classes', async () => {
  const nucleus: Paint = (x, y) => (Math.hypot(x - 150, y - 150) < 80 ? [60, 45, 120] : [243, 243, 243]);
  await writeSlide(join(cwd, 'disc.tif'), 300, 300, nucleus);
  await truth('disc.png', (x, y) => (Math.hypot(x - 150, y - 150) < 80 ? 1 : 0), { width: 300, height: 300 });
  await segtileWell(['infer', 'disc.tif', '-m', 'hematoxylin', '-o', 'disc', '--quiet', '--no-preview'], { cwd });
  const { stdout } = await segtileWell(['evaluate', 'disc/disc.mask.ome.tif', 'truth/disc.png', '--quiet'], { cwd });
  expect(stdout).toMatch(/nucleus +(0\.9|1\.0)/);
});

test('intervals are told of 10 slides or patients at least, everywhere', async () => {
  const where = folder();
  for (const name of ['masks', 'truth']) mkdirSync(join(where, name));
  const rows = ['slide,truth,patient'];
  for (let i = 0; i < 11; i++) {
    for (const [name, edge] of [
      ['masks', 30],
      ['truth', 20 + 3 * i],
    ] as const) {
      const labels = Buffer.alloc(64 * 16).map((_, at) => (at % 64 < edge ? 1 : 0));
      const image = sharp(labels, { raw: { width: 64, height: 16, channels: 1 } });
      await image
        .toColourspace('b-w')
        .png()
        .toFile(join(where, name, `s${i}.png`));
    }
    rows.push(`masks/s${i}.png,truth/s${i}.png,p${i % 4}`);
  }
  save(where, 'pairs.csv', `${rows.join('\n')}\n`);
  const masks = (count: number): string[] => Array.from({ length: count }, (_, i) => `masks/s${i}.png`);
  const cases = [
    { given: masks(9), truth: 'truth', told: 'means over 9 slides, too few for intervals, which need 10' },
    { given: masks(11), truth: 'pairs.csv', told: 'means over 11 slides of 4 patients, too few for intervals, which need 10' },
    { given: masks(10), truth: 'truth', told: 'means over 10 slides, with 95 % intervals' },
  ];
  for (const [i, { given, truth, told }] of cases.entries()) {
    const args = ['evaluate', ...given, '--truth', truth, '--quiet'];
    const [report, csv] = [`${i}.html`, `${i}.csv`];
    const { stdout } = await segtileWell([...args, '--report', report, '--csv', csv], { cwd: where });
    expect(stdout).toContain(told);
    const enough = told.includes('95 %');
    const files = [report, csv].map((name) => readFileSync(join(where, name), 'utf8'));
    for (const text of [stdout, ...files]) expect(text.includes('95 %')).toBe(enough);
    expect(files[0]).toContain(enough ? '95 % interval from 10 slides' : `from ${told.slice(11).split(',')[0]}`);
    const { perSlide } = facts(await segtileWell([...args, '--json'], { cwd: where })).at(-1)!;
    expect(perSlide.from).toEqual({ slides: given.length, ...(i === 1 && { patients: 4 }), leastForIntervals: 10 });
    expect('low' in perSlide.dice).toBe(enough);
  }
});

test('truth that is stretched over a slide is told with its factor, and refused beyond 64', async () => {
  const where = folder();
  const square = async (name: string, side: number, height = side): Promise<string> => {
    const image = sharp(Buffer.alloc(side * height, 1), { raw: { width: side, height, channels: 1 } });
    await image.toColourspace('b-w').png().toFile(join(where, name));
    return name;
  };
  await writeSlide(join(where, 's.tif'), 1664, 1664, soft(150), { mpp: 0.5 });
  const told = 'has 512 × 512 px and is stretched over the 1664 × 1664 px of the slide: by 3.25 in x and y';
  const make = ['make-dataset', 's.tif', '--tissue', 'none', '--truth'];
  const crop = await square('crop.png', 512);
  const { stderr } = await segtileWell([...make, crop, '-o', 'tiles'], { cwd: where });
  expect(stderr).toContain(told);
  const [facts0] = JSON.parse(readFileSync(join(where, 'tiles', 'dataset.json'), 'utf8')).slides as { notes: string[] }[];
  expect(facts0!.notes).toEqual([`crop.png ${told}`]);

  const mask = await square('mask.png', 1664);
  const evaluate = ['evaluate', mask, '--truth'];
  expect((await segtileWell([...evaluate, crop], { cwd: where })).stderr).toContain(told);
  expect(facts(await segtileWell([...evaluate, crop, '--json', '--quiet'], { cwd: where }))[0]).toMatchObject({
    notes: [`crop.png ${told}`],
  });
  const compare = [
    'compare',
    's.tif',
    '--truth',
    crop,
    '-m',
    'hematoxylin',
    '--tile',
    '512/512',
    '--no-report',
    '--device',
    'cpu',
  ];
  expect((await segtileWell(compare, { cwd: where })).stderr).toContain(told);

  const planned = ['infer', 's.tif', '-m', 'hematoxylin', '--dry-run', '--json', '--tissue'];
  const run = (name: string) => segtile([...planned, name], { cwd: where });
  expect(JSON.parse((await run(crop)).stdout).slide.notes).toContain(`tissue mask crop.png ${told}`);
  expect((await run(await square('tiny.png', 16))).stderr).toContain('104 in x and y is more than 64 times');
  expect((await run(await square('flat.png', 512, 517))).stderr).toContain('is not the shape of the slide');

  const refused = {
    'far.png': [16, 16, '104 in x and y is more than 64 times'],
    'wide.png': [512, 520, 'not the shape'],
  } as const;
  for (const [name, [wide, high, words]] of Object.entries(refused)) {
    await square(name, wide, high);
    for (const args of [
      [...make, name, '-o', `no-${name}`],
      [...evaluate, name],
    ]) {
      const { code, stderr: said } = await segtile(args, { cwd: where });
      expect([code, said]).toEqual([1, expect.stringContaining(words)]);
    }
  }
});

test('the report of probabilities shows where most is wrong, as that of masks does', async () => {
  const args = ['evaluate', 'out', '--truth', 'truth', ...classes, '--quiet', '--report'];
  await segtileWell([...args, 'worst-of-masks.html'], { cwd });
  const probabilities = names.map((name) => `out/${name}.probabilities.ome.tif`);
  await segtileWell(['evaluate', ...probabilities, ...args.slice(2), 'probabilities.html'], { cwd });
  const [masks, scored] = ['worst-of-masks.html', 'probabilities.html'].map((name) => {
    const page = readFileSync(join(cwd, name), 'utf8');
    expect(page).toContain('Where most is wrong');
    return [...page.matchAll(/src="(data:image[^"]+)"/g)].map(([, source]) => source);
  });
  expect(masks!.length).toBeGreaterThanOrEqual(8);
  // The same labels, the same pictures.
  expect(scored).toEqual(masks);
});
