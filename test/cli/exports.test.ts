import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { type Ended, folder, segtile, speckled, writeSlide } from './door.ts';

const cwd = folder();
const exported = (name: string): string => fileURLToPath(new URL(`../fixtures/exports/${name}.onnx`, import.meta.url));
const words = ['--window', '64', '--tissue', 'none', '--device', 'cpu', '--overwrite', '--no-preview', '--no-history'];

function infer(name: string, ...more: readonly string[]): Promise<Ended> {
  return segtile(['infer', 'slide.tif', '-m', exported(name), '-o', name, ...words, ...more], { cwd });
}

async function maskOf(name: string, ...more: readonly string[]): Promise<Ended & { mask: Buffer }> {
  const ended = await infer(name, ...more);
  expect(ended, ended.stderr).toMatchObject({ code: 0 });
  return { ...ended, mask: readFileSync(join(cwd, name, 'slide.mask.ome.tif')) };
}

let plain: Buffer;
beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), 150, 90, speckled);
  plain = (await maskOf('plain')).mask;
});

test.each([
  ['two'],
  ['no-channel'],
  ['last'],
  ['extra'],
  ['extra-last'],
  ['row'],
  ['double'],
  ['doubles'],
  ['doubles-inside'],
  ['doubles-beside'],
  ['int32'],
  ['batch'],
  ['bare'],
  ['volume'],
])('%s: the same network in another form gives the same mask', async (name) => {
  const { mask } = await maskOf(name);
  expect(mask.equals(plain)).toBe(true);
});

test.each([
  ['argmax', 'ArgMax'],
  ['argmax-float', 'ArgMax'],
  ['hardmax', 'Hardmax'],
  ['hardmax-last', 'Hardmax'],
  ['greater', 'Greater'],
])('%s: labels without scores become a mask where nothing is blended', async (name, ending) => {
  const { mask, stderr } = await maskOf(name, '--blend', 'none');
  expect(mask.equals(plain)).toBe(true);
  expect(stderr).toContain(`the graph ends in ${ending}: labels without scores`);
  if (name !== 'argmax') return;
  for (const [more, says] of [
    [[], '--blend is gaussian'],
    [['--blend', 'none', '--tta', 'flips'], '--tta is flips'],
    [['--blend', 'none', '--threshold', '0.4'], '--threshold is given'],
    [['--blend', 'none', '--probabilities', 'uint8'], '--probabilities is uint8'],
    [['--blend', 'none', '-m', exported(name)], 'it is one of 2 models'],
  ] as const) {
    const ended = await infer(name, ...more);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain(`ends in ${ending}: it gives labels without scores, but ${says}`);
  }
});

test('a choice among the pixels of a row is no choice of a class', async () => {
  const ended = await segtile(['info', exported('hardmax-rows')], { cwd });
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stderr).toMatch(/ends in a Hardmax of axis -1, which is not that of the channels\n\s+hint: /);
});

test('convolutions in float64 are computed in float32, and it is said', async () => {
  const note = 'computed in float32: onnxruntime has no convolutions in float64, which the network is in';
  for (const name of ['doubles', 'doubles-inside', 'doubles-beside']) {
    const { stdout } = await segtile(['info', exported(name)], { cwd });
    expect(stdout).toContain(note);
  }
  // Doubles beside convolutions in float32 are left as they are.
  expect((await segtile(['info', exported('double')], { cwd })).stdout).not.toContain(note);
});

test('of several outputs one is chosen, by flag or card; none is taken by itself', async () => {
  const none = await infer('deep');
  expect(none).toMatchObject({ code: 1 });
  expect(none.stderr).toMatch(
    /has 2 outputs \("aux" \[n, 1, h2, w2\], "main" \[n, 1, h, w\]\), expected 1\n\s+hint: choose one with --model-output NAME/,
  );
  const { mask, stderr } = await maskOf('deep', '--model-output', 'main');
  expect(mask.equals(plain)).toBe(true);
  expect(stderr).toContain('output "main", as the flags say');
  const told = await segtile(['info', exported('deep'), '--model-output', 'aux'], { cwd });
  expect(told.stdout).toMatch(/output +output "aux" \[n, 1, h2, w2\]/);
  const wrong = await infer('deep', '--model-output', 'mian');
  expect(wrong.stderr).toMatch(/has no output "mian": it has 2 outputs \("aux"/);
});
