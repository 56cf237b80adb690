import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { commandNames } from '../manual/examples.js';
import { channelNetwork } from '../model/networks.js';
import { disc, folder, painted, save, segtile, segtileWell, speckled, writeSlide } from './door.js';

const at = folder();
const cwd = { cwd: at };

beforeAll(async () => {
  await writeSlide(join(at, 'slide.tif'), 700, 400, disc(300, 200, 150));
  save(at, 'red.onnx', channelNetwork(0));
  save(at, 'green.onnx', channelNetwork(1));
});

describe('a margin that only the card says', () => {
  const infer = (...more: string[]): string[] => ['infer', 'slide.tif', '--dry-run', '--tissue', 'none', ...more];

  test.each([
    // nuclei's card says 64 px for windows of 512.
    [['--window', '128'], 'window 128 px, stride 64 px, margin 32 px', 32],
    [['--window', '100'], 'window 100 px, stride 50 px, margin 25 px', 25],
    [['--window', '1'], 'window 1 px, stride 1 px, margin 0 px', 0],
    [['--window', '512', '--stride', '500'], 'window 512 px, stride 500 px, margin 6 px', 6],
    [['--stride', '512'], 'window 512 px, stride 512 px, margin 0 px', 0],
    [['--window', '300x128', '--overlap', '25%'], 'stride 225 × 96 px, margin 16 px', 16],
  ])('shrinks to what %j leaves room for, and says so', async (more, laid, margin) => {
    const { stdout, stderr } = await segtileWell(infer(...more), cwd);
    expect(stdout).toContain(laid);
    const note = `the card of nuclei wants a margin of 64 px, but these windows leave room for ${margin} px only, which is used\n`;
    expect(stderr.split(note)).toHaveLength(2);
  });

  test.each([[['--window', '512']], [['--window', '256']], [['--window', '130']], [['--window', '128', '--margin', '20']]])(
    'stays, without a word, with %j',
    async (more) => {
      const { stdout, stderr } = await segtileWell(infer(...more), cwd);
      expect(stdout).toMatch(more.includes('--margin') ? /margin 20 px/ : /margin 64 px/);
      expect(stderr).not.toContain('margin');
    },
  );

  test('is no excuse for what the user said himself', async () => {
    const [large, wide] = [
      await segtile(infer('--window', '128', '--margin', '64'), cwd),
      await segtile(infer('--stride', '600'), cwd),
    ];
    expect([large.code, large.stderr]).toEqual([
      2,
      expect.stringContaining('margin 64 px leaves nothing of a window of 128 px'),
    ]);
    expect([wide.code, wide.stderr]).toEqual([2, expect.stringContaining('use a stride of at most 512 px')]);
    expect(wide.stderr).not.toContain('leave room');
  });

  test('makes a run of it', async () => {
    const { stderr } = await segtileWell(['infer', 'slide.tif', '--window', '128', '--no-preview', '-o', 'small'], cwd);
    expect(stderr).toContain('leave room for 32 px');
    expect(JSON.parse(readFileSync(join(at, 'small/slide.run.json'), 'utf8')).settings.margin).toBe(32);
  });
});

test('what models run on is told once, and why not on better', async () => {
  const two = ['-m', 'red.onnx', '-m', 'green.onnx', '--window', '256', '--no-preview', '-o', 'two', '--overwrite'];
  const { stderr } = await segtileWell(['infer', 'slide.tif', ...two], cwd);
  const lines = stderr.split('\n').filter((line) => line.startsWith('runs on '));
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('not on');
  const { device } = JSON.parse(readFileSync(join(at, 'two/slide.run.json'), 'utf8'));
  // As many as this machine refuses: none where it has a GPU.
  for (const { reason } of device.refused) expect(lines[0]!.split(`; ${reason}`)).toHaveLength(2);
});

describe('make-dataset', () => {
  /** A slide whose left half is dark and labelled, and whose other half is not. */
  async function halves(count: number): Promise<string> {
    const home = folder();
    for (const name of ['slides', 'truth']) mkdirSync(join(home, name));
    for (let i = 0; i < count; i++) {
      await writeSlide(
        join(home, `slides/s${i}.tif`),
        512,
        512,
        (x, y) => speckled(x, y).map((v) => (v >> 1) + 10 * 2 ** i) as [number, number, number],
      );
      const truth = painted(512, 512, (x) => (x < 100 + 80 * i ? [1, 1, 1] : [0, 0, 0]));
      await sharp(truth, { raw: { width: 512, height: 512, channels: 3 } })
        .toColourspace('b-w')
        .png()
        .toFile(join(home, `truth/s${i}.png`));
    }
    return home;
  }
  const cut = (...more: string[]): string[] => [
    'make-dataset',
    '--truth',
    'truth',
    '--window',
    '128',
    '--tissue',
    'none',
    ...more,
  ];

  test('prints the means and frequencies that dataset.json has of the part that is trained on', async () => {
    const home = await halves(4);
    const slides = [0, 1, 2, 3].map((i) => `slides/s${i}.tif`);
    const { stdout } = await segtileWell(cut(...slides, '--split', 'train=0.5,val=0.25,test=0.25'), { cwd: home });
    const { statistics } = JSON.parse(readFileSync(join(home, 'segtile-dataset/dataset.json'), 'utf8'));
    const fixed = (values: number[]): string => values.map((value) => value.toFixed(3)).join(', ');
    expect(fixed(statistics.train.mean)).not.toBe(fixed(statistics.all.mean));
    expect(stdout).toContain(`mean     ${fixed(statistics.train.mean)}, std ${fixed(statistics.train.std)} (train)\n`);
    const share = (100 * statistics.train.classes[1].frequency).toFixed(0);
    expect(stdout).toMatch(new RegExp(`pixels   background .*, object ${share}(\\.\\d)? % \\(train\\)`));
    // Where nothing is trained on, all of it.
    const other = await segtileWell(cut(...slides, '--split', 'val=0.5,test=0.5', '-o', 'other'), { cwd: home });
    const { statistics: both } = JSON.parse(readFileSync(join(home, 'other/dataset.json'), 'utf8'));
    expect(other.stdout).toContain(`mean     ${fixed(both.all.mean)}, std ${fixed(both.all.std)}\n`);
  });

  test.each([
    [
      ['slides/s0.tif', '--split-by', 'region'],
      'there is 1 region to deal out',
      'make regions smaller than 1024 px with --region',
    ],
    [['slides/s0.tif'], 'there is 1 slide to deal out', 'give more slides, or divide slides with --split-by region'],
    [
      ['slides/s0.tif', 'slides/s1.tif', '--folds', '3', '--split', 'train=1'],
      'there are 2 slides to deal out to 3 folds',
      'give more slides',
    ],
  ])('%j tells what would help', async (more, what, remedy) => {
    const home = await halves(2);
    const { code, stderr } = await segtile(cut('--split', 'train=0.8,val=0.2', ...more), { cwd: home });
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).toContain(remedy);
    if (more.includes('region')) expect(stderr).not.toContain('--split-by');
  });

  test('deals patients out, and says that it does', async () => {
    const home = await halves(2);
    writeFileSync(
      join(home, 'pairs.csv'),
      'slide,truth,patient\nslides/s0.tif,truth/s0.png,ann\nslides/s1.tif,truth/s1.png,ann\n',
    );
    const { code, stderr } = await segtile(
      ['make-dataset', '--truth', 'pairs.csv', '--window', '128', '--split', 'train=0.5,val=0.5'],
      { cwd: home },
    );
    expect([code, stderr]).toEqual([2, expect.stringMatching(/there is 1 patient to deal out.*\n.*give more patients/)]);
  });
});

test('help states one default of each option', async () => {
  const { stdout } = await segtileWell(['--help']);
  const commands = commandNames(stdout);
  expect(commands).toContain('make-dataset');
  for (const name of commands) {
    const help = (await segtileWell([name, '--help'])).stdout;
    for (const option of help.split(/^(?= {2}-)/m)) expect(option.split('(default:').length, option).toBeLessThanOrEqual(2);
  }
});
