import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { unet } from '../../model/networks.ts';
import { filesIn, folder, save, segtile, segtileProcess, segtileWell, speckled, writeSlide } from '../door.ts';

const fixtures = folder();
const slide = join(fixtures, 'slide.tif');
const damaged = join(fixtures, 'damaged.tif');
const missing = join(fixtures, 'missing.tif');
/** A device that no build for this platform has. */
const other = process.platform === 'darwin' ? 'dml' : 'coreml';

beforeAll(async () => {
  await writeSlide(slide, 520, 460, speckled);
  await writeSlide(damaged, 520, 460, speckled, { pyramid: false });
  // It opens, and fails where tissue is looked for: sharp writes the tiles first, and then their directory.
  const bytes = readFileSync(damaged);
  const directory = bytes.readUInt32LE(4);
  expect(directory).toBeGreaterThan(bytes.length / 2);
  writeFileSync(damaged, bytes.fill(0xff, 8, directory));
  // They halve their image, so that windows of odd sides fail.
  save(fixtures, 'small.onnx', unet(0.05));
  save(fixtures, 'large.onnx', unet(20));
});

const infer = (slides: readonly string[], ...more: string[]): string[] => [
  ...['infer', ...slides, '-m', join(fixtures, 'small.onnx'), '--window', '96', '--no-preview', '-o', 'out', ...more],
];

describe('where a slide and the model both fail at the start, the slide is what is reported', () => {
  const faults = [
    ['is not there', [missing], [], 1, /missing\.tif/],
    ['cannot be decoded', [damaged], [], 1, /damaged\.tif/],
    ['does not say how large its pixels are', [slide], ['--model-mpp', '0.5'], 2, /does not say how large its pixels are/],
    ['has no such level', [slide], ['--level', '77'], 2, /level/],
  ] as const;

  test.each(faults)('a slide that %s', async (_, slides, more, code, words) => {
    // Devices are refused at once, and a window of odd sides only when the network is loaded.
    for (const fault of [
      ['--device', other],
      ['--device', 'cpu', '--window', '95'],
    ]) {
      const seen = new Set<string>();
      for (let again = 0; again < 3; again++) {
        const cwd = folder();
        const ended = await segtile(infer(slides, ...more, ...fault), { cwd });
        expect(ended.code, ended.stderr).toBe(code);
        expect(ended.stderr).toMatch(words);
        expect(ended.stderr).not.toMatch(/not compiled into onnxruntime|fails on a window/);
        expect(filesIn(cwd)).toEqual([]);
        seen.add(ended.stderr);
      }
      expect([...seen]).toHaveLength(1);
    }
  });

  test('and the model where the next slide needs it, whatever came first', async () => {
    const ended = await segtile(infer([missing, damaged, slide, slide.replace('slide', 'never')], '--device', other), {
      cwd: folder(),
    });
    expect(ended.code).toBe(1);
    const words = ['missing.tif', 'damaged.tif', 'not compiled into onnxruntime'].map((each) => ended.stderr.indexOf(each));
    expect(words.every((at) => at >= 0)).toBe(true);
    expect(words).toEqual([...words].sort((a, b) => a - b));
    // Without the model, no other slide is tried.
    expect(ended.stderr).not.toContain('never.tif');
  });
});

test('a model that fails beside a slide that is well is reported alone', async () => {
  for (const fault of [
    ['--device', other],
    ['--device', 'cpu', '--window', '95'],
  ]) {
    const cwd = folder();
    const { code, stderr } = await segtile(infer([slide], ...fault), { cwd });
    expect([code, stderr.match(/ {2}hint: /g)?.length], stderr).toEqual([1, 1]);
    expect(stderr).toMatch(/not compiled into onnxruntime|fails on a window of 95/);
    expect(filesIn(cwd)).toEqual([]);
  }
});

test('a process whose slide fails while a large model loads ends by itself', async () => {
  for (const [bad, words] of [
    [missing, 'missing.tif'],
    [damaged, 'damaged.tif'],
  ] as const) {
    const args = ['infer', bad, '-m', join(fixtures, 'large.onnx'), '--window', '512', '-o', 'out', '--device', 'cpu'];
    const { code, signal, stderr } = await segtileProcess(args, { cwd: folder() });
    expect([code, signal], stderr).toEqual([1, null]);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('stopped before the end');
  }
});

test('after a slide that failed at the start, the same model runs the next one', async () => {
  const cwd = folder();
  const { code, stderr } = await segtile(infer([missing, damaged, slide]), { cwd });
  expect(code, stderr).toBe(1);
  expect(filesIn(join(cwd, 'out'))).toContain('slide.mask.ome.tif');
});

test('--dry-run does not start the model', async () => {
  const { stdout } = await segtileWell(infer([slide], '--device', other, '--dry-run'), { cwd: folder() });
  expect(stdout).toContain('nothing was run');
});
