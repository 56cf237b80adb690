import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Ensemble } from '../../../../dist/model/card/ensemble.js';
import type { SlidePlan } from '../../../../dist/pipeline/prepare/plan-slide.js';
import { sampleOf } from '../../../../dist/pipeline/proof/prove.js';
import { createGrid } from '../../../../dist/plan/windows/grid.js';
import { selectWindows } from '../../../../dist/plan/windows/selection.js';
import { unet } from '../../../model/networks.ts';
import { folder, save, segtile, segtileWell, speckled, writeSlide } from '../../door.ts';

const cwd = folder();
/** What of the overlap a card allows that states a margin of 0, far less than the network looks. */
const card = { margin: 0, phase: 4, activation: 'sigmoid' };

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), 640, 860, speckled);
  save(cwd, 'net.onnx', unet(0.02, { channels: 2 }));
  save(cwd, 'net.segtile.json', JSON.stringify({ activation: 'sigmoid' }));
  save(cwd, 'short.onnx', unet(0.02, { channels: 2 }));
  save(cwd, 'short.segtile.json', JSON.stringify(card));
  save(cwd, 'other.onnx', unet(0.02, { channels: 2, seed: 2 }));
  save(cwd, 'other.segtile.json', JSON.stringify({ ...card, margin: 16 }));
});

const shared = ['infer', 'slide.tif', '--tissue', 'none', '--device', 'cpu', '--no-preview', '--window', '128', '--no-history'];

/** The record of a run, the bytes of its mask, and what it said. */
async function run(out: string, ...more: readonly string[]) {
  const { stderr } = await segtileWell([...shared, '-o', out, ...more], { cwd });
  return { ...made(out), stderr };
}

function made(out: string) {
  const record = JSON.parse(readFileSync(join(cwd, out, 'slide.run.json'), 'utf8'));
  return { record, mask: readFileSync(join(cwd, out, 'slide.mask.ome.tif')) };
}

test('a run of --plan auto proves a sample, says so, and has the mask that it has without', async () => {
  const auto = ['-m', 'net.onnx', '--plan', 'auto', '--border', 'mirror'];
  const { stdout } = await segtileWell([...shared, ...auto, '-o', 'auto', '--prove', '--report'], { cwd });
  const { record, mask } = made('auto');
  const { proof } = record;
  expect(proof).toMatchObject({ labelsDiffer: 0, warning: null });
  expect(proof.windows).toBeGreaterThanOrEqual(16);
  expect(proof.pixels).toBeGreaterThan(50_000);
  expect(proof.largest).toBeLessThan(1e-5);
  expect(stdout).toMatch(/proof +\d+ windows that overlap by half, in \d places?: 0 of [\d,]+ labels differ/);
  expect(readFileSync(join(cwd, 'auto', 'slide.report.html'), 'utf8')).toContain('A sample was also run with');
  const without = await run('without', ...auto, '--no-prove');
  expect(without.record.proof).toBeNull();
  expect(without.mask.equals(mask)).toBe(true);
});

test('a slide for which one place would take more than a tenth of the windows has no sample unless it is asked for', async () => {
  const { stderr, record } = await run('small', '-m', 'net.onnx', '--plan', 'auto');
  expect(record.proof).toBeNull();
  expect(stderr).toContain(
    'slide.tif: no sample is run the dense way, too: it would take more than a tenth of the windows; --prove asks for it\n',
  );
  // On a slide of a hundred windows as large as a place, four or nine of them are run the dense way.
  const plan = (window: number, length: number) => {
    const size = { width: length, height: length };
    const side = { width: window, height: window };
    const grid = createGrid({ size, window: side, stride: side, margin: 0, border: 'keep', placement: 'aligned', phase: 1 });
    return { grid, selection: selectWindows(grid, () => true), others: [] } as unknown as SlidePlan;
  };
  const model = { members: [{ model: {} }] } as unknown as Ensemble;
  const windows = (side: number, isAsked: boolean): number =>
    sampleOf(plan(512, side), model, isAsked).reduce((sum, square) => sum + square.windows, 0);
  expect(windows(5120, false)).toBeGreaterThanOrEqual(4);
  expect(windows(5120, false)).toBeLessThanOrEqual(10);
  expect(windows(20_480, false)).toBeGreaterThanOrEqual(16);
  expect(windows(20_480, false)).toBeLessThan(32);
  expect(windows(1024, false)).toBe(0);
  expect(windows(1024, true)).toBeGreaterThan(0);
});

test('more than a thousandth of labels that differ is a warning with the setting that would help', async () => {
  const { stderr, record } = await run('warned', '-m', 'short.onnx', '--plan', 'auto', '--prove');
  expect(record.proof.labelShare).toBeGreaterThan(1e-3);
  const { warning, labelsDiffer, pixels, labelShare } = record.proof;
  expect(labelShare).toBeCloseTo(labelsDiffer / pixels, 6);
  expect(warning).toMatch(
    /% of the labels of a sample differ .+ the margin of the card is too small: segtile tune measures one/,
  );
  expect(stderr).toContain(warning);
  const asked = await run('asked', '-m', 'short.onnx', '--stride', '128', '--margin', '0', '--prove');
  expect(asked.record.proof.warning).toContain('a larger --margin or a smaller --stride would help');
});

test.each([
  ['an ensemble with flips', ['-m', 'short.onnx', '-m', 'other.onnx', '--tta', 'hflip']],
  ['two scales', ['-m', 'short.onnx', '--tta-scales', '1,1.25']],
  ['logits', ['-m', 'short.onnx', '--blend-space', 'logits']],
])('%s: the findings and the mask are those of any number of workers, and of shards together', async (name, args) => {
  const [one, two, parts] = ['one', 'two', 'parts'].map((each) => `${each} ${name}`) as [string, string, string];
  const auto = [...args, '--plan', 'auto', '--prove'];
  const [a, b] = [await run(one, ...auto, '--workers', '1'), await run(two, ...auto, '--workers', '3')];
  expect(a.record.proof.labelsDiffer).toBeGreaterThan(0);
  expect(b.record.proof).toEqual(a.record.proof);
  for (const shard of ['1/3', '2/3', '3/3'])
    await segtileWell([...shared, ...auto, '-o', parts, '--shard', shard, '--shard-rows'], { cwd });
  await segtileWell(['merge', parts], { cwd });
  expect(made(parts).record.proof).toEqual(a.record.proof);
  expect(made(parts).mask.equals(a.mask)).toBe(true);
});

test('a run that was stopped and gone on with proves the whole sample again', async () => {
  const args = [...shared, '-m', 'short.onnx', '--plan', 'auto', '--prove', '--workers', '1'];
  await segtileWell([...args, '-o', 'through'], { cwd });
  const strips = join(cwd, 'stopped', '.slide.strips');
  for (let tries = 0; tries < 6 && !existsSync(strips); tries++) {
    let signalled = false;
    await segtile([...args, '-o', 'stopped'], {
      cwd,
      onStderr: (text, kill) => {
        if (signalled || !text.includes('labels of a sample differ')) return;
        signalled = true;
        setTimeout(() => kill('SIGINT'), 30 * tries);
      },
    });
    if (existsSync(join(cwd, 'stopped', 'slide.run.json'))) break;
  }
  await segtileWell([...args, '-o', 'stopped'], { cwd });
  const [stopped, through] = [made('stopped'), made('through')];
  expect(stopped.record.proof).toEqual(through.record.proof);
  expect(stopped.mask.equals(through.mask)).toBe(true);
});
