import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readLabelTile } from '../../../dist/truth/images/label-tile.js';
import { readCsv } from '../../dataset/csv.ts';
import { redClassifier } from '../../model/classifiers.ts';
import { channelNetwork } from '../../model/networks.ts';
import { filesIn, folder, type Paint, readMask, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const [width, height] = [256, 192];
const cwd = folder();
const paint: Paint = (x, y) => [90, 60 + (speckled(x >> 3, y >> 3)[0] >> 1), x < 128 ? 60 : 120];
const cut = ['--window', '64', '--tissue', 'none', '--folds', '2', '--split-by', 'region', '--region', '64', '--quiet'];
const predict = (...words: readonly string[]) => segtileWell(['predict-tiles', ...words, '--quiet'], { cwd });

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), width, height, paint, { mpp: 1 });
  // Labels each pixel by itself, so that a tile alone has the labels of the whole slide.
  save(cwd, 'model.onnx', channelNetwork(1));
  const card = { activation: 'none', mpp: 1, classes: [{ name: 'green', threshold: 0.5 }] };
  save(cwd, 'model.segtile.json', JSON.stringify(card));
  await segtileWell(['infer', 'slide.tif', '-m', 'model.onnx', '--tissue', 'none', '--no-history', '-o', 'masks'], { cwd });
  save(cwd, 'pairs.csv', 'slide,truth\nslide.tif,masks/slide.mask.ome.tif\n');
  save(
    cwd,
    'classes.json',
    JSON.stringify({
      classes: [
        { name: 'other', label: 3 },
        { name: 'green', label: 7, values: [1] },
      ],
    }),
  );
  const truth = ['--truth', 'pairs.csv', '--classes', 'classes.json'];
  await segtileWell(['make-dataset', ...truth, ...cut, '-o', 'tiles'], { cwd });
  await segtileWell(['make-dataset', ...truth, ...cut, '--format', 'webdataset', '-o', 'shards'], { cwd });
});

test('a tile is labelled as the whole slide is, with the labels of the dataset', async () => {
  const { stdout } = await predict('tiles/manifest.csv', '-m', 'model.onnx', '-o', 'found');
  expect(stdout).toMatch(/^12 tiles predicted: found/);
  const rows = readCsv(join(cwd, 'tiles'));
  expect(filesIn(join(cwd, 'found'))).toEqual(rows.map(({ tile }) => `${tile}.png`).sort());
  const mask = await readMask(join(cwd, 'masks/slide.mask.ome.tif'));
  let green = 0;
  for (const { tile, x, y } of rows) {
    const name = join(cwd, 'found', `${tile}.png`);
    const found = await readLabelTile(name, readFileSync(name));
    for (let i = 0; i < 64 * 64; i++) {
      const label = mask.data[(Number(y) + (i >> 6)) * width + Number(x) + (i & 63)];
      expect(found.data[i]).toBe(label === 1 ? 7 : 0);
      green += label!;
    }
  }
  expect(green).toBeGreaterThan(1000);
  expect(green).toBeLessThan(width * height - 1000);
});

test('fold by fold into one folder, which find-noise takes as it is; shards too', async () => {
  for (const fold of ['0', '1']) {
    const args = ['tiles/manifest.csv', '-m', 'model.onnx', '--fold', fold, '-o', 'folds', '--json'];
    const record = JSON.parse((await predict(...args)).stdout);
    expect(record.tiles).toBe(readCsv(join(cwd, 'tiles')).filter((row) => row.fold === fold).length);
  }
  await predict('shards/manifest.csv', '-m', 'model.onnx', '-o', 'of-shards');
  for (const [manifest, folder] of [
    ['tiles', 'folds'],
    ['shards', 'of-shards'],
  ]) {
    const args = ['find-noise', `${manifest}/manifest.csv`, '--predictions', folder!, '--pictures', '0', '--json'];
    const { stdout } = await segtileWell(args, { cwd });
    const { tiles, strays, failures, summary } = JSON.parse(stdout);
    expect({ tiles, strays, failures }).toEqual({ tiles: 12, strays: [], failures: [] });
    for (const each of summary) if (each.class === 'green') expect(each.pooled).toBe(1);
  }
  const again = await segtile(['predict-tiles', 'tiles/manifest.csv', '-m', 'model.onnx', '-o', 'folds'], { cwd });
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is there already')]);
});

test.each([
  [[], /no model was given/],
  [['-m', 'model.onnx', '--fold', '5'], /has no tile of fold 5\n.*its parts are train, its folds 0, 1/],
  [['-m', 'coarse.onnx'], /coarse\.onnx works at 2 µm\/px, but the tile slide_x\d+_y\d+ has 1/],
  [['-m', 'named.onnx'], /the dataset has no class "blue", which named\.onnx finds\n.*other, green/],
  [['-m', 'judge.onnx'], /judge\.onnx gives one score for a tile, not labels/],
])('%s is refused', async (words, message) => {
  for (const [name, card] of [
    ['coarse', { activation: 'none', mpp: 2, classes: [{ name: 'green' }] }],
    ['named', { activation: 'none', classes: [{ name: 'blue' }] }],
  ] as const) {
    save(cwd, `${name}.onnx`, channelNetwork(1));
    save(cwd, `${name}.segtile.json`, JSON.stringify(card));
  }
  save(cwd, 'judge.onnx', redClassifier(0.5));
  const { code, stderr } = await segtile(['predict-tiles', 'tiles/manifest.csv', ...words, '-o', 'no'], { cwd });
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  expect(filesIn(cwd).filter((name) => name.startsWith('no/'))).toEqual([]);
});

test('a model that works at a resolution takes no tiles of which none is known', async () => {
  mkdirSync(join(cwd, 'bare'));
  save(cwd, 'bare/dataset.json', readFileSync(join(cwd, 'tiles', 'dataset.json')));
  const [head, ...rows] = readFileSync(join(cwd, 'tiles', 'manifest.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  const at = head!.split(',').indexOf('mpp');
  const bare = rows.map((row) => row.split(',').with(at, '').join(','));
  save(cwd, 'bare/manifest.csv', `${[head, ...bare].join('\n')}\n`);
  const { code, stderr } = await segtile(['predict-tiles', 'bare/manifest.csv', '-m', 'model.onnx', '-o', 'no'], { cwd });
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/works at 1 µm\/px, but that of the tile \S+ is not known\n.*--slide-mpp/),
  ]);
});
