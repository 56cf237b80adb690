import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork, unet } from '../../model/networks.ts';
import {
  disc,
  expectLabels,
  filesIn,
  folder,
  program,
  readMask,
  readMaskAgain,
  run,
  save,
  segtile,
  segtileWell,
  speckled,
  writeSlide,
} from '../door.ts';

const [width, height] = [517, 403];
const fixtures = folder();
const speckledSlide = join(fixtures, 'speckled.tif');
const tissueSlide = join(fixtures, 'tissue.tif');
const red = join(fixtures, 'red.onnx');
const net = join(fixtures, 'unet.onnx');

beforeAll(async () => {
  await writeSlide(speckledSlide, width, height, speckled);
  await writeSlide(tissueSlide, 1200, 900, disc(400, 300, 220), { mpp: 0.5 });
  await writeSlide(join(fixtures, 'glass.tif'), 600, 500, () => [244, 244, 243]);
  save(fixtures, 'red.onnx', channelNetwork(0));
  save(
    fixtures,
    'red.segtile.json',
    '{ "color": "rgb", "scale": 1, "activation": "none", "classes": [{ "name": "bright red" }] }',
  );
  save(fixtures, 'unit.onnx', channelNetwork(0));
  save(fixtures, 'unet.onnx', unet(0.1));
});

/** What a run's record says, as far as the tests look at it. */
interface Record {
  readonly windows: { readonly planned: number; readonly skipped: number; readonly run: number };
  readonly mask: { readonly path: string; readonly width: number; readonly height: number };
  readonly coverage: number;
  readonly classShares: readonly { readonly name: string; readonly share: number }[];
}

describe.concurrent('a network that gives the red channel', () => {
  const unit = [
    'infer',
    speckledSlide,
    '-m',
    join(fixtures, 'unit.onnx'),
    '--activation',
    'none',
    '--tissue',
    'none',
    '--workers',
    '1',
  ];

  test.each([
    ['none', '64', '50', '5', 31],
    ['none', '128', '128', '0', 200],
    ['gaussian', '96', '41', '12', 128],
    ['hann', '64', '32', '16', 77],
    ['pyramid', '128x96', '100x60', '0', 250],
    ['constant', '512', '300', '64', 5],
  ])(
    'blended by %s, windows of %s, stride %s, margin %s: the mask shows where red exceeds %i',
    async (blend, window, stride, margin, level) => {
      const cwd = folder();
      const geometry = ['--blend', blend, '--window', window, '--stride', stride, '--margin', margin];
      // Halfway between two values of a sample, so that rounding in a blend decides nothing.
      const threshold = String((level + 0.5) / 255);
      await segtileWell([...unit, ...geometry, '--threshold', threshold, '--no-preview', '-o', 'mask.tif'], { cwd });
      const mask = await readMask(join(cwd, 'mask.tif'));
      expect(mask).toMatchObject({ width, height });
      expectLabels(mask.data, width, (x, y) => (speckled(x, y)[0] > level ? 1 : 0));
      expect(await readMaskAgain(join(cwd, 'mask.tif'))).toEqual(mask);
    },
  );
});

test('the same command gives the same bytes, for any number of workers', async () => {
  const made = [];
  for (const workers of ['1', '1', '3']) {
    const cwd = folder();
    await segtileWell(['infer', tissueSlide, '-m', net, '--window', '128', '--workers', workers, '-o', 'out'], { cwd });
    expect(filesIn(cwd)).toEqual([
      'out/runs.jsonl',
      'out/tissue.mask.ome.tif',
      'out/tissue.preview.jpg',
      'out/tissue.run.json',
    ]);
    made.push([readFileSync(join(cwd, 'out/tissue.mask.ome.tif')), readFileSync(join(cwd, 'out/tissue.preview.jpg'))]);
  }
  expect(made[1]).toEqual(made[0]);
  expect(made[2]).toEqual(made[0]);
  expect(new Set((await readMaskOf(made[0]![0]!)).data)).toEqual(new Set([0, 1]));
});

async function readMaskOf(bytes: Buffer) {
  return readMask(save(folder(), 'mask.tif', bytes));
}

test('the record says by what rule 16 bits became 8', async () => {
  const slide = fileURLToPath(new URL('../../fixtures/slide/twelve-bits.ome.tif', import.meta.url));
  const args = ['infer', slide, '-m', net, '--channels', '0,3,4', '--window', '64', '--tissue', 'none', '--json', '--quiet'];
  const { stdout } = await segtileWell(args, { cwd: folder() });
  expect(JSON.parse(stdout)).toMatchObject({
    slide: { notes: ['16-bit samples: 0 to 4095 (OME-XML SignificantBits) becomes 0 to 255'] },
  });
});

test('a dry run tells the windows that the run then takes, and writes nothing', async () => {
  const cwd = folder();
  const args = ['infer', tissueSlide, '-m', net, '--window', '128', '--json', '--quiet'];
  const dry = await segtileWell([...args, '--dry-run'], { cwd });
  expect(filesIn(cwd)).toEqual([]);
  const plan = JSON.parse(dry.stdout) as Record;
  const record = JSON.parse((await segtileWell(args, { cwd })).stdout) as Record;
  // A plan cannot know which windows the network will answer with NaN.
  expect({ ...plan.windows, nan: 0 }).toEqual(record.windows);
  expect(plan.mask).toEqual({ width: record.mask.width, height: record.mask.height });
  expect(record.windows.run).toBe(record.windows.planned - record.windows.skipped);
  expect(record.windows.skipped).toBeGreaterThan(record.windows.planned / 3);
  expect(record.windows.run).toBeGreaterThan(10);

  const words = (await segtileWell(['infer', tissueSlide, '-m', net, '--window', '128', '--dry-run'], { cwd })).stdout;
  const { planned, skipped, run: toRun } = record.windows;
  expect(words).toContain(`${planned} windows, ${skipped} skipped as without tissue, ${toRun} to run`);
});

test('--json gives a line of JSON for each slide, and nothing else on standard output', async () => {
  const cwd = folder();
  const missing = join(fixtures, 'missing.tif');
  const args = ['infer', speckledSlide, missing, tissueSlide, '-m', red, '--window', '256', '--no-preview'];
  const { code, stdout, stderr } = await segtile([...args, '--json'], { cwd });
  expect(code).toBe(1);
  const lines = stdout.split('\n');
  expect(lines.pop()).toBe('');
  const [first, failed, last] = lines.map((line) => JSON.parse(line) as object);
  expect(lines).toHaveLength(3);
  expect(failed).toEqual({
    status: 'failed',
    slide: { path: missing },
    error: { code: 'input', message: expect.stringContaining(missing), hint: expect.any(String) },
  });
  const written = (stem: string): unknown => ({
    status: 'done',
    ...JSON.parse(readFileSync(join(cwd, `segtile-out/${stem}.run.json`), 'utf8')),
  });
  expect([first, last]).toEqual([written('speckled'), written('tissue')]);
  expect(stderr).toContain('to run');

  const info = await segtileWell(['info', speckledSlide, red, '--json']);
  expect(info.stderr).toBe('');
  const facts = info.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });
  expect(facts.map(({ kind }) => kind)).toEqual(['slide', 'model']);
});

test.each([
  ['20.18.3', 1],
  ['18.20.4', 1],
  ['20.19.0', 0],
  ['22.0.0', 0],
])('Node %s: exit code %i', async (version, code) => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
  const ended = await run(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
    program,
    '--version',
  ]);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toBe(code === 0 ? '' : `segtile: Node ${version} is too old\n  hint: install Node 20.19 or later\n`);
});

test('--quiet leaves standard error empty, and no output has colours where there is no terminal', async () => {
  const args = ['infer', tissueSlide, '-m', red, '--window', '256'];
  expect((await segtileWell([...args, '--quiet'], { cwd: folder() })).stderr).toBe('');
  const loud = await segtileWell(args, { cwd: folder(), env: { TERM: 'xterm-256color' } });
  expect(loud.stderr + loud.stdout).not.toContain('\u001b');
  expect(loud.stderr).toMatch(
    /^model red finds bright red; warning: [^\n]+ from 0 to 255\n\S*tissue\.tif: TIFF, 1,200 × 900 px, 0\.5 µm\/px/,
  );
  const said = loud.stdout.split('\n').map((line) => /^ {2}(\w+) +\S/.exec(line)?.[1]);
  expect(said).toEqual(['windows', 'covered', 'found', 'took', 'mask', 'preview', 'record', undefined]);
});

describe('on a terminal', () => {
  const usable = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

  async function onTerminal(env: Readonly<{ [name: string]: string }>) {
    const cwd = folder();
    const words = [
      process.execPath,
      program,
      'infer',
      speckledSlide,
      '-m',
      net,
      '--window',
      '64',
      '--stride',
      '8',
      '--margin',
      '0',
    ];
    const ended = await run('script', ['-qec', words.join(' '), '/dev/null'], {
      cwd,
      env: { TERM: 'xterm-256color', ...env },
    });
    return { ...ended, shown: ended.stdout.replaceAll('\u001b', 'ESC') };
  }

  test.skipIf(!usable)('a bar shows how far the windows are, and goes when they are done', async () => {
    const { code, shown } = await onTerminal({});
    expect(code, shown).toBe(0);
    const figures = String.raw`\d+\/2552 windows \| [\d.,]+ windows\/s \| [\d.]+ MPix\/s \| 0 % skipped \| [\d.]+ s left`;
    expect(shown).toMatch(new RegExp(String.raw`windows \[=+-+\] ${figures}`));
    expect(shown).toContain('ESC[32m');
    // The bar hides the cursor and shows it again; its line is cleared before the results are said.
    const [hide, show] = ['ESC[?25l', 'ESC[?25h'].map((code) => shown.lastIndexOf(code)) as [number, number];
    expect(show).toBeGreaterThan(hide);
    expect(shown.slice(show)).toMatch(/ESC\[2K {2}windows {2}2,552 run/);
  });

  test.skipIf(!usable)('NO_COLOR leaves the bar and takes the colours', async () => {
    const { code, shown } = await onTerminal({ NO_COLOR: '1' });
    expect(code, shown).toBe(0);
    expect(shown).toMatch(/windows \[=/);
    expect(shown).not.toMatch(/ESC\[\d+m/);
  });
});

test('a slide of glass alone gives a valid, empty mask, and a warning', async () => {
  const cwd = folder();
  const { stderr } = await segtileWell(['infer', join(fixtures, 'glass.tif'), '-m', net, '--window', '128'], { cwd });
  expect(stderr).toMatch(/\n {2}warning: everything looks like glass: no window is run; --tissue none runs all/);
  const path = join(cwd, 'segtile-out/glass.mask.ome.tif');
  const mask = await readMask(path);
  expect(mask).toMatchObject({ width: 600, height: 500 });
  expectLabels(mask.data, 600, () => 0);
  const record = JSON.parse(readFileSync(join(cwd, 'segtile-out/glass.run.json'), 'utf8')) as Record;
  expect(record).toMatchObject({ coverage: 0, windows: { run: 0 }, classShares: [{ share: 0 }] });
});

test('a small piece of tissue in a large window is looked at, and a speck of dust is not', async () => {
  await writeSlide(join(fixtures, 'piece.tif'), 900, 900, disc(700, 200, 25));
  await writeSlide(join(fixtures, 'dust.tif'), 900, 900, disc(700, 200, 1.5));
  const args = ['-m', red, '--window', '512', '--quiet', '--json', '--dry-run'];
  const { stdout } = await segtileWell(['infer', join(fixtures, 'piece.tif'), join(fixtures, 'dust.tif'), ...args]);
  const [piece, dust] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record);
  expect(piece!.windows).toMatchObject({ planned: 9, skipped: 7, run: 2 });
  expect(dust!.windows).toMatchObject({ planned: 9, skipped: 9, run: 0 });
});

test('help names every command and option, within 80 columns', async () => {
  for (const args of [
    ['--help'],
    ['infer', '--help'],
    ['info', '--help'],
    ['help', 'infer'],
    ['help', 'threshold'],
    ['pseudo-label', '--help'],
    ['evaluate', '--help'],
    ['compare', '--help'],
    ['runs', '--help'],
    ['doctor', '--help'],
  ]) {
    const { stdout, stderr } = await segtileWell(args);
    expect(stderr).toBe('');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  }
  expect((await segtile([])).code).toBe(2);
  const { version } = JSON.parse(readFileSync(join(program, '../../package.json'), 'utf8')) as { version: string };
  expect((await segtileWell(['--version'])).stdout).toBe(`${version}\n`);
});

test('a folder for the results is made as deep as it is asked for', async () => {
  const cwd = folder();
  mkdirSync(join(cwd, 'a'));
  await segtileWell(['infer', speckledSlide, '-m', red, '--window', '256', '--quiet', '-o', 'a/b/c'], { cwd });
  expect(filesIn(cwd)).toHaveLength(4);
});
