import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork } from '../../model/networks.ts';
import { filesIn, folder, program, readMask, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const cwd = folder();
const look = ['-m', 'red.onnx', '--activation', 'none', '--window', '64', '--no-preview', '--quiet'];

beforeAll(async () => {
  mkdirSync(join(cwd, 'cohort/slides'), { recursive: true });
  await writeSlide(join(cwd, 'cohort/slides/1.tif'), 150, 100, speckled);
  cpSync(join(cwd, 'cohort/slides/1.tif'), join(cwd, 'cohort/slides/2, too.tif'));
  save(cwd, 'red.onnx', channelNetwork(0));
  const left = [
    [
      [0, 0],
      [75, 0],
      [75, 100],
      [0, 100],
      [0, 0],
    ],
  ];
  save(
    join(cwd, 'cohort'),
    'left.geojson',
    JSON.stringify({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: left } }),
  );
});

const list = (name: string, ...lines: string[]): string => {
  save(join(cwd, 'cohort'), name, lines.join('\n'));
  return `cohort/${name}`;
};

describe('a list of slides', () => {
  test('says of each slide what the flags say of all, and beats them', async () => {
    const from = list(
      'all.csv',
      'output,slide,mpp,roi,tissue',
      'left half,slides/1.tif,0.25,left.geojson,none',
      'named/two.tif,"slides/2, too.tif",,,',
    );
    const flags = ['--slide-mpp', '0.5', '--tissue', 'none'];
    const { stdout } = await segtileWell(['infer', '--from', from, ...look, ...flags, '-o', 'all', '--json'], { cwd });
    const [one, two] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([one.slide.mpp, two.slide.mpp]).toEqual([
      { x: 0.25, y: 0.25, source: '--from' },
      { x: 0.5, y: 0.5, source: '--slide-mpp' },
    ]);
    expect([one.settings.region.file, two.settings.region]).toEqual(['cohort/left.geojson', null]);
    expect([one.settings.region.share, one.mask.path, two.mask.path]).toEqual([
      0.5,
      'all/left half/1.mask.ome.tif',
      'all/named/two.tif',
    ]);
    const [half, whole] = await Promise.all([one, two].map(({ mask }) => readMask(join(cwd, mask.path))));
    expect(half!.data.filter((_, i) => i % 150 >= 75).every((label) => label === 0)).toBe(true);
    expect(whole!.data.filter((_, i) => i % 150 >= 75).some((label) => label !== 0)).toBe(true);
    expect(filesIn(join(cwd, 'all'))).toContain('runs.jsonl');
  });

  test('may be a path on each line, from standard input, and a folder', async () => {
    const input = 'cohort/slides/1.tif\n\ncohort/slides/2, too.tif\n';
    const args = [program, 'infer', '--from', '-', ...look, '--tissue', 'none', '--json', '--dry-run'];
    const piped = spawnSync(process.execPath, args, { cwd, input, encoding: 'utf8' });
    expect(piped.stderr).toBe('');
    expect(
      piped.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).slide.path),
    ).toEqual(['cohort/slides/1.tif', 'cohort/slides/2, too.tif']);
    const from = list('folder.csv', '\uFEFFslide,tissue', 'slides,none');
    const found = await segtileWell(['infer', '--from', from, ...look, '--json', '--dry-run'], { cwd });
    expect(found.stdout.trim().split('\n')).toHaveLength(2);
  });

  test.each<[string, string[], string]>([
    ['empty', [''], 'cohort/bad.csv lists no slide'],
    ['columns alone', ['slide,mpp'], 'cohort/bad.csv names columns, but lists no slide'],
    ['an unknown column', ['slide,mp', 'slides/1.tif,1'], 'line 1 has columns that are not known: "mp", did you mean "mpp"?'],
    ['no column slide', ['path,mpp', 'slides/1.tif,1'], 'line 1 has columns that are not known: "path"'],
    ['no slide at all', ['mpp,roi', '0.5,a.png'], 'line 1 has no column slide'],
    ['a column twice', ['slide,mpp,mpp', 'a,1,1'], 'line 1 has the column mpp twice'],
    [
      'cells that are too few',
      ['slide,mpp', 'slides/1.tif,0.5', 'slides/1.tif'],
      'Invalid Record Length: expect 2, got 1 on line 3',
    ],
    [
      'a bad number',
      ['slide,mpp', 'slides/1.tif,0.5', 'a.tif,half', ',0.5'],
      'cohort/bad.csv: line 3 has "half" for mpp, but 0.02 to 20 µm per pixel are expected; line 4 has no slide',
    ],
    ['a size that cannot be', ['slide,mpp', 'slides/1.tif,250'], 'line 2 has "250" for mpp'],
    ['a URL that was cut', ['slide', 'https://a.b/c.tif?...'], 'line 2 has a URL without what stood behind its "?"'],
  ])('%s is refused before anything is run', async (_, lines, message) => {
    const ended = await segtile(['infer', '--from', list('bad.csv', ...lines), ...look, '-o', 'bad'], { cwd });
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toContain(message);
    expect(filesIn(cwd).some((name) => name.startsWith('bad/'))).toBe(false);
  });

  test('that is not there, or a folder, is refused', async () => {
    for (const from of ['none.csv', 'cohort']) {
      const ended = await segtile(['infer', '--from', from, ...look], { cwd });
      expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(`--from ${from} cannot be read`) });
    }
  });
});
