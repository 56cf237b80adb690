import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { segment } from '../../dist/index.js';
import { STRIP_FORMAT } from '../../dist/strip/file.js';
import { frameBytes } from '../../dist/strip/frames.js';
import { filesIn, folder, save, segtile, segtileWell, speckled, writeSlide } from '../cli/door.js';
import { channelNetwork } from '../model/networks.js';
import { resultOf } from './lasting.js';
import { allStrips, cutStrips } from './results.js';

const cwd = folder();
const slide = join(cwd, 'slide.tif');
const model = join(cwd, 'net.onnx');
const options = { model, window: 64, activation: 'none', tissue: 'none', threshold: 0.62, history: false, workers: 1 } as const;
const infer = (output: string, ...more: string[]): string[] => [
  ...['infer', slide, '-m', model, '--window', '64', '--activation', 'none', '--tissue', 'none', '--threshold', '0.62'],
  ...['--no-history', '--workers', '1', '-o', output, ...more],
];
let wanted: Record<string, string>;
let strips: string;

beforeAll(async () => {
  // Labels that look like noise do not compress.
  await writeSlide(slide, 700, 600, speckled, { mpp: 0.5 });
  save(cwd, 'net.onnx', channelNetwork(0));
  const output = join(cwd, 'whole');
  await segment(slide, { ...options, output });
  wanted = resultOf(output);
  strips = await allStrips(slide, { ...options, output: folder() });
});

/** The strips that a run left, with another head. */
function withHead(change: (head: { format: number; facts: Record<string, string> }) => object): Buffer {
  const bytes = readFileSync(strips);
  const [text, body] = [bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
  const head = JSON.parse(bytes.subarray(16, 16 + text).toString());
  return Buffer.concat([...frameBytes(change(head), []), bytes.subarray(16 + text + body)]);
}

/** What is changed in a head. */
interface Change {
  readonly format?: number;
  readonly facts?: Readonly<Record<string, string>>;
}

describe('strips that are not of this run', () => {
  test.each<[string, string, Change]>([
    ['another layout', 'was kept by another version of segtile, so it starts over', { format: STRIP_FORMAT + 1 }],
    ['another version', 'was done with segtile 0.0.1, not ', { facts: { segtile: '0.0.1' } }],
    ['another onnxruntime', 'was done with onnxruntime 1.0.0, not ', { facts: { onnxruntime: '1.0.0' } }],
    ['another kind of device', 'was done with provider cuda, not cpu', { facts: { provider: 'cuda' } }],
  ])('of %s: the run is begun anew, says so, and has the right bytes', async (_, said, { facts, ...others }) => {
    const output = join(folder(), 'out');
    cutStrips(
      strips,
      output,
      withHead((head) => ({ ...head, ...others, facts: { ...head.facts, ...facts } })),
    );
    const notes: string[] = [];
    await segment(slide, { ...options, output, onNote: (note) => notes.push(note) });
    expect(notes.join('\n')).toContain(said);
    expect(resultOf(output)).toEqual(wanted);
  });

  test('of another slide of the same name: an error that says so; --no-resume begins anew', async () => {
    const elsewhere = folder();
    const other = await writeSlide(join(elsewhere, 'slide.tif'), 700, 600, (x, y) => speckled(y, x), { mpp: 0.5 });
    const output = join(folder(), 'out');
    const left = await allStrips(other, { ...options, output: folder() });
    cutStrips(left, output, readFileSync(left));
    const ended = await segtile(infer(output));
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/\.slide\.strips belongs to an unfinished run .*the slide is not the same file/);
    expect(filesIn(output)).toEqual(['.slide.strips']);
    await segtileWell(infer(output, '--no-resume'));
    expect(resultOf(output)).toEqual(wanted);
  });
});

const probe = folder();
const able = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe]).status === 0;
if (able) spawnSync('umount', [probe]);
const name = able ? 'a small disk' : 'a small disk: skipped, as none can be mounted here: it takes root';

describe.skipIf(!able)(name, () => {
  const disks: string[] = [];
  const disk = (size: string): string => {
    const at = join(folder(), 'disk');
    mkdirSync(at);
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at]);
    disks.push(at);
    return at;
  };
  const again = (at: string, how: string): void => void spawnSync('mount', ['-o', `remount,${how}`, at]);
  afterEach(() => {
    for (const at of disks.splice(0)) {
      spawnSync('umount', [at]);
      rmSync(at, { recursive: true, force: true });
    }
  });

  test('that is full: an error; once it is larger, the run goes on and ends with the right bytes', async () => {
    const at = disk('48k');
    const output = join(at, 'out');
    const ended = await segtile(infer(output));
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.stderr).toMatch(/cannot write .*disk is full/s);
    expect(filesIn(output)).toEqual(['.slide.strips']);
    again(at, 'size=8m');
    const { stderr } = await segtileWell(infer(output));
    expect(stderr).toMatch(/goes on at row \d+ of 600/);
    expect(resultOf(output)).toEqual(wanted);
  });

  test('that can only be read: an error, and nothing there', async () => {
    const at = disk('8m');
    again(at, 'ro');
    const ended = await segtile(infer(join(at, 'out')));
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/read-only/);
    expect(filesIn(at)).toEqual([]);
  });

  test('that is full or can only be read when shards are merged: an error, and the shards stay', async () => {
    const made = folder();
    for (const index of [1, 2]) await segtileWell(infer(made, '--shard', `${index}/2`, '--quiet'));
    const shards = filesIn(made);
    const size = shards.reduce((sum, each) => sum + readFileSync(join(made, each)).length, 0);
    const at = disk(`${Math.ceil(size / 1024) + 24}k`);
    cpSync(made, at, { recursive: true });
    const full = await segtile(['merge', at]);
    expect(full).toMatchObject({ code: 1 });
    expect(full.stderr).toContain('disk is full');
    expect(filesIn(at).filter((each) => !each.startsWith('.'))).toEqual(shards);
    again(at, 'size=8m,ro');
    expect(await segtile(['merge', at])).toMatchObject({ code: 1, stderr: expect.stringContaining('read-only') });
    again(at, 'rw');
    await segtileWell(['merge', at, '--quiet']);
    expect(resultOf(at)).toEqual(wanted);
  });
});

test('shards that were cut in other places are not merged', async () => {
  const output = join(folder(), 'out');
  for (const index of [1, 2]) await segtileWell(infer(output, '--shard', `${index}/2`, '--quiet'));
  await segtileWell(infer(join(output, 'three'), '--shard', '2/3', '--shard-rows', '--quiet'));
  const [second, strange] = [join(output, 'slide.shard-2-of-2.strips'), join(output, 'three/slide.shard-2-of-3.strips')];
  copyFileSync(strange, second);
  rmSync(join(output, 'three'), { recursive: true });
  const before = filesIn(output);
  const ended = await segtile(['merge', output]);
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stderr).toMatch(/and the other shards of its slide do not cover it/);
  expect(filesIn(output).filter((each) => !each.startsWith('.'))).toEqual(before);
  writeFileSync(second, 'no strips at all');
  expect((await segtile(['merge', output])).code).toBe(1);
});
