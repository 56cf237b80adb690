import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { type ClassifierForm, classifier, redClassifier } from '../../model/classifiers.ts';
import { farthest } from '../../model/run.ts';
import { folder, painted, readPlanes, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const WIDTH = 200;
const HEIGHT = 150;
const SIDE = 64;

/** What a plain loop over windows gives: the probabilities of each window, in the order of rows. */
async function loop(form: ClassifierForm, starts: readonly (readonly [x: number, y: number])[]) {
  const { batch: _, layout = 'nchw', ...own } = form;
  const bytes = classifier({ ...own, layout });
  const session = await InferenceSession.create(bytes);
  const rgb = painted(WIDTH, HEIGHT, speckled);
  const found: number[][] = [];
  for (const [left, top] of starts) {
    const image = new Float32Array(3 * SIDE * SIDE);
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++)
        for (let c = 0; c < 3; c++)
          image[layout === 'nchw' ? (c * SIDE + y) * SIDE + x : (y * SIDE + x) * 3 + c] =
            rgb[((top + y) * WIDTH + left + x) * 3 + c]! / 255;
    const dims = layout === 'nchw' ? [1, 3, SIDE, SIDE] : [1, SIDE, SIDE, 3];
    const { scores } = await session.run({ image: new Tensor('float32', image, dims) });
    const logits = [...(scores!.data as Float32Array)];
    const sum = logits.reduce((total, value) => total + Math.exp(value), 0);
    found.push(logits.map((value) => Math.exp(value) / sum));
  }
  await session.release();
  return found;
}

const sideBySide = [0, 64, HEIGHT - SIDE].flatMap((y) => [0, 64, 128, WIDTH - SIDE].map((x) => [x, y] as const));

async function started(form: ClassifierForm, ...words: readonly string[]) {
  const cwd = folder();
  const slide = await writeSlide(join(cwd, 'slide.tif'), WIDTH, HEIGHT, speckled);
  const bytes = classifier(form);
  save(cwd, 'm.onnx', bytes);
  const classes = ['--classes', 'a,b,c', '--tissue', 'none', '--probabilities', 'float32', '--no-history', '--json'];
  const { stdout } = await segtileWell(['infer', slide, '-m', 'm.onnx', ...classes, ...words, '-o', 'out'], { cwd });
  return { cwd, record: JSON.parse(stdout), planes: (await readPlanes(join(cwd, 'out/slide.probabilities.ome.tif'))).planes };
}

const forms: readonly ClassifierForm[] = [
  {},
  { side: SIDE, batch: 2 },
  { head: 'ReduceMean, MatMul, Add', layout: 'nhwc' },
  { head: 'GlobalAveragePool, Conv' },
  { head: 'Flatten, Gemm', side: SIDE },
];

test.each(forms)('a classifier %o gives what a plain loop gives, in its map and in its table', async (form) => {
  const words = ['--window', '64', '--stride', '64', '--blend', 'none', '--window-scores', 'csv,geojson'];
  const { cwd, record, planes } = await started(form, ...words);
  const expected = await loop(form, sideBySide);
  expect(record).toMatchObject({ settings: { margin: 0 }, windowScores: { windows: 12 } });
  // The middle of a window belongs to it alone, but for the last column, which overlaps the one before.
  for (const [index, [left, top]] of sideBySide.entries()) {
    const [x, y] = [left === 128 ? left + 2 : left + SIDE - 2, top === 64 ? top + 2 : top + SIDE - 2];
    const seen = [0, 1, 2].map((c) => planes[c]![y * WIDTH + x]!);
    expect(farthest(seen, expected[index]!)).toBeLessThan(1e-5);
  }
  const [head, ...rows] = readFileSync(join(cwd, 'out/slide.windows.csv'), 'utf8').trim().split('\n');
  expect(head).toBe('minx,miny,width,height,prob_a,prob_b,prob_c');
  const numbers = rows.map((row) => row.split(',').map(Number));
  expect(numbers.map((row) => row.slice(0, 4))).toEqual(sideBySide.map(([x, y]) => [x, y, SIDE, SIDE]));
  expect(
    farthest(
      numbers.flatMap((row) => row.slice(4)),
      expected.flat(),
    ),
  ).toBeLessThan(1e-5);
  const { features } = JSON.parse(readFileSync(join(cwd, 'out/slide.windows.geojson'), 'utf8'));
  expect(features).toHaveLength(12);
  expect(features[1]).toMatchObject({
    geometry: {
      coordinates: [
        [
          [64, 0],
          [128, 0],
          [128, 64],
          [64, 64],
          [64, 0],
        ],
      ],
    },
    properties: { objectType: 'tile', measurements: { prob_a: numbers[1]![4] } },
  });
});

test('windows that overlap are averaged by the weights of the blend', async () => {
  const { planes } = await started({}, '--window', '64', '--stride', '32', '--blend', 'constant');
  const starts = [0, 32, 64, HEIGHT - SIDE].flatMap((y) => [0, 32, 64, 96, 128, WIDTH - SIDE].map((x) => [x, y] as const));
  const expected = await loop({}, starts);
  for (const [x, y] of [
    [3, 3],
    [40, 20],
    [100, 80],
    [199, 149],
  ] as const) {
    const over = starts.flatMap(([left, top], i) =>
      x >= left && x < left + SIDE && y >= top && y < top + SIDE ? [expected[i]!] : [],
    );
    const mean = [0, 1, 2].map((c) => over.reduce((sum, each) => sum + each[c]!, 0) / over.length);
    expect(
      farthest(
        [0, 1, 2].map((c) => planes[c]![y * WIDTH + x]!),
        mean,
      ),
    ).toBeLessThan(1e-5);
  }
});

test('the table of a run in shards and with logits is that of one run', async () => {
  const cwd = folder();
  const slide = await writeSlide(join(cwd, 'slide.tif'), WIDTH, HEIGHT, speckled);
  save(cwd, 'm.onnx', classifier());
  const common = [
    'infer',
    slide,
    '-m',
    'm.onnx',
    '--window',
    '64',
    '--tissue',
    'none',
    '--window-scores',
    'csv',
    '--no-history',
  ];
  await segtileWell([...common, '-o', 'whole'], { cwd });
  await segtileWell([...common, '--blend-space', 'logits', '-o', 'logits'], { cwd });
  for (const shard of ['1/2', '2/2']) await segtileWell([...common, '--shard', shard, '--shard-rows', '-o', 'parts'], { cwd });
  await segtileWell(['merge', 'parts'], { cwd });
  const table = (name: string) => readFileSync(join(cwd, name, 'slide.windows.csv'), 'utf8');
  expect(table('parts')).toBe(table('whole'));
  const numbers = (name: string) =>
    table(name)
      .trim()
      .split('\n')
      .slice(1)
      .flatMap((row) => row.split(',').map(Number));
  expect(farthest(numbers('logits'), numbers('whole'))).toBeLessThan(1e-6);
});

test('an ensemble, turns and bytes go through a classifier as through any network', async () => {
  const cwd = folder();
  const slide = await writeSlide(join(cwd, 'slide.tif'), WIDTH, HEIGHT, speckled);
  save(cwd, 'a.onnx', classifier());
  save(cwd, 'b.onnx', classifier({ head: 'GlobalAveragePool, Conv' }));
  const common = ['infer', slide, '--window', '64', '--tissue', 'none', '--no-history', '--probabilities', 'float32'];
  await segtileWell([...common, '-m', 'a.onnx', '-o', 'a'], { cwd });
  await segtileWell([...common, '-m', 'a.onnx', '-m', 'a.onnx:2', '-o', 'twice'], { cwd });
  await segtileWell([...common, '-m', 'a.onnx', '--score-type', 'uint8', '--batch', '3', '-o', 'bytes'], { cwd });
  await segtileWell([...common, '-m', 'a.onnx', '-m', 'b.onnx', '--tta', 'd4', '-o', 'both'], { cwd });
  const of = async (name: string) => (await readPlanes(join(cwd, name, 'slide.probabilities.ome.tif'))).planes;
  const [one, twice, bytes] = [await of('a'), await of('twice'), await of('bytes')];
  for (const [channel, plane] of one.entries()) {
    expect(farthest(plane, twice[channel]!)).toBeLessThan(1e-6);
    expect(farthest(plane, bytes[channel]!)).toBeLessThanOrEqual(1 / 510 + 1e-6);
  }
});

test('what is not known of a classifier is asked for', async () => {
  const cwd = folder();
  const slide = await writeSlide(join(cwd, 'slide.tif'), WIDTH, HEIGHT, speckled);
  save(cwd, 'm.onnx', redClassifier(0.5));
  save(cwd, 'map.onnx', redClassifier(0.5));
  save(cwd, 'map.segtile.json', JSON.stringify({ task: 'segmentation' }));
  const refusal = async (...words: readonly string[]) => (await segtile(['infer', slide, ...words], { cwd })).stderr;
  expect(await refusal('-m', 'm.onnx')).toMatch(/m\.onnx classifies windows of any size.*\n.*--window/);
  expect(await refusal('-m', 'map.onnx', '--window', '64')).toMatch(
    /the card says task "segmentation" but .*1 × 1 scores for a window/,
  );
  expect(await refusal('-m', 'nuclei', '--window-scores', 'csv')).toMatch(/--window-scores are for classifiers/);
  const auto = await refusal('-m', 'm.onnx', '--window', '64', '--plan', 'auto', '--dry-run');
  expect(auto).toMatch(/windows overlap as usual, despite --plan auto: m has one score for a whole window/);
});

test('a network that ends in ArgMax labels whole windows', async () => {
  const cwd = folder();
  const slide = await writeSlide(join(cwd, 'slide.tif'), WIDTH, HEIGHT, speckled);
  save(cwd, 'm.onnx', classifier({ head: 'ReduceMean, Gemm, ArgMax' }));
  const words = ['--window', '64', '--blend', 'none', '--tissue', 'none', '--window-scores', 'csv'];
  const { stdout } = await segtileWell(['infer', slide, '-m', 'm.onnx', ...words, '--json'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ coverage: 1, windowScores: { windows: 24 } });
});
