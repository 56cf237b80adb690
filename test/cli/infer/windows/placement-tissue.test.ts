import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { folder, readMask, segtile, segtileWell } from '../../door.ts';
import { makeTissueScene } from './tissue-scene.ts';

const cwd = folder();
const [width, height] = [1400, 1100];
/** Fragments, as they lie. */
const inFragment = await makeTissueScene(cwd, { width, height }, [
  [90, 70, 150, 120],
  [700, 60, 110, 130],
  [1290, 480, 100, 100],
  [330, 620, 400, 110],
  [10, 990, 60, 100],
]);

const shared = [
  'infer',
  'slide.tif',
  '-m',
  'net.onnx',
  '--device',
  'cpu',
  '--no-preview',
  '--no-history',
  '--border',
  'mirror',
];
const windows = ['--window', '128', '--tissue', 'tissue.png', '--plan', 'auto', '--prove'];

async function run(out: string, ...more: readonly string[]) {
  const { stderr } = await segtileWell([...shared, '-o', out, ...more], { cwd });
  const path = join(cwd, out, 'slide.mask.ome.tif');
  return {
    stderr,
    record: JSON.parse(readFileSync(join(cwd, out, 'slide.run.json'), 'utf8')),
    bytes: readFileSync(path),
    mask: await readMask(path),
  };
}

test('--placement tissue shows the network less, and all tissue has the labels that it has in a fixed grid', async () => {
  const laid = await run('laid', ...windows, '--placement', 'tissue');
  const fixed = await run('fixed', ...windows);
  expect(laid.record.settings).toMatchObject({ placement: 'tissue', phase: 4, margin: 16, stride: { width: 96, height: 96 } });
  expect(laid.record.windows.run).toBeLessThan(fixed.record.windows.run);
  expect(laid.record.windows.seenPixels).toBeLessThan(fixed.record.windows.seenPixels);
  expect(laid.record.windows.fixed).toBe(fixed.record.windows.run);
  expect(laid.stderr).toContain(`${laid.record.windows.run} to run where a fixed grid takes ${fixed.record.windows.run}`);
  let positive = 0;
  for (let i = 0; i < width * height; i++) {
    if (!inFragment(i % width, Math.floor(i / width))) continue;
    expect(laid.mask.data[i]).toBe(fixed.mask.data[i]);
    positive += Number(laid.mask.data[i]! > 0);
  }
  expect(positive).toBeGreaterThan(1000);
  expect(laid.record.proof).toMatchObject({ labelsDiffer: 0, warning: null });
});

test('its bytes are those of any number of workers, and of shards together', async () => {
  const options = [...windows, '--placement', 'tissue', '--tta-scales', '1,1.25'];
  const whole = await run('whole', ...options, '--workers', '1');
  expect((await run('more', ...options, '--workers', '3')).bytes.equals(whole.bytes)).toBe(true);
  for (const shard of ['1/3', '2/3', '3/3'])
    await segtileWell([...shared, ...options, '-o', 'parts', '--shard', shard, '--shard-rows'], { cwd });
  await segtileWell(['merge', 'parts'], { cwd });
  expect(readFileSync(join(cwd, 'parts', 'slide.mask.ome.tif')).equals(whole.bytes)).toBe(true);
});

test('a slide without tissue has an empty mask, and dense windows may follow tissue as well', async () => {
  await sharp({ create: { width, height, channels: 3, background: '#000' } })
    .toColourspace('b-w')
    .png()
    .toFile(join(cwd, 'none.png'));
  const none = await run('none', '--window', '128', '--tissue', 'none.png', '--placement', 'tissue');
  expect(none.record).toMatchObject({ windows: { run: 0 }, coverage: 0 });
  const dense = await run('dense', '--window', '128', '--tissue', 'tissue.png', '--placement', 'tissue');
  const all = await run('all', '--window', '128', '--tissue', 'tissue.png');
  expect(dense.record.windows.run).toBeLessThan(all.record.windows.run);
});

test.each([
  [['--tissue', 'none'], '--placement tissue lays windows where tissue is, but --tissue none looks for none'],
  [['--tissue', 'hubmap'], '--placement tissue lays windows where tissue is, but --tissue hubmap judges windows'],
  [['--report-disagreement'], '--report-disagreement compares the neighbours of a fixed grid, but --placement is tissue'],
])('%j is refused with it', async (args, message) => {
  const { code, stderr } = await segtile([...shared, '--placement', 'tissue', ...args], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
