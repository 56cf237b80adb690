import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { channelNetwork } from '../../model/networks.ts';
import { folder, save, segtileWell } from '../door.ts';

const cwd = folder();
const slide = (name: string): string => fileURLToPath(new URL(`../../fixtures/slide/${name}`, import.meta.url));
const model = join(cwd, 'model.onnx');
const look = ['-m', model, '--tissue', 'none'];

beforeAll(async () => {
  save(cwd, 'model.onnx', channelNetwork(0));
  save(cwd, 'model.segtile.json', JSON.stringify({ activation: 'none', exclusive: false }));
  const empty = sharp(Buffer.alloc(40 * 30), { raw: { width: 40, height: 30, channels: 1 } });
  await empty.toColourspace('b-w').png().toFile(join(cwd, 'truth.png'));
});

/** How often a text is in another. */
const times = (text: string, part: string): number => text.split(part).length - 1;

test.each([
  ['stack.ome.tif', 'focal planes, the middle one is read'],
  ['twelve-bits.ome.tif', '0 to 4095 (OME-XML SignificantBits) becomes 0 to 255'],
])('what info notes of %s is said once by every command that reads it, and recorded', async (file, words) => {
  const path = slide(file);
  const truth = join(cwd, 'truth.png');
  const told = await segtileWell(['info', path, '--json'], { cwd });
  const { notes } = JSON.parse(told.stdout) as { notes: string[] };
  const note = notes.find((each) => each.includes(words))!;
  expect(note).toBeDefined();

  const dry = await segtileWell(['infer', path, ...look, '--window', '32', '--dry-run', '--json'], { cwd });
  expect(JSON.parse(dry.stdout).slide.notes).toContain(note);

  const infer = await segtileWell(['infer', path, ...look, '--window', '32', '-o', `infer-${file}/`, '--json'], { cwd });
  expect(times(infer.stderr, `note: ${note}`)).toBe(1);
  expect(JSON.parse(infer.stdout).slide.notes).toContain(note);

  const report = ['--truth', truth, '--report', `${file}.html`, '--no-history'];
  const evaluated = await segtileWell(['evaluate', `infer-${file}`, ...report], { cwd });
  expect(times(evaluated.stderr, note)).toBe(1);
  expect(readFileSync(join(cwd, `${file}.html`), 'utf8')).toContain('How slides were read');

  const cut = ['--truth', truth, '--window', '16', '--tissue', 'none', '-o', `set-${file}`];
  const dataset = await segtileWell(['make-dataset', path, ...cut, '--json'], { cwd });
  expect(times(dataset.stderr, `note: ${note}`)).toBe(1);
  expect(JSON.parse(dataset.stdout.split('\n')[0]!).slide.notes).toContain(note);
  expect(JSON.parse(readFileSync(join(cwd, `set-${file}`, 'dataset.json'), 'utf8')).slides[0].notes).toContain(note);

  const ways = ['--resize', '32', '--tile', '32/16', '-o', `compare-${file}`, '--no-report'];
  const compare = await segtileWell(['compare', path, '--truth', truth, '-m', model, ...ways, '--json'], { cwd });
  expect(times(compare.stderr, `note: ${note}`)).toBe(1);
  // Before anything is run.
  expect(compare.stderr.indexOf(note)).toBeLessThan(compare.stderr.indexOf('tile 32/16: '));
  for (const line of compare.stdout.trim().split('\n')) expect(JSON.parse(line).slides[0].notes).toContain(note);
});

test('with --quiet nothing is said', async () => {
  const args = ['infer', slide('stack.ome.tif'), ...look, '--window', '32', '-o', 'quiet/', '--quiet'];
  const { stderr } = await segtileWell(args, { cwd });
  expect(stderr).toBe('');
});
