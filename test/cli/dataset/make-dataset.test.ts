import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../dataset/csv.js';
import { disc, filesIn, folder, program, save, segtile, segtileWell, speckled, writeSlide } from '../door.js';

/** Writes a label image as PNG. */
async function writeLabels(
  path: string,
  width: number,
  height: number,
  label: (x: number, y: number) => number,
): Promise<string> {
  const data = Buffer.from({ length: width * height } as ArrayLike<number>).map((_, at) =>
    label(at % width, Math.floor(at / width)),
  );
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
  return path;
}

/** Slides with truth of the same names, in folders of their own. */
async function study(count: number, side = 512): Promise<{ slides: string[]; truth: string; where: string }> {
  const where = folder();
  for (const name of ['slides', 'truth']) mkdirSync(join(where, name));
  const slides: string[] = [];
  for (let i = 0; i < count; i++) {
    slides.push(await writeSlide(join(where, 'slides', `s${i}.tif`), side, side, speckled));
    await writeLabels(join(where, 'truth', `s${i}.png`), side, side, (x, y) =>
      Math.hypot(x - 100 - 30 * i, y - 200) < 60 ? 1 : 0,
    );
  }
  return { slides, truth: join(where, 'truth'), where };
}

/** The bytes of every file, by name. */
function contents(root: string): Record<string, string> {
  return Object.fromEntries(filesIn(root).map((path) => [path, readFileSync(join(root, path)).toString('base64')]));
}

describe('segtile make-dataset', () => {
  it('cuts tiles, and says on standard output what they are', async () => {
    const { slides, truth, where } = await study(1);
    const root = join(where, 'out');
    const { stdout, stderr } = await segtileWell(['make-dataset', ...slides, '--truth', truth, '-o', root, '--window', '128']);
    expect(stdout).toContain('16 from 1 slide');
    expect(stderr).toContain('grid: 16 tiles');
    expect(filesIn(root).filter((path) => path.startsWith('images/')).length).toBe(16);
    const record = JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8')) as { command: string[]; tiles: number };
    expect(record.tiles).toBe(16);
    expect(record.command).toEqual(['segtile', 'make-dataset', ...slides, '--truth', truth, '--window', '128']);
  });

  it('takes pairs and groups from a CSV, and prints a line of JSON a slide', async () => {
    const { where } = await study(4);
    const lines = [0, 1, 2, 3].map((i) => `slides/s${i}.tif,truth/s${i}.png,p${i % 2}`);
    const pairs = save(where, 'pairs.csv', `slide,truth,patient\n${lines.join('\n')}\n`);
    const root = join(where, 'out');
    const args = ['--split', 'train=0.5,test=0.5', '--split-by', 'patient', '--window', '256', '--json', '--quiet', '-o', root];
    const { stdout, stderr } = await segtileWell(['make-dataset', '--truth', pairs, ...args]);
    expect(stderr).toBe('');
    const parsed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { slide?: { group: string; tiles: number }; tiles?: number });
    expect(parsed.slice(0, 4).map(({ slide }) => [slide!.group, slide!.tiles])).toEqual([0, 1, 0, 1].map((i) => [`p${i}`, 4]));
    expect(parsed[4]!.tiles).toBe(16);
    const rows = readFileSync(join(root, 'manifest.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    for (const group of ['p0', 'p1'])
      expect(new Set(rows.filter((row) => row[5] === group).map((row) => row[14])).size).toBe(1);
  });

  it('leaves a slide out that fails, does the others, and ends with 1; the slide can be added later', async () => {
    const { slides, truth, where } = await study(3);
    const good = readFileSync(slides[1]!);
    writeFileSync(slides[1]!, good.subarray(0, good.length / 2));
    const root = join(where, 'out');
    const args = ['make-dataset', ...slides, '--truth', truth, '--window', '128', '-o', root];
    const ended = await segtile(args);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('s1.tif');
    expect(ended.stderr).toContain('2 of 3 slides done');
    const record = JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8')) as {
      tiles: number;
      failures: { slide: string }[];
    };
    expect(record.tiles).toBe(32);
    expect(record.failures.map(({ slide }) => slide)).toEqual([slides[1]]);
    writeFileSync(slides[1]!, good);
    const again = await segtileWell([...args, '--resume']);
    expect(again.stderr).toContain(`${slides[0]}: done before, kept`);
    const fresh = join(where, 'fresh');
    await segtileWell([...args.slice(0, -1), fresh]);
    expect(contents(root)).toEqual(contents(fresh));
  });

  for (const format of ['folders', 'webdataset']) {
    it(`goes on after a kill -9 to the same dataset, without half a file in between (${format})`, async () => {
      const { slides, truth, where } = await study(3, 1024);
      const args = [
        'make-dataset',
        ...slides,
        '--truth',
        truth,
        '--window',
        '64',
        '--format',
        format,
        '--tissue',
        'none',
        '-o',
      ];
      const whole = join(where, 'whole');
      await segtileWell([...args, whole]);
      const root = join(where, 'out');
      const child = spawn(process.execPath, [program, ...args, root], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      // The first slide is done, and the second has begun.
      await expect.poll(() => existsSync(join(root, '.segtile/slides/s0.jsonl')), { interval: 5, timeout: 600_000 }).toBe(true);
      child.kill('SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
      expect(existsSync(join(root, 'dataset.json'))).toBe(false);
      const wholeTiles = contents(whole);
      if (format === 'folders') {
        for (const path of filesIn(root).filter((each) => !each.startsWith('.segtile'))) {
          expect(readFileSync(join(root, path)).toString('base64'), path).toBe(wholeTiles[path]);
        }
      }
      const refused = await segtile([...args, root]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('already has an unfinished dataset');
      const { stderr } = await segtileWell([...args, root, '--resume']);
      expect(stderr).toContain('s0.tif: done before, kept');
      expect(contents(root)).toEqual(wholeTiles);
    });
  }

  it('stops when it is asked to, says how to go on, and then does', async () => {
    const { slides, truth, where } = await study(2, 1024);
    const root = join(where, 'out');
    const args = ['make-dataset', ...slides, '--truth', truth, '--window', '64', '--tissue', 'none', '-o'];
    let asked = false;
    const stopped = await segtile([...args, root], {
      onStderr: (text, kill) => {
        if (asked || !text.includes('megapixels')) return;
        asked = true;
        kill('SIGINT');
      },
    });
    expect(stopped).toMatchObject({ code: 1, signal: null });
    expect(stopped.stderr).toMatch(/stopped before .*out was finished\n.*--resume/);
    expect(existsSync(join(root, 'dataset.json'))).toBe(false);
    await segtileWell([...args, root, '--resume']);
    const fresh = join(where, 'fresh');
    await segtileWell([...args, fresh]);
    expect(contents(root)).toEqual(contents(fresh));
  });

  it('cuts anew what was done with other settings', async () => {
    const { slides, truth, where } = await study(2);
    const root = join(where, 'out');
    const args = ['make-dataset', ...slides, '--truth', truth, '--window', '128', '-o'];
    // A slide that fails keeps what is needed to go on.
    const broken = save(where, 'broken.tif', 'no image');
    writeFileSync(join(truth, 'broken.png'), readFileSync(join(truth, 's0.png')));
    await segtile(['make-dataset', ...slides, broken, '--truth', truth, '--window', '64', '-o', root]);
    const { stderr } = await segtileWell([...args, root, '--resume']);
    expect(stderr).not.toContain('kept');
    const fresh = join(where, 'fresh');
    await segtileWell([...args, fresh]);
    expect(contents(root)).toEqual(contents(fresh));
  });

  it('says what it would do, and writes nothing', async () => {
    const { slides, truth, where } = await study(2);
    const root = join(where, 'out');
    const args = ['make-dataset', ...slides, '--truth', truth, '--window', '128', '-o', root, '--dry-run'];
    expect((await segtileWell(args)).stdout).toContain('nothing was written');
    const lines = (await segtileWell([...args, '--json'])).stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { tiles: number }).tiles)).toEqual([16, 16]);
    expect(existsSync(root)).toBe(false);
  });

  it('keeps the windows that infer looks at, and those that hold a class; all with --tissue none', async () => {
    const where = folder();
    const slide = await writeSlide(join(where, 's.tif'), 1024, 768, disc(300, 300, 120));
    const truth = await writeLabels(join(where, 's.png'), 1024, 768, (x, y) => (x > 900 && y > 700 ? 1 : 0));
    const root = (name: string): string => join(where, name);
    const make = (name: string, ...more: string[]) =>
      segtileWell(['make-dataset', slide, '--truth', truth, '--window', '64', '--quiet', '-o', root(name), ...more]);
    const model = fileURLToPath(new URL('../../../samples/models/hematoxylin.onnx', import.meta.url));
    for (const [i, rule] of [[], ['--tissue', 'hubmap'], ['--min-tissue', '0.5'], ['--tissue', 'none']].entries()) {
      await make(`kept-${i}`, ...rule);
      const rows = readCsv(root(`kept-${i}`));
      const grid = ['--window', '64', '--stride', '64', '--margin', '0', '--dry-run', '--json', '--device', 'cpu'];
      const { stdout } = await segtileWell(['infer', slide, '-m', model, ...grid, ...rule]);
      const { windows } = JSON.parse(stdout) as { windows: { planned: number; skipped: number } };
      const labelled = rows.filter((row) => Number(row.pixels_object) > 0);
      expect(labelled.length).toBe(4);
      expect(rows.length - (i < 3 ? 4 : 0)).toBe(windows.planned - windows.skipped);
      if (i === 3) expect(rows.length).toBe(16 * 12);
    }
  });

  it('counts what rejection throws away', async () => {
    const where = folder();
    const slide = await writeSlide(join(where, 's.tif'), 1024, 1024, disc(300, 300, 200));
    const truth = await writeLabels(join(where, 's.png'), 1024, 1024, () => 0);
    const root = join(where, 'out');
    const args = ['--sample', 'rejection', '--count', '30', '--window', '64', '--min-tissue', '0.5', '-o', root];
    const { stderr } = await segtileWell(['make-dataset', slide, '--truth', truth, ...args]);
    expect(stderr).toMatch(/rejection: 30 tiles, \d+(\.\d)? % of \d+ looked at were accepted/);
  });
});

const refusals: readonly (readonly [what: string, args: readonly string[], words: string])[] = [
  ['no truth', ['s.tif'], 'no truth was given'],
  [
    'a sampler that there is not',
    ['s.tif', '--truth', 't.png', '--sample', 'rnd'],
    'expected samplers for --sample but got "rnd"',
  ],
  ['shares that are too little', ['s.tif', '--truth', 't.png', '--mix', 'grid=0.5,random=0.2'], 'which adds up to 0.7'],
  ['random without a number', ['s.tif', '--truth', 't.png', '--sample', 'random'], 'random needs to know how many tiles'],
  ['quality of PNG', ['s.tif', '--truth', 't.png', '--quality', '80'], '--quality is that of JPEG'],
  [
    'a part that there is not',
    ['s.tif', '--truth', 't.png', '--split', 'learn=1'],
    'expected parts for --split but got "learn"',
  ],
  [
    'a region without room',
    ['s.tif', '--truth', 't.png', '--split-by', 'region', '--region', '600', '--guard', '50'],
    'has no room',
  ],
  [
    'resume and overwrite',
    ['s.tif', '--truth', 't.png', '--resume', '--overwrite'],
    '--resume and --overwrite exclude each other',
  ],
];

describe('segtile make-dataset refuses', () => {
  for (const [what, args, words] of refusals) {
    it(what, async () => {
      const { code, stderr } = await segtile(['make-dataset', ...args], { cwd: folder() });
      expect(stderr).toContain(words);
      expect(code).toBe(2);
    });
  }

  it('no slide', async () => {
    const { truth } = await study(1);
    const { code, stderr } = await segtile(['make-dataset', '--truth', truth]);
    expect(stderr).toContain('no slide was given');
    expect(code).toBe(2);
  });

  it('a folder that holds what is no dataset', async () => {
    const { slides, truth, where } = await study(1);
    mkdirSync(join(where, 'out/images'), { recursive: true });
    const { code, stderr } = await segtile([
      'make-dataset',
      ...slides,
      '--truth',
      truth,
      '-o',
      join(where, 'out'),
      '--overwrite',
    ]);
    expect(stderr).toContain('exists already and is not part of a dataset');
    expect(code).toBe(1);
  });

  it('more parts than there are groups', async () => {
    const { slides, truth, where } = await study(1);
    const args = ['--window', '128', '--split', 'train=0.8,val=0.2', '-o', join(where, 'out')];
    const { code, stderr } = await segtile(['make-dataset', ...slides, '--truth', truth, ...args]);
    expect(stderr).toContain('there is 1 slide to deal out to 2 parts (train, val), and a slide is never divided');
    expect(code).toBe(2);
  });
});
