import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { RunRecord } from '../../../dist/pipeline/records/record.js';
import { classifier, dividingClassifier, redClassifier } from '../../model/classifiers.ts';
import { channelNetwork, unet } from '../../model/networks.ts';
import { folder, type Paint, readMask, readPlanes, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const WIDTH = 320;
const HEIGHT = 192;

/** Red is bright in the left half alone, green everywhere. */
const halves: Paint = (x, y) => [x < WIDTH / 2 ? 220 : 30, 150 + (speckled(x, y)[0] >> 2), 60];

/** A folder with the slide, a model that finds `green` where green is above 0.605, and classifiers of red. */
async function scene(): Promise<{ cwd: string; infer: (...words: readonly string[]) => Promise<RunRecord> }> {
  const cwd = folder();
  await writeSlide(join(cwd, 'slide.tif'), WIDTH, HEIGHT, halves, { mpp: 1 });
  save(cwd, 'model.onnx', channelNetwork(1));
  save(cwd, 'model.segtile.json', JSON.stringify({ activation: 'none', classes: [{ name: 'green', threshold: 0.605 }] }));
  save(cwd, 'gate.onnx', redClassifier(0.5));
  save(cwd, 'gate.segtile.json', JSON.stringify({ window: 32, stride: 32, mpp: 2, classes: [{ name: 'green' }] }));
  const common = ['slide.tif', '-m', 'model.onnx', '--window', '64', '--margin', '0', '--tissue', 'none', '--no-history'];
  const infer = async (...words: readonly string[]) =>
    JSON.parse((await segtileWell(['infer', ...common, '--json', ...words], { cwd })).stdout);
  return { cwd, infer };
}

test('windows in which a gate finds nothing are not run, and are background that was looked at', async () => {
  const { cwd, infer } = await scene();
  const all = await infer('-o', 'all');
  const gated = await infer('-o', 'gated', '--gate', 'gate.onnx:green=0.5', '--probabilities', 'float32');
  // The gate's windows cover 64 px of the model's image: that from 128 on has a mean of red below 0.5. Windows of 64 px from 128
  // on see no other, five of nine columns.
  expect(all).toMatchObject({ windows: { planned: 45, run: 45 }, gates: null, coverage: 1 });
  expect(gated).toMatchObject({
    windows: { planned: 45, run: 20, skipped: 25 },
    coverage: 1,
    gates: [{ file: 'gate.onnx', mpp: 2, least: { green: 0.5 }, judged: 45, denied: 25, share: 0.555556 }],
  });
  const [before, after] = [
    await readMask(join(cwd, 'all/slide.mask.ome.tif')),
    await readMask(join(cwd, 'gated/slide.mask.ome.tif')),
  ];
  const { planes } = await readPlanes(join(cwd, 'gated/slide.probabilities.ome.tif'));
  let kept = 0;
  for (let i = 0; i < after.data.length; i++) {
    const isRun = i % WIDTH < 96 + 64;
    expect(after.data[i]).toBe(isRun ? before.data[i] : 0);
    if (!isRun) expect(planes[0]![i]).toBe(0);
    kept += after.data[i]!;
  }
  expect(kept).toBeGreaterThan(1000);
});

test('shards, a plan and words of a gated run', async () => {
  const { cwd, infer } = await scene();
  const gate = ['--gate', 'gate.onnx:0.5', '--probabilities', 'float32'];
  await infer('-o', 'whole', ...gate);
  for (const shard of ['1/2', '2/2']) await infer('-o', 'parts', '--shard', shard, '--shard-rows', ...gate);
  await segtileWell(['merge', 'parts'], { cwd });
  for (const name of ['slide.mask.ome.tif', 'slide.probabilities.ome.tif'])
    expect(readFileSync(join(cwd, 'parts', name)).equals(readFileSync(join(cwd, 'whole', name)))).toBe(true);
  const common = [
    'infer',
    'slide.tif',
    '-m',
    'model.onnx',
    '--window',
    '64',
    '--margin',
    '0',
    '--tissue',
    'none',
    '--no-history',
  ];
  const { stdout } = await segtileWell([...common, '--dry-run', ...gate], { cwd });
  expect(stdout).toMatch(/gate: gate\.onnx finds no green of 0\.5 or more in 25 of 45 windows \(56 %\)/);
  expect(stdout).toMatch(/25 denied by the gate, 20 to run/);
  const other = await segtile([...common, '-o', 'whole', '--gate', 'gate.onnx:0.6'], { cwd });
  expect(other.stderr).toMatch(/--gate is another file now|--gate was .*0\.5.*, is .*0\.6.* now/);
});

test('classes that exclude each other: what a gate denied is background with certainty', async () => {
  const { cwd } = await scene();
  save(cwd, 'two.onnx', unet(0.02, { channels: 3 }));
  const { stdout } = await segtileWell(
    [
      'infer',
      'slide.tif',
      '-m',
      'two.onnx',
      '--window',
      '64',
      '--tissue',
      'none',
      '--no-history',
      '--json',
      '--probabilities',
      'float32',
      '--blend-space',
      'logits',
      '--gate',
      'gate.onnx:0.5',
    ],
    { cwd },
  );
  expect(JSON.parse(stdout)).toMatchObject({ coverage: 1, gates: [{ denied: 25 }] });
  const { planes } = await readPlanes(join(cwd, 'segtile-out/slide.probabilities.ome.tif'));
  const at = 5 * WIDTH + WIDTH - 5;
  expect(planes.map((plane) => plane[at])).toEqual([1, 0, 0]);
  const left = 5 * WIDTH + 5;
  expect(planes.reduce((sum, plane) => sum + plane[left]!, 0)).toBeCloseTo(1, 5);
});

test('a class is dropped where a veto denies it, by window or by slide', async () => {
  const { cwd, infer } = await scene();
  save(cwd, 'never.onnx', redClassifier(2));
  save(cwd, 'never.segtile.json', JSON.stringify({ window: 32, classes: [{ name: 'green' }] }));
  const none = await infer('-o', 'none');
  const some = await infer('-o', 'some', '--veto', 'gate.onnx:green=0.5');
  const slide = await infer('-o', 'slide', '--veto', 'gate.onnx:green=0.5', '--veto-by', 'slide');
  const never = await infer('-o', 'never', '--veto', 'never.onnx:green=0.5', '--veto-by', 'slide');
  expect([none, some, slide, never].map(({ windows }) => windows.run)).toEqual([45, 45, 45, 45]);
  expect(some).toMatchObject({ coverage: 1, vetoes: [{ denied: 25, judged: 45 }] });
  const masks = await Promise.all(
    ['none', 'some', 'slide', 'never'].map((name) => readMask(join(cwd, name, 'slide.mask.ome.tif'))),
  );
  const [all, dropped, kept, gone] = masks.map(({ data }) => data) as [Buffer, Buffer, Buffer, Buffer];
  for (let i = 0; i < all.length; i++) expect(dropped[i]).toBe(i % WIDTH < 160 ? all[i] : 0);
  expect(kept.equals(all)).toBe(true);
  expect(gone.every((label) => label === 0)).toBe(true);
});

test('compare says what each gate saves in windows, and costs in Dice', async () => {
  const { cwd, infer } = await scene();
  save(cwd, 'never.onnx', redClassifier(2));
  save(cwd, 'never.segtile.json', JSON.stringify({ window: 32, classes: [{ name: 'green' }] }));
  await infer('-o', 'all');
  const { data } = await readMask(join(cwd, 'all/slide.mask.ome.tif'));
  // What is left of 200 is true: the gate, which lets through what is left of 160, loses some of it and all that is false.
  const truth = data.map((label, i) => (i % WIDTH < 200 ? label : 0));
  const image = sharp(truth, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } });
  await image.toColourspace('b-w').png().toFile(join(cwd, 'truth.png'));
  const count = (from: number, to: number): number =>
    data.filter((label, i) => label > 0 && i % WIDTH >= from && i % WIDTH < to).length;
  const common = [
    'slide.tif',
    '--truth',
    'truth.png',
    '-m',
    'model.onnx',
    '--tile',
    '64/32',
    '--margin',
    '0',
    '--tissue',
    'none',
  ];
  const gates = ['--gate', 'none,gate.onnx:green=0.5,never.onnx:0.5', '--no-report', '--no-history', '-o', 'compared'];
  const { stdout } = await segtileWell(['compare', ...common, ...gates], { cwd });
  const { variants } = JSON.parse(readFileSync(join(cwd, 'compared/compare.json'), 'utf8'));
  expect(variants).toMatchObject([
    { variant: 'tile 64/32, gate none', windows: { run: 45, skipped: 0 } },
    { variant: 'tile 64/32, gate gate.onnx:green=0.5', windows: { run: 20, skipped: 25 } },
    { variant: 'tile 64/32, gate never.onnx:0.5', windows: { run: 0, skipped: 45 } },
  ]);
  const wanted = [
    (2 * count(0, 200)) / (count(0, 200) + count(0, WIDTH)),
    (2 * count(0, 160)) / (count(0, 200) + count(0, 160)),
    0,
  ];
  for (const [i, dice] of wanted.entries()) expect(variants[i].dice).toBeCloseTo(dice, 6);
  for (const { variant } of variants) expect(stdout).toContain(variant);
});

test('a gate follows --nan: an error, or its window has no score and denies nothing', async () => {
  const { cwd } = await scene();
  // Grey on the right, where red less green is 0; red prevails a little in a stripe of the left, and is less than green elsewhere.
  await writeSlide(
    join(cwd, 'flat.tif'),
    WIDTH,
    HEIGHT,
    (x) => (x < 64 ? [20, 150, 60] : x < 128 ? [220, 30, 60] : [90, 90, 90]),
    { mpp: 1 },
  );
  save(cwd, 'dividing.onnx', dividingClassifier());
  save(
    cwd,
    'dividing.segtile.json',
    JSON.stringify({ window: 64, stride: 64, activation: 'none', classes: [{ name: 'green' }] }),
  );
  const common = [
    'flat.tif',
    '-m',
    'model.onnx',
    '--window',
    '64',
    '--stride',
    '64',
    '--margin',
    '0',
    '--tissue',
    'none',
    '--no-history',
  ];
  const gated = ['infer', ...common, '--gate', 'dividing.onnx:0.5', '--json'];
  const refused = await segtile([...gated, '-o', 'refused'], { cwd });
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/--nan skip/)]);
  const { stdout } = await segtileWell([...gated, '--nan', 'skip', '-o', 'skipped'], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ windows: { run: 12 }, gates: [{ judged: 15, denied: 3 }] });
});

test('what a gate does not say is asked for', async () => {
  const { cwd } = await scene();
  save(cwd, 'three.onnx', classifier({ side: 64 }));
  const refusal = async (...words: readonly string[]) =>
    (await segtile(['infer', 'slide.tif', '-m', 'model.onnx', '--window', '64', '--tissue', 'none', ...words], { cwd })).stderr;
  expect(await refusal('--gate', 'gate.onnx')).toMatch(
    /expected a network and probabilities above 0 for --gate but got "gate.onnx"/,
  );
  expect(await refusal('--gate', 'gate.onnx:green=2')).toMatch(/expected a network and probabilities above 0/);
  expect(await refusal('--gate', 'gate.onnx:red=0.2')).toMatch(/gate\.onnx has no class "red" for --gate/);
  expect(await refusal('--gate', 'three.onnx:0.2')).toMatch(/three\.onnx has 2 classes, and --gate does not say which counts/);
  expect(await refusal('--veto', 'gate.onnx:blue=0.2')).toMatch(/--veto of gate\.onnx is on the class "blue"/);
  expect(await refusal('--veto-by', 'slide')).toMatch(/--veto-by is given without --veto/);
});
