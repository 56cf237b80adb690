import { appendFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { claimPath, tryClaim } from '../../dist/io/claim.js';
import { disc, filesIn, folder, save, segtile, segtileWell, writeSlide } from '../cli/door.js';
import { channelNetwork } from '../model/networks.js';
import { deadClaim } from './results.js';

const at = folder();
const made = ['runs.jsonl', 'slide.mask.ome.tif', 'slide.preview.jpg', 'slide.run.json'];

beforeAll(async () => {
  await writeSlide(join(at, 'slide.tif'), 300, 260, disc(150, 120, 90));
  await writeSlide(join(at, 'other.tif'), 300, 260, disc(150, 120, 60));
  save(at, 'model.onnx', channelNetwork(0));
  await segtileWell(infer('made'), { cwd: at });
});

function infer(output: string, ...more: readonly string[]): string[] {
  return ['infer', 'slide.tif', '-m', 'model.onnx', '--window', '64', '--workers', '1', '-o', output, '--quiet', ...more];
}

/** A copy of the finished run. */
function copy(): string {
  const output = join(folder(), 'out');
  cpSync(join(at, 'made'), output, { recursive: true, preserveTimestamps: true });
  return output;
}

const moments = (output: string): Record<string, number> =>
  Object.fromEntries(filesIn(output).map((name) => [name, statSync(join(output, name)).mtimeMs]));

test('a result of the same run is kept: nothing is written, no model is read, and it is said', async () => {
  const output = copy();
  const before = moments(output);
  const ended = await segtileWell(
    infer(output).filter((word) => word !== '--quiet'),
    { cwd: at },
  );
  expect(ended.stdout).toBe(
    `slide.tif: kept, since it was done before with the same settings: ${join(output, 'slide.run.json')}\n`,
  );
  expect(ended.stderr).toBe('');
  expect(moments(output)).toEqual(before);
  const { stdout } = await segtileWell(infer(output, '--json', '--workers', '2', '--no-history'), { cwd: at });
  expect(JSON.parse(stdout)).toMatchObject({ status: 'kept', slide: { path: 'slide.tif' }, mask: { width: 300 } });
  expect(moments(output)).toEqual(before);
});

test('it is the same run wherever the slide and the model lie', async () => {
  const cwd = folder();
  for (const name of ['slide.tif', 'model.onnx']) cpSync(join(at, name), join(cwd, name));
  const ended = await segtileWell(infer(copy()), { cwd });
  expect(ended.stdout).toContain('kept');
});

test('another run is an error that names what differs, unless it is to be replaced', async () => {
  const output = copy();
  const before = moments(output);
  const other = infer(output, '--threshold', '0.7', '--tissue', 'none', '--no-preview', '--min-object', '20px');
  const ended = await segtile(other, { cwd: at });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  for (const words of [
    `${join(output, 'slide.run.json')} is there already, of a run with other settings: `,
    '--threshold was not given, is 0.7 now',
    '--tissue was auto, is none now',
    '--preview was true, is false now',
    '--min-object was not given, is 20px now',
    'hint: use --overwrite to replace it',
  ])
    expect(ended.stderr).toContain(words);
  expect(moments(output)).toEqual(before);
  await segtileWell([...other, '--overwrite'], { cwd: at });
  expect((await segtileWell(other, { cwd: at })).stdout).toContain('kept');
});

test('another slide or model of the same name is another run', async () => {
  const cwd = folder();
  cpSync(join(at, 'other.tif'), join(cwd, 'slide.tif'));
  save(cwd, 'model.onnx', channelNetwork(1));
  const ended = await segtile(infer(copy()), { cwd });
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stderr).toContain('the slide is not the same file; the model or its card is not the same');
});

test('a region of which one digit was changed is another run, wherever the digit stands in the file', async () => {
  const cwd = folder();
  for (const name of ['slide.tif', 'model.onnx']) cpSync(join(at, name), join(cwd, name));
  const ring = (left: number): number[][] => {
    const corner = [left, 40];
    return [corner, [210, 40], [210, 200], [left, 200], corner];
  };
  const region = (left: number): string =>
    JSON.stringify({ type: 'Polygon', before: 'x'.repeat(100_000), coordinates: [ring(left)], after: 'x'.repeat(200_000) });
  const roi = infer('out', '--roi', save(cwd, 'region.geojson', region(60)));
  await segtileWell(roi, { cwd });
  expect((await segtileWell(roi, { cwd })).stdout).toContain('kept');
  save(cwd, 'region.geojson', region(70));
  const ended = await segtile(roi, { cwd });
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stderr).toContain('--roi is another file now');
});

test('a file that is missing or cut off is an error', async () => {
  const output = copy();
  rmSync(join(output, 'slide.preview.jpg'));
  const missing = await segtile(infer(output), { cwd: at });
  expect(missing).toMatchObject({ code: 1 });
  expect(missing.stderr).toMatch(/slide\.preview\.jpg is missing, of \d+ bytes that .*slide\.run\.json lists\n.*--overwrite/);
  const other = copy();
  appendFileSync(join(other, 'slide.mask.ome.tif'), 'x');
  expect((await segtile(infer(other), { cwd: at })).stderr).toMatch(/slide\.mask\.ome\.tif has \d+ bytes, not the \d+ that/);
});

test('a record without a key, of an older version, is not replaced', async () => {
  const output = copy();
  const { key: _, ...record } = JSON.parse(readFileSync(join(output, 'slide.run.json'), 'utf8'));
  save(output, 'slide.run.json', JSON.stringify(record));
  expect((await segtile(infer(output), { cwd: at })).stderr).toContain('slide.run.json is there already');
});

test('a slide that another process is working on is no error, and is waited for where that is asked', async () => {
  const output = join(folder(), 'out');
  mkdirSync(output);
  const { taken } = await tryClaim(claimPath(join(output, 'slide')));
  const ended = await segtileWell(infer(output), { cwd: at });
  expect(ended.stdout).toMatch(
    new RegExp(`^slide\\.tif: in progress elsewhere, by process ${process.pid} on .*, which began at 20.*\n$`),
  );
  const { stdout } = await segtileWell(infer(output, '--json'), { cwd: at });
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'elsewhere',
    slide: { path: 'slide.tif' },
    by: { process: { pid: process.pid } },
  });
  expect(filesIn(output)).toEqual(['.slide.claim']);
  const waiting = segtileWell(infer(output, '--wait'), { cwd: at });
  setTimeout(() => void taken?.release(), 3000);
  expect((await waiting).stdout).toContain('slide.mask.ome.tif');
  expect(filesIn(output)).toEqual(made);
});

test('what a run left beside a result that it had done is taken away by the next', async () => {
  const output = copy();
  save(output, '.slide.strips', 'strips');
  save(output, '.slide.mask.ome.tif.partial-0123abcd', 'partial');
  expect((await segtileWell(infer(output), { cwd: at })).stdout).toContain('kept');
  expect(filesIn(output)).toEqual(made);
  await deadClaim(output, 'slide');
  expect((await segtileWell(infer(output), { cwd: at })).stdout).toContain('kept');
  expect(filesIn(output)).toEqual(made);
});

test('a file that was there before the run is not taken for one of its own', async () => {
  const output = join(folder(), 'out');
  mkdirSync(output);
  save(output, 'slide.mask.ome.tif', 'mine');
  const ended = await segtile(infer(output), { cwd: at });
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stderr).toContain('slide.mask.ome.tif is there already');
  renameSync(join(output, 'slide.mask.ome.tif'), join(output, 'mine'));
  await segtileWell(infer(output), { cwd: at });
});
