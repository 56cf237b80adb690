import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, readMask, readPlanes, segtileWell } from '../../door.ts';
import { makeTissueScene } from './tissue-scene.ts';

const cwd = folder();
const [width, height] = [1500, 1100];
/** Tissue of several forms, one of which reaches the border. */
const isTissue = await makeTissueScene(cwd, { width, height }, [
  [40, 60, 300, 200],
  [700, 420, 420, 330],
  [1400, 1000, 100, 100],
]);

const shared = ['infer', 'slide.tif', '-m', 'net.onnx', '--device', 'cpu', '--no-preview', '--no-history'];
const tissue = ['--tissue', 'tissue.png', '--window', '512'];
const auto = [...tissue, '--plan', 'auto'];

async function run(out: string, ...more: readonly string[]) {
  const { stderr } = await segtileWell([...shared, '-o', out, ...more], { cwd });
  const path = join(cwd, out, 'slide.mask.ome.tif');
  const record = JSON.parse(readFileSync(join(cwd, out, 'slide.run.json'), 'utf8'));
  return { stderr, record, bytes: readFileSync(path), mask: await readMask(path) };
}

/** The largest difference of two probabilities of a pixel of tissue; a pixel without is a failure. */
async function differenceOnTissue(one: string, other: string): Promise<number> {
  const [a, b] = await Promise.all(
    [one, other].map(async (out) => (await readPlanes(join(cwd, out, 'slide.probabilities.ome.tif'))).planes),
  );
  let largest = 0;
  for (const [channel, plane] of a!.entries()) {
    for (let i = 0; i < width * height; i++) {
      if (!isTissue(i % width, Math.floor(i / width))) continue;
      const difference = Math.abs(plane[i]! - b![channel]![i]!);
      if (Number.isNaN(difference)) throw new Error(`no score at ${i % width}, ${Math.floor(i / width)}`);
      largest = Math.max(largest, difference);
    }
  }
  return largest;
}

test.each([
  ['whole windows give at the same places', 'keep', '480x480'],
  ['windows give that overlap by half', 'mirror', '248x248'],
])('tissue has the scores that %s, with --border %s', async (_, border, stride) => {
  const rest = ['--border', border, '--probabilities', 'float32'];
  const cut = await run(`cut-${border}`, ...auto, ...rest, '--prove');
  const whole = ['--stride', stride, '--margin', '16', '--placement', 'aligned'];
  const dense = await run(`dense-${border}`, ...tissue, ...rest, ...whole);
  expect(await differenceOnTissue(`cut-${border}`, `dense-${border}`)).toBeLessThan(1e-5);
  expect(cut.mask.data.filter((label) => label > 0).length).toBeGreaterThan(10_000);
  expect(cut.record.settings).toMatchObject({ cutsToTissue: true, window: { width: 512, height: 512 } });
  expect(dense.record.settings.cutsToTissue).toBe(false);
  const { run: windows, seenPixels } = cut.record.windows;
  expect(seenPixels).toBeLessThan(0.75 * windows * 512 ** 2);
  expect(dense.record.windows.seenPixels).toBe(dense.record.windows.run * 512 ** 2);
  expect(cut.stderr).toContain(`${windows} to run, cut to tissue`);
  expect(cut.record.coverage).toBeLessThan(dense.record.coverage);
  expect(cut.record.proof.largest).toBeLessThan(1e-5);
  expect(cut.record.proof.pixels).toBeGreaterThan(10_000);
});

test('its bytes are those of any number of workers and of shards together; batches, of whole windows, have its scores', async () => {
  const whole = await run('whole', ...auto, '--workers', '1');
  expect((await run('more', ...auto, '--workers', '3')).bytes.equals(whole.bytes)).toBe(true);
  // Batches have windows of one size.
  await run('batch', ...auto, '--batch', '2', '--probabilities', 'float32');
  expect(await differenceOnTissue('batch', 'cut-keep')).toBeLessThan(1e-5);
  for (const shard of ['1/3', '2/3', '3/3'])
    await segtileWell([...shared, ...auto, '-o', 'parts', '--shard', shard, '--shard-rows'], { cwd });
  await segtileWell(['merge', 'parts'], { cwd });
  expect(readFileSync(join(cwd, 'parts', 'slide.mask.ome.tif')).equals(whole.bytes)).toBe(true);
});

test.each([
  ['turned', ['--tta', 'flips']],
  ['looked at one by one', ['--report-disagreement']],
  ['of two scales', ['--tta-scales', '1,0.5']],
  ['without tissue to cut to', ['--tissue', 'none']],
])('windows are whole where they are %s', async (name, more) => {
  const { record } = await run(`not-${name}`, ...auto, ...more);
  expect(record.settings.cutsToTissue).toBe(false);
});
