import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork } from '../../model/networks.ts';
import { filesIn, folder, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const made = folder();
const look = ['-m', join(made, 'red.onnx'), '--activation', 'none', '--window', '64', '--tissue', 'none', '--no-preview'];

beforeAll(async () => {
  await writeSlide(join(made, 'slide.tif'), 150, 100, speckled, { mpp: 0.5 });
  save(made, 'red.onnx', channelNetwork(0));
});

/** A folder of slides, each a copy of one, at these places. */
function slides(...places: string[]): string {
  const at = folder();
  for (const place of places) {
    mkdirSync(dirname(join(at, place)), { recursive: true });
    cpSync(join(made, 'slide.tif'), join(at, place));
  }
  return at;
}

interface Line {
  readonly status: string;
  readonly slide: { readonly path: string };
  readonly mask?: { readonly path: string };
  readonly error?: { readonly code: string; readonly message: string };
}

const linesOf = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
const masksIn = (path: string): string[] => filesIn(path).filter((name) => name.endsWith('.mask.ome.tif'));

describe('a folder', () => {
  test('is searched to its ends, its tree is kept, and results, truths and tiles are no slides', async () => {
    const cwd = slides('s/1.tif', 's/a/1.svs', 's/a/deep/2.tiff', 's/.hidden/3.tif', 's/a/2_mask.png', 's/tiles/images/t.tif');
    save(join(cwd, 's/tiles'), 'dataset.json', '{}');
    save(join(cwd, 's'), 'readme.txt', 'words');
    save(join(cwd, 's'), 'other.czi', 'a slide that is not read');
    // Labels beside the slide that they are named after, and a grey picture that belongs to nothing.
    const grey = await sharp(Buffer.alloc(150 * 100, 1), { raw: { width: 150, height: 100, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    save(join(cwd, 's'), '1.png', grey);
    save(join(cwd, 's/a'), 'grey.png', grey);
    // A mask whose name does not tell.
    await segtileWell(['infer', 's/1.tif', ...look, '-o', 's/a/deep/plain.tif', '--no-history', '--quiet'], { cwd });
    const args = ['infer', 's', ...look, '-o', 's/results', '--json'];
    const ended = await segtileWell(args, { cwd });
    expect(linesOf(ended.stdout).map(({ status, slide }) => [status, slide.path])).toEqual([
      ['done', 's/1.tif'],
      ['done', 's/a/1.svs'],
      ['done', 's/a/deep/2.tiff'],
      ['done', 's/a/grey.png'],
    ]);
    expect(masksIn(join(cwd, 's/results'))).toEqual(['1', 'a/1', 'a/deep/2', 'a/grey'].map((name) => `${name}.mask.ome.tif`));
    expect(ended.stderr).toContain('s: 4 slides; passed over: ');
    expect(ended.stderr).toContain('1 results of segtile (plain.tif)');
    expect(ended.stderr).toContain('2 truths (2_mask.png, 1.png)');
    expect(ended.stderr).toContain('segtile: 4 of 4 slides done\n');
    // One history for all of them.
    expect(readFileSync(join(cwd, 's/results/runs.jsonl'), 'utf8').trim().split('\n')).toHaveLength(4);
    // The results of the run beside the slides are no slides either.
    await segtileWell(['infer', 's', ...look, '-o', 's', '--quiet'], { cwd });
    const again = await segtile(['infer', 's', ...look, '-o', 'elsewhere', '--dry-run', '--json'], { cwd });
    expect(linesOf(again.stdout).filter(({ slide }) => !slide.path.startsWith('s/results'))).toHaveLength(4);
  });

  test('in a circle of links, with links to slides and links to nothing, is searched once', async () => {
    const cwd = slides('s/1.tif', 'store/2.tif');
    symlinkSync('..', join(cwd, 's/up'));
    symlinkSync('../../store', join(cwd, 's', 'more'));
    symlinkSync(join(cwd, 'store'), join(cwd, 's', 'again'));
    symlinkSync('/nowhere/3.tif', join(cwd, 's/3.tif'));
    const ended = await segtile(['infer', 's', ...look, '-o', 'out', '--json', '--quiet'], { cwd });
    expect(ended.code).toBe(1);
    const lines = linesOf(ended.stdout);
    expect(lines.filter(({ status }) => status === 'done').map(({ slide }) => slide.path)).toEqual([
      's/1.tif',
      's/again/2.tif',
    ]);
    expect(lines.find(({ status }) => status === 'failed')?.slide.path).toBe('s/3.tif');
  });

  test.skipIf(process.getuid?.() === 0)('that may not be read fails, and the others do not', async () => {
    const cwd = slides('s/1.tif', 's/closed/2.tif');
    chmodSync(join(cwd, 's/closed'), 0);
    const ended = await segtile(['infer', 's', ...look, '-o', 'out', '--quiet'], { cwd });
    chmodSync(join(cwd, 's/closed'), 0o755);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('the folder s/closed may not be read');
    expect(masksIn(join(cwd, 'out'))).toEqual(['1.mask.ome.tif']);
  });

  test('without a slide is told with what lies there', async () => {
    const cwd = slides('s/1_mask.tif');
    const ended = await segtile(['infer', 's', ...look], { cwd });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('the folder s holds no slide (s: 0 slides; passed over: 1 truths (1_mask.tif))');
    expect(ended.stderr).toContain('hint: slides end in .tif');
    expect(existsSync(join(cwd, 'segtile-out'))).toBe(false);
  });
});

test('a pattern finds what it matches, as deep as it says', async () => {
  const cwd = slides('s/1.tif', 's/a/2.svs', 's/a/b/3.tif', 's/[4].tif', 's/a/5.png_');
  const found = async (...given: string[]): Promise<string[]> => {
    const ended = await segtile(['infer', ...given, ...look, '--dry-run', '--json', '--quiet'], { cwd });
    return linesOf(ended.stdout).map(({ slide, error }) => error?.message ?? slide.path);
  };
  expect(await found('s/*.tif')).toEqual(['s/1.tif', 's/[4].tif']);
  expect(await found('s/**/*.{tif,svs}')).toEqual(['s/1.tif', 's/[4].tif', 's/a/2.svs', 's/a/b/3.tif']);
  expect(await found('*/?/*')).toEqual(['s/a/2.svs']);
  // A file of that very name is meant.
  expect(await found('s/[4].tif', './s/1.tif')).toEqual(['s/[4].tif', './s/1.tif']);
  // Asked for twice, looked at once.
  expect(await found('s/1.tif', 's', 's/*.tif')).toHaveLength(4);
  expect(await found('s/*.ndpi')).toEqual(['nothing that matches s/*.ndpi is a slide']);
});

test('two slides of one name in a folder fail, alone, and what failed can be run again with its places', async () => {
  const cwd = slides('s/1.tif', 's/a/2.tif', 's/a/2.svs', 's/b/2.svs');
  writeFileSync(join(cwd, 's/b/3.tif'), 'no image');
  const args = [...look, '-o', 'out', '--json'];
  const ended = await segtile(['infer', 's', ...args], { cwd });
  expect(ended.code).toBe(1);
  expect(masksIn(join(cwd, 'out'))).toEqual(['1.mask.ome.tif', 'b/2.mask.ome.tif']);
  expect(ended.stderr).toContain('s/a/2.svs and s/a/2.tif would both be written as out/a/2.*');
  expect(ended.stderr).toMatch(/segtile: 2 of 5 slides done, 3 failed\n( {2}s\/.*\n){1}/);
  expect(ended.stderr).toContain('run them again with --from out/failed.csv');
  const failed = readFileSync(join(cwd, 'out/failed.csv'), 'utf8').trim().split('\n');
  expect(failed[0]).toBe('slide,mpp,roi,tissue,output,error');
  expect(failed.slice(1).map((line) => line.split(',').slice(0, 5).join())).toEqual([
    `${cwd}/s/a/2.svs,,,,a`,
    `${cwd}/s/a/2.tif,,,,a`,
    `${cwd}/s/b/3.tif,,,,b`,
  ]);
  // One is mended, and one is taken away: its line stays until it is run.
  cpSync(join(made, 'slide.tif'), join(cwd, 's/b/3.tif'));
  writeFileSync(
    join(cwd, 'again.csv'),
    readFileSync(join(cwd, 'out/failed.csv'), 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith(`${cwd}/s/a/2.svs`))
      .join('\n'),
  );
  const some = await segtileWell(['infer', '--from', 'again.csv', ...args], { cwd });
  expect(linesOf(some.stdout).map(({ mask }) => mask!.path)).toEqual(['out/a/2.mask.ome.tif', 'out/b/3.mask.ome.tif']);
  expect(readFileSync(join(cwd, 'out/failed.csv'), 'utf8').trim().split('\n')).toHaveLength(2);
  rmSync(join(cwd, 'out/a/2.mask.ome.tif'));
  rmSync(join(cwd, 'out/a/2.run.json'));
  await segtileWell(['infer', '--from', 'out/failed.csv', ...args], { cwd });
  expect(existsSync(join(cwd, 'out/failed.csv'))).toBe(false);
});

test('a list of failures is not put in place of another file', async () => {
  const cwd = slides('s/1.tif');
  writeFileSync(join(cwd, 's/2.tif'), 'no image');
  mkdirSync(join(cwd, 'out'));
  save(join(cwd, 'out'), 'failed.csv', 'mine\n');
  const ended = await segtile(['infer', 's', ...look, '-o', 'out', '--quiet'], { cwd });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('out/failed.csv is not a list of failures that segtile wrote');
  expect(readFileSync(join(cwd, 'out/failed.csv'), 'utf8')).toBe('mine\n');
});

describe('a tree of slides with its truth', () => {
  /** Two sites that have a slide of one name, with truth laid out like them. */
  function study(): string {
    const cwd = slides('s/a/1.tif', 's/b/1.tif', 's/b/2.tif', 's/b/2.svs');
    for (const [place, label] of [
      ['a/1', 1],
      ['b/1', 2],
      ['b/2', 1],
    ] as const) {
      mkdirSync(dirname(join(cwd, 'truth', place)), { recursive: true });
      writeFileSync(
        join(cwd, `truth/${place}.geojson`),
        JSON.stringify({
          type: 'Feature',
          properties: { classification: { name: `class ${label}` } },
          geometry: {
            type: 'Polygon',
            coordinates: [
              [
                [10, 10],
                [90, 10],
                [90, 90],
                [10, 90],
                [10, 10],
              ],
            ],
          },
        }),
      );
    }
    return cwd;
  }
  const cut = ['make-dataset', 's', '--window', '50', '--tissue', 'none', '--quiet'];

  test('makes a dataset of which namesakes in one folder are left out', async () => {
    const cwd = study();
    const ended = await segtile([...cut, '--truth', 'truth', '--json'], { cwd });
    expect(ended.code, ended.stderr).toBe(2);
    expect(ended.stderr).toContain('would both be called b_2');
    expect(ended.stderr).toContain('segtile: 2 of 4 slides done');
    const lines = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ slide }) => slide).map(({ status, slide }) => [status, slide.path])).toEqual([
      ['failed', 's/b/2.svs'],
      ['failed', 's/b/2.tif'],
      ['done', 's/a/1.tif'],
      ['done', 's/b/1.tif'],
    ]);
    const tiles = filesIn(join(cwd, 'segtile-dataset/images')).map((name) => name.slice(0, 3));
    expect(new Set(tiles)).toEqual(new Set(['a_1', 'b_1']));
    const { failures } = JSON.parse(readFileSync(join(cwd, 'segtile-dataset/dataset.json'), 'utf8'));
    expect(failures).toHaveLength(2);
  });

  test('may not take one truth for two slides', async () => {
    const cwd = study();
    rmSync(join(cwd, 's/b/2.svs'));
    for (const name of ['1', '2']) cpSync(join(cwd, `truth/b/${name}.geojson`), join(cwd, `flat/${name}.geojson`));
    const ended = await segtile([...cut, '--truth', 'flat'], { cwd });
    expect([ended.code, ended.stderr]).toEqual([
      1,
      expect.stringContaining('flat/1.geojson is named as s/a/1.tif and as s/b/1.tif'),
    ]);
    const info = await segtileWell(['info', 's', '--json'], { cwd });
    expect(info.stdout.trim().split('\n')).toHaveLength(3);
    const compare = await segtile(['compare', 's', '--truth', 'truth', '-m', join(made, 'red.onnx'), '--tile', '64'], { cwd });
    expect([compare.code, compare.stderr]).toEqual([2, expect.stringContaining('have the same name')]);
  });

  test('a list says the size of pixels of a slide to make-dataset', async () => {
    const cwd = study();
    save(cwd, 'one.csv', `slide,mpp,roi,tissue\ns/a/1.tif,0.25,truth/a/1.geojson,none\n`);
    const args = [
      'make-dataset',
      '--from',
      'one.csv',
      '--truth',
      'truth/a/1.geojson',
      '--window',
      '50',
      '--mpp',
      '0.5',
      '--quiet',
    ];
    await segtileWell(args, { cwd });
    const size = (): object => JSON.parse(readFileSync(join(cwd, 'segtile-dataset/dataset.json'), 'utf8')).slides[0];
    // At half the resolution the slide has 75 x 50 px.
    expect(JSON.stringify(size())).toContain('"width":75,"height":50');
    // What was cut at another resolution is not kept.
    save(cwd, 'one.csv', `slide,mpp\ns/a/1.tif,0.5\n`);
    await segtileWell([...args, '--resume'], { cwd });
    expect(JSON.stringify(size())).not.toContain('"width":75,"height":50');
  });
});
