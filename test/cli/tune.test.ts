import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openModel } from '../../dist/model/measured/open-model.js';
import { measureCosts, type WindowCost } from '../../dist/pipeline/perception/window-costs.js';
import { unet } from '../model/networks.ts';
import { disc, folder, readMask, save, segtile, segtileWell, speckled, writeSlide } from './door.ts';

const cwd = folder();

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), 700, 610, speckled);
  save(cwd, 'net.onnx', unet(0.05, { channels: 2 }));
  save(cwd, 'whole.onnx', unet(0.05));
  save(cwd, 'whole.segtile.json', JSON.stringify({ standardize: 'window', window: 256 }));
});

const model = ['-m', 'net.onnx', '--activation', 'sigmoid', '--tissue', 'none', '--device', 'cpu', '--no-preview'];

/** The mask of a run, and its record. */
async function run(out: string, ...more: readonly string[]) {
  const { stdout, stderr } = await segtileWell(['infer', 'slide.tif', ...model, '-o', out, '--json', ...more], { cwd });
  return { record: JSON.parse(stdout), stderr, mask: await readMask(join(cwd, out, 'slide.mask.ome.tif')) };
}

test('tune says how far a model looks, and which windows follow', async () => {
  const { stdout } = await segtileWell(['tune', 'net.onnx', '--no-cost'], { cwd });
  expect(stdout).toMatch(
    /^net\n {2}reach +\d+ px: .+\n {2}phase +4 px: .+\n {2}margin +16 px are enough: .+no label differs\n/,
  );
  expect(stdout).toMatch(/windows +1,024 px, margin 16, stride 992: 1\.07 network runs a pixel/);
  const { stdout: json } = await segtileWell(['tune', 'net.onnx', '--json', '--no-cost'], { cwd });
  expect(JSON.parse(json)).toMatchObject({ model: 'net', phase: 4, margin: 16, flips: [] });
});

test('tune compares labels on a slide that is several windows wide', async () => {
  const [left, right] = [disc(600, 600, 500), disc(1800, 600, 500)];
  await writeSlide(join(cwd, 'wide.tif'), 2400, 1200, (x, y) => (x < 1200 ? left : right)(x, y));
  const { stdout } = await segtileWell(['tune', 'whole.onnx', 'wide.tif', '--json', '--no-cost'], { cwd });
  const { flips, ...found } = JSON.parse(stdout);
  expect(found).toMatchObject({ reach: null, margin: null, seesNear: false });
  expect(flips.length).toBeGreaterThan(5);
});

test('tune measures what windows cost here, within memory, and --plan auto takes the cheapest of them', async () => {
  save(cwd, 'costed.onnx', unet(0.05, { channels: 2, seed: 3 }));
  const { stdout } = await segtileWell(['tune', 'costed.onnx', '--json', '--memory', '1MB'], { cwd });
  expect(JSON.parse(stdout).costs).toEqual([]);
  const { signal } = new AbortController();
  const { model: costed } = await openModel(join(cwd, 'costed.onnx'), { activation: 'sigmoid' }, { signal });
  const costs = await measureCosts(costed, { device: 'cpu', workers: 1 }, 1e12, signal, [96, 192, 256]);
  expect(costs.map(({ side, batch }) => [side, batch])).toEqual([96, 192, 256].map((side) => [side, 1]));
  const each = ({ side, milliseconds }: WindowCost) => milliseconds / ((side - 32) ** 2 / 1e6);
  const best = costs.reduce((a, b) => (each(b) < each(a) ? b : a));
  const alike = costs.find((cost) => each(cost) <= 1.03 * each(best))!;
  const dry = ['infer', 'slide.tif', '-m', 'costed.onnx', '--activation', 'sigmoid', '--tissue', 'none', '--plan', 'auto'];
  const run = async (...more: readonly string[]) => (await segtileWell([...dry, ...more, '--dry-run'], { cwd })).stderr;
  const said = await run('--device', 'cpu', '--workers', '1');
  expect(said).toContain(`windows of ${alike.side} px, margin 16`);
  expect(said).toMatch(/phase \d; [\d.]+ ms a megapixel here\)\n/);
  // Of other workers nothing is known, and the fewest runs decide.
  expect(await run('--device', 'cpu', '--workers', '2')).toMatch(/windows of 1024 px, .+phase \d\)\n/);
});

test('a result of other windows than --plan auto chooses now is another result', async () => {
  const args = ['infer', 'slide.tif', ...model, '--plan', 'auto', '-o', 'chosen'];
  await segtileWell([...args, '--window', '256'], { cwd });
  const { code, stderr } = await segtile([...args, '--window', '128'], { cwd });
  expect(code).toBe(1);
  expect(stderr).toMatch(/--plan auto chose windows of 256x256 margin 16 stride 224x224 .+ 128x128 margin 16/);
  expect(stderr).toContain('--window ');
});

test('tune writes what it found into the card, and nothing where no margin is enough', async () => {
  save(cwd, 'own.onnx', unet(0.05, { channels: 2 }));
  save(cwd, 'own.segtile.json', JSON.stringify({ classes: [{ name: 'a' }, { name: 'b' }], exclusive: false }));
  await segtileWell(['tune', 'own.onnx', '--write-card', '--no-cost'], { cwd });
  expect(JSON.parse(readFileSync(join(cwd, 'own.segtile.json'), 'utf8'))).toEqual({
    classes: [{ name: 'a' }, { name: 'b' }],
    exclusive: false,
    window: 1024,
    margin: 16,
    phase: 4,
  });
  const { stdout } = await segtileWell(['tune', 'whole.onnx'], { cwd });
  expect(stdout).toContain('the whole window');
  expect(stdout).toContain('labels that differ between two windows of one place, by margin:');
  const { code, stderr } = await segtile(['tune', 'whole.onnx', '--write-card'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('no margin is enough for whole.onnx');
});

test('the labels of --plan auto are those of overlapping windows of the same phase, to the bit, for fewer runs of the network', async () => {
  // With a mirrored border the network sees the same beyond the slide, wherever a window ends.
  const border = ['--border', 'mirror'];
  const dense = ['--window', '256', '--stride', '128', '--margin', '16', '--placement', 'aligned', ...border];
  const [auto, much] = [await run('auto', '--plan', 'auto', '--window', '256', ...border), await run('much', ...dense)];
  expect(auto.stderr).toMatch(
    /windows of 256 px, margin 16, stride 224: 1\.31 network runs a pixel instead of 4, no label differs \(reach \d+ px, phase 4\)\n/,
  );
  expect(auto.mask.data.equals(much.mask.data)).toBe(true);
  expect(auto.mask.data.some((label) => label > 0)).toBe(true);
  expect(auto.record.windows.run).toBeLessThan(0.5 * much.record.windows.run);
  expect(auto.record.settings).toMatchObject({ plan: 'auto', placement: 'aligned', margin: 16 });
});

test('--plan auto makes windows fit a slide, whole or in shards, and a card or --window that says a size is obeyed', async () => {
  const border = ['--border', 'mirror'];
  const much = await run('all', '--window', '256', '--stride', '128', '--margin', '16', '--placement', 'aligned', ...border);
  const fitted = await run('fitted', '--plan', 'auto', ...border);
  expect(fitted.stderr).toMatch(
    /slide\.tif: windows of 736 × 672 px, stride 704 × 640, fit it better: 1\.16 network runs a pixel of the whole slide instead of 2\.46\n/,
  );
  expect(fitted.record.settings.window).toEqual({ width: 736, height: 672 });
  expect(fitted.mask.data.equals(much.mask.data)).toBe(true);
  const args = ['infer', 'slide.tif', ...model, '--plan', 'auto', ...border, '-o', 'parts'];
  for (const shard of ['1/2', '2/2']) await segtileWell([...args, '--shard', shard, '--shard-rows'], { cwd });
  await segtileWell(['merge', 'parts'], { cwd });
  expect((await readMask(join(cwd, 'parts', 'slide.mask.ome.tif'))).data.equals(much.mask.data)).toBe(true);
  // The same command keeps what is there.
  expect(
    (await segtileWell(['infer', 'slide.tif', ...model, '--plan', 'auto', ...border, '-o', 'fitted'], { cwd })).stdout,
  ).toMatch(/kept/);
  save(cwd, 'said.onnx', unet(0.05, { channels: 2 }));
  save(cwd, 'said.segtile.json', JSON.stringify({ activation: 'sigmoid', margin: 16, phase: 4, window: 256 }));
  const said = ['infer', 'slide.tif', '-m', 'said.onnx', '--tissue', 'none', '--device', 'cpu', '--plan', 'auto', '--dry-run'];
  expect((await segtileWell(said, { cwd })).stdout).toContain('window 256 px');
});

test.each([
  ['the models of an ensemble share them', ['-m', 'net.onnx']],
  ['other scales have windows of other sizes', ['--tta-scales', '1,0.5']],
  ['they are laid along tissue', ['--tissue', 'auto', '--placement', 'tissue']],
])('--plan auto says where windows do not fit each slide: %s', async (why, more) => {
  const args = ['infer', 'slide.tif', ...model, '--plan', 'auto', ...more, '--dry-run'];
  const { stderr } = await segtileWell(args, { cwd });
  expect(stderr).toContain(`these windows are the same for slides of any size, as ${why}\n`);
  expect(stderr).not.toContain('fit it better');
});

test('--plan auto stays with the usual overlap, and says so, where no margin is enough', async () => {
  const args = ['infer', 'slide.tif', '-m', 'whole.onnx', '--tissue', 'none', '--device', 'cpu', '--plan', 'auto', '--dry-run'];
  const { stdout, stderr } = await segtileWell(args, { cwd });
  expect(stderr).toContain('windows overlap as usual, despite --plan auto: whole looks at its whole window');
  expect(stdout).toContain('window 256 px, stride 128 px');
});

test('strides that nobody says to the pixel keep to the phase that the card says', async () => {
  save(cwd, 'stepped.onnx', unet(0.05));
  save(cwd, 'stepped.segtile.json', JSON.stringify({ phase: 16, margin: 16 }));
  const plan = async (...more: readonly string[]) => {
    const args = ['infer', 'slide.tif', '-m', 'stepped.onnx', '--tissue', 'none', '--device', 'cpu', '--dry-run', '--json'];
    const { stdout } = await segtileWell([...args, ...more], { cwd });
    return JSON.parse(stdout).stride.width;
  };
  expect(await plan('--window', '200')).toBe(96);
  expect(await plan('--window', '256', '--overlap', '30%')).toBe(176);
  expect(await plan('--window', '256', '--stride', '99')).toBe(99);
});

test.each([
  ['--stride', '64'],
  ['--overlap', '50%'],
  ['--margin', '8'],
  ['--placement', 'even'],
])('--plan auto finds out %s by itself', async (name, value) => {
  const { code, stderr } = await segtile(['infer', 'slide.tif', ...model, '--plan', 'auto', name, value], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain(`--plan auto chooses the windows, but ${name} does so, too`);
});
