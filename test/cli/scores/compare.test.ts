import { cpSync, existsSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserNote, expectSound, hasBrowser, openPage, startBrowser } from '../../report/browser.js';
import { filesIn, folder, type Paint, readMask, save, segtile, segtileWell, writeSlide } from '../door.js';

const comparing = ['compare', 'slide.tif', '--truth', 'truth.png', '-m', 'hematoxylin'];
const cwd = folder();
const [width, height] = [900, 600];

/** Nuclei, of 4 to 14 px: the small ones vanish when the slide is shrunk. */
const inNucleus = (x: number, y: number): boolean => {
  const [column, row] = [Math.floor(x / 40), Math.floor(y / 40)];
  return Math.hypot((x % 40) - 20, (y % 40) - 20) < 2 + ((column * 7 + row * 3) % 6);
};
const tissue: Paint = (x, y) => (x > 500 ? [244, 243, 244] : inNucleus(x, y) ? [60, 45, 120] : [225, 170, 205]);

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), width, height, tissue, { mpp: 0.5 });
  const truth = Buffer.alloc(width * height);
  for (let at = 0; at < truth.length; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    truth[at] = x <= 500 && inNucleus(x, y) ? 1 : 0;
  }
  const image = sharp(truth, { raw: { width, height, channels: 1 } });
  await image.toColourspace('b-w').png().toFile(join(cwd, 'truth.png'));
  save(cwd, 'pairs.csv', 'slide,truth\nslide.tif,truth.png\n');
});

const ways = ['--resize', '128', '--tile', '128/112,128/64', '--margin', '8', '--tissue', 'otsu,none'];
const compare = (...more: string[]): string[] => [
  ...['compare', 'slide.tif', '--truth', 'truth.png', '-m', 'hematoxylin', ...ways, ...more],
];
const result = (output: string) => JSON.parse(readFileSync(join(cwd, output, 'compare.json'), 'utf8'));

describe('a comparison', () => {
  let stdout = '';
  beforeAll(async () => {
    ({ stdout } = await segtileWell(compare('-o', 'cmp', '--quiet'), { cwd }));
  });

  test('has a row for each variant, with what it is worth and costs', () => {
    const { variants, recommendation } = result('cmp');
    const names = variants.map(({ variant }: { variant: string }) => variant);
    expect(names).toEqual([
      'resize 128',
      'tile 128/112, tissue otsu',
      'tile 128/112, tissue none',
      'tile 128/64, tissue otsu',
      'tile 128/64, tissue none',
    ]);
    for (const name of names) expect(stdout).toContain(name);
    expect(stdout).toContain(recommendation);
    expect(stdout).toMatch(/\n {2}view {4}segtile view cmp\n$/);
    const [shrunk, otsu, none] = variants;
    expect(shrunk).toMatchObject({ resize: 128, windows: { run: 1, skipped: 0 } });
    expect(otsu.dice).toBeGreaterThan(shrunk.dice + 0.1);
    expect(recommendation).toMatch(/Shrinking the slide \(resize 128\) loses 0\.\d+ of Dice/);
    // Skipping glass costs nothing here, and saves windows.
    expect(otsu.dice).toBeCloseTo(none.dice, 6);
    expect(otsu.windows.skipped).toBeGreaterThan(0);
    expect(otsu.windows.run + otsu.windows.skipped).toBe(none.windows.run);
    for (const { seconds, peakRssBytes, megapixelsPerSecond, stages } of variants) {
      expect(Math.min(seconds, megapixelsPerSecond)).toBeGreaterThan(0);
      expect(peakRssBytes).toBeGreaterThan(10e6);
      expect(Object.keys(stages[0])).toContain('infer');
    }
  });

  test('names the front: nothing on it is both worse and slower than another', () => {
    const { variants } = result('cmp');
    for (const one of variants) {
      const beaten = variants.some(
        (other: typeof one) => other !== one && other.dice >= one.dice && other.seconds < one.seconds,
      );
      expect(one.front).toBe(!beaten);
    }
  });

  test('is kept: what is done is not run again, unless that is asked for', async () => {
    const results = filesIn(join(cwd, 'cmp')).filter((name) => name.endsWith('.result.json'));
    expect(results).toHaveLength(5);
    const times = () => results.map((name) => statSync(join(cwd, 'cmp', name)).mtimeMs);
    const before = times();
    const again = await segtileWell(compare('-o', 'cmp'), { cwd });
    expect(again.stderr.match(/done before/g)).toHaveLength(5);
    expect(times()).toEqual(before);
    const one = compare('-o', 'cmp', '--no-report').map((word) => (word === '128/112,128/64' ? '128/112' : word));
    expect((await segtileWell(one, { cwd })).stderr.match(/done before/g)).toHaveLength(3);
    const other = await segtileWell([...one, '--threshold', '0.4'], { cwd });
    expect(other.stderr).not.toContain('done before');
  });

  test('is made anew where a file has changed that its arguments name, or its mask has gone', async () => {
    const models = fileURLToPath(new URL('../../../samples/models/', import.meta.url));
    for (const end of ['.onnx', '.segtile.json']) cpSync(join(models, `hematoxylin${end}`), join(cwd, `own${end}`));
    const args = [
      'compare',
      'slide.tif',
      '--truth',
      'truth.png',
      '-m',
      'own.onnx:2',
      '--tile',
      '256/192',
      '--margin',
      '8',
      '-o',
      'own',
    ];
    const isKept = async (): Promise<boolean> => (await segtileWell(args, { cwd })).stderr.includes('done before');
    expect([await isKept(), await isKept()]).toEqual([false, true]);
    for (const end of ['.onnx', '.segtile.json']) {
      utimesSync(join(cwd, `own${end}`), 1, 1);
      expect([await isKept(), await isKept()]).toEqual([false, true]);
    }
    const mask = filesIn(join(cwd, 'own')).find((name) => name.endsWith('.mask.ome.tif'))!;
    rmSync(join(cwd, 'own', mask));
    expect(await isKept()).toBe(false);
  });

  test('adds its runs and scores to a history', async () => {
    const { stdout: listed } = await segtileWell(['runs', '--history', 'cmp'], { cwd });
    expect(listed.trimEnd().split('\n').length).toBeGreaterThanOrEqual(6);
  });
});

test('one that is killed goes on where it was', async () => {
  const args = compare('-o', 'killed').map((word) => (word === '128/112,128/64' ? '128/112' : word));
  const killed = await segtile(args, {
    cwd,
    onStderr: (text, kill) => {
      if (text.includes('tile 128/112, tissue none')) kill('SIGKILL');
    },
  });
  expect(killed.signal).toBe('SIGKILL');
  expect(existsSync(join(cwd, 'killed', 'compare.json'))).toBe(false);
  const rest = await segtileWell(args, { cwd });
  expect(rest.stderr.match(/.*done before/g)).toEqual([
    'resize 128: slide.tif, done before',
    'tile 128/112, tissue otsu: slide.tif, done before',
  ]);
  expect(result('killed').variants).toHaveLength(3);
});

test('variants come from a file, with any option of infer; one that cannot be run is refused before any is', async () => {
  const yaml = [
    'common: { margin: 8 }',
    'variants:',
    '  - { name: small windows, window: 96, stride: 48 }',
    '  - { name: no room, window: 32, margin: 16 }',
  ];
  save(cwd, 'variants.yaml', yaml.join('\n'));
  const args = [...comparing, '--variants', 'variants.yaml', '-o', 'yaml'];
  const ended = await segtile([...args, '--json', '--quiet'], { cwd });
  expect([ended.code, ended.stdout]).toEqual([2, '']);
  expect(ended.stderr).toContain(
    '1 of 2 variants cannot be run: no room, slide.tif: margin 16 px leaves nothing of a window of 32 px',
  );
  expect(existsSync(join(cwd, 'yaml'))).toBe(false);
  save(cwd, 'variants.yaml', yaml.slice(0, 3).join('\n'));
  const { stdout } = await segtileWell([...args, '--json', '--quiet'], { cwd });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    {
      variant: 'small windows',
      options: { window: { width: 96, height: 96 }, stride: { width: 48, height: 48 }, margin: 8 },
    },
  ]);
});

test('plans are variants: auto has the Dice of dense windows for fewer of them', async () => {
  const args = [...comparing, '--plan', 'dense,auto', '--tissue', 'none'];
  const { stdout } = await segtileWell([...args, '-o', 'plans', '--quiet'], { cwd });
  const { variants } = result('plans');
  const [dense, auto] = variants;
  expect(variants.map(({ variant }: { variant: string }) => variant)).toEqual(['plan dense', 'plan auto']);
  for (const name of ['plan dense', 'plan auto']) expect(stdout).toContain(name);
  expect(dense.dice).toBeGreaterThan(0.5);
  expect(Math.abs(auto.dice - dense.dice)).toBeLessThan(0.005);
  expect(auto.windows.run).toBeLessThan(dense.windows.run);
});

test('several thresholds are variants made of one inference, with the masks that infer makes at each', async () => {
  const args = ['compare', 'slide.tif', '--truth', 'truth.png', '-m', 'hematoxylin', '-o', 'thresholds', '--no-report'];
  const axes = ['--resize', '256', '--tile', '128/96', '--margin', '8', '--threshold', '0.3,0.7'];
  const { stdout, stderr } = await segtileWell([...args, ...axes], { cwd });
  const { variants } = result('thresholds');
  expect(variants.map(({ variant }: { variant: string }) => variant)).toEqual(
    ['resize 256', 'tile 128/96'].flatMap((name) => [0.3, 0.7].map((p) => `${name}, threshold ${p}`)),
  );
  expect(stdout).toContain('4 variants differ only in their threshold and share one run of the model');
  expect(stderr).not.toContain('done before');
  // Four masks, and two runs of the model.
  const files = filesIn(join(cwd, 'thresholds', 'variants'));
  const records = files
    .filter((name) => name.endsWith('.run.json'))
    .map((name) => [name, readFileSync(join(cwd, 'thresholds', 'variants', name), 'utf8')] as const);
  expect(records.filter(([, text]) => JSON.parse(text).windows !== undefined)).toHaveLength(2);
  expect(files.filter((name) => name.includes('probabilities'))).toEqual([]);
  const inferences = new Set();
  for (const { variant, seconds, stages, shared } of variants) {
    expect(seconds).toBeCloseTo(shared[0].inference + shared[0].own, 6);
    expect(stages[0].threshold).toBe(shared[0].own);
    inferences.add(shared[0].inference);
    const p = variant.slice(-3);
    const how = variant.startsWith('tile')
      ? ['--window', '128', '--stride', '96', '--margin', '8']
      : [
          '--downsample',
          String(900 / 256),
          '--window',
          '256',
          '--stride',
          '256',
          '--margin',
          '0',
          '--tissue',
          'none',
          '--blend',
          'constant',
          '--enlarge',
          'scores',
        ];
    const out = `infer-${variant.replace(/\W/g, '-')}`;
    await segtileWell(
      ['infer', 'slide.tif', '-m', 'hematoxylin', ...how, '--threshold', p, '-o', out, '--quiet', '--no-preview'],
      { cwd },
    );
    const folderName = files.find(
      (name) => name.startsWith(variant.replace(/[^A-Za-z0-9.]+/g, '-')) && name.endsWith('.mask.ome.tif'),
    )!;
    const [mine, theirs] = await Promise.all([
      readMask(join(cwd, 'thresholds', 'variants', folderName)),
      readMask(join(cwd, out, 'slide.mask.ome.tif')),
    ]);
    expect(mine.data.equals(theirs.data), variant).toBe(true);
    expect(mine.data.some((label) => label > 0)).toBe(true);
  }
  expect(inferences.size).toBe(2);
  const again = await segtileWell([...args, ...axes, '--overwrite'], { cwd });
  expect(again.stderr).not.toContain('done before');
  const kept = await segtileWell([...args, ...axes], { cwd });
  expect(kept.stderr.match(/done before/g)).toHaveLength(4);
  expect(kept.stdout).toContain('share one run of the model');
});

test.each([
  [['--tile', '128/64'], 'no truth was given'],
  [['--truth', 'truth.png', '--tile', '128/64', '--threshold', '0.3,1.5'], 'expected a probability'],
  [['--truth', 'truth.png'], 'there is nothing to compare'],
  [['--truth', 'truth.png', '--margin', '8'], 'no variant has any'],
  [['--truth', 'truth.png', '--tile', '128/x'], 'pixels such as 1024'],
  [
    ['--truth', 'truth.png', '--tile', '128/64,128/120', '--margin', '8'],
    '1 of 2 variants cannot be run: tile 128/120, slide.tif',
  ],
  [['--truth', 'truth.png', '--tile', '128/64', '--margin', '8', '--blend', 'gaussian,smooth'], 'for --blend but got "smooth"'],
  [['--truth', 'truth.png', '--resize', '128,900'], '1 of 2 variants cannot be run: resize 900, slide.tif'],
  [['--truth', 'truth.png', '--tile', '128/64', '--tissue', 'otsu,no.png', '--margin', '8'], 'tile 128/64, tissue no.png'],
  [['--truth', 'truth.png', '--tile', '128/64,64/32', '--card', 'none.json'], 'no variant can be run'],
  [['--truth', 'truth.png', '--tile', '128/64', '--margin', '8', '--threshold', 'nucleus=0.5,tumor=0.2'], 'no class "tumor"'],
])('%j is wrong use', async (args, message) => {
  const ended = await segtile(['compare', 'slide.tif', '-o', 'no', ...args], { cwd });
  expect([ended.code === 0, ended.stdout]).toEqual([false, '']);
  expect(ended.stderr).toContain(message);
  expect(existsSync(join(cwd, 'no'))).toBe(false);
});

describe.skipIf(!hasBrowser)(`its report in a browser${browserNote}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  test.each(['light', 'dark'] as const)('is sound in %s', async (scheme) => {
    await expectSound(await openPage(browser, join(cwd, 'cmp', 'report.html'), scheme));
  });

  test('sorts its table, and zooms every picture of a region at once', async () => {
    const { page } = await openPage(browser, join(cwd, 'cmp', 'report.html'));
    const names = () => page.locator('tbody th').allInnerTexts();
    // The third column; its button says how it is sorted.
    const dice = page.locator('thead button').nth(2);
    const before = await names();
    await dice.click();
    const sorted = await names();
    expect([...sorted].sort()).toEqual([...before].sort());
    await dice.click();
    expect(await names()).not.toEqual(sorted);
    const group = page.locator('.group').first();
    expect(await group.locator('img').count()).toBe(2 + 2 * 5);
    await group.focus();
    await page.keyboard.press('+');
    const zoom = await group.evaluate((element) => element.style.getPropertyValue('--z'));
    expect(Number(zoom)).toBeCloseTo(1.5);
  });
});
