import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { node, tensor } from '../../dist/model/graph/format/onnx.js';
import { heads, trunks, zooNetwork } from '../model/measured/zoo.ts';
import { build } from '../model/networks.ts';
import { folder, segtile, speckled, writeSlide } from './door.ts';

const cwd = folder();

test('info says what a network gives, and writes it down as a card that says the same', async () => {
  writeFileSync(join(cwd, 'two.onnx'), zooNetwork(trunks.deep!, heads['exp / sum of exp']!, 2));
  const before = await segtile(['info', 'two.onnx', '--json', '--write-card'], { cwd });
  expect(before, before.stderr).toMatchObject({ code: 0 });
  const { measured, ...facts } = JSON.parse(before.stdout);
  expect(measured).toMatchObject({ meaning: { kind: 'probabilities', exclusive: true }, window: { width: 32, height: 32 } });
  const card = JSON.parse(readFileSync(join(cwd, 'two.segtile.json'), 'utf8'));
  expect(card).toMatchObject({ color: 'rgb', activation: 'none', exclusive: true, classes: [{ name: 'class 1' }] });
  const after = await segtile(['info', 'two.onnx', '--json'], { cwd });
  expect(JSON.parse(after.stdout)).toMatchObject({ labels: facts.labels, activation: 'none', normalize: facts.normalize });
  const again = await segtile(['info', 'two.onnx', '--write-card'], { cwd });
  expect(again).toMatchObject({ code: 1 });
  expect(again.stderr).toMatch(/two\.segtile\.json is there already\n\s+hint: edit it/);
});

test('what was found is kept, and a folder that cannot be written is no error', async () => {
  writeFileSync(join(cwd, 'one.onnx'), zooNetwork(trunks.deep!, heads['1 / (1 + exp(-z))']!, 1));
  const env = { SEGTILE_CACHE: join(cwd, 'cache') };
  const first = await segtile(['info', 'one.onnx'], { cwd, env });
  expect(existsSync(join(cwd, 'cache/models'))).toBe(true);
  expect((await segtile(['info', 'one.onnx'], { cwd, env })).stdout).toBe(first.stdout);
  writeFileSync(join(cwd, 'blocked'), '');
  const blocked = await segtile(['info', 'one.onnx'], { cwd, env: { SEGTILE_CACHE: join(cwd, 'blocked') } });
  expect(blocked).toMatchObject({ code: 0, stdout: first.stdout });
});

test('a network that gives the centre of its window is tiled with what it lacks as margin, to the border of the slide', async () => {
  await writeSlide(join(cwd, 'slide.tif'), 150, 130, speckled);
  const red = (from: number, to: number) => (image: string) => ({
    weights: [
      tensor('kernel', Float32Array.of(20, 0, 0), [1, 3, 1, 1]),
      tensor('bias', Float32Array.of(-10)),
      tensor('from', BigInt64Array.of(BigInt(from), BigInt(from))),
      tensor('to', BigInt64Array.of(BigInt(to), BigInt(to))),
      tensor('axes', BigInt64Array.of(2n, 3n)),
    ],
    nodes: [node('Conv', [image, 'kernel', 'bias'], 'z'), node('Slice', ['z', 'from', 'to', 'axes'], 'cut')],
    scores: 'cut',
    channels: 1,
    factor: 64 / (to - from),
  });
  const size = { width: 64, height: 64 };
  writeFileSync(join(cwd, 'whole.onnx'), build({ size, batch: 1 }, red(0, 64)));
  writeFileSync(join(cwd, 'centre.onnx'), build({ size, batch: 1 }, red(10, 54)));
  const masks: Buffer[] = [];
  for (const name of ['whole', 'centre']) {
    const out = join(cwd, name);
    const ended = await segtile(
      ['infer', 'slide.tif', '-m', `${name}.onnx`, '--tissue', 'none', '--device', 'cpu', '-o', out],
      { cwd },
    );
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    masks.push(readFileSync(join(out, 'slide.mask.ome.tif')));
    if (name === 'centre') expect(ended.stderr).toMatch(/margin at least 10 px, border mirrored/);
  }
  expect(masks[1]!.equals(masks[0]!)).toBe(true);
  const small = await segtile(['infer', 'slide.tif', '-m', 'centre.onnx', '--margin', '4', '--tissue', 'none'], { cwd });
  expect(small).toMatchObject({ code: 2 });
  expect(small.stderr).toMatch(/--margin is 4 but centre\.onnx gives no scores for 10 px .*\n\s+hint: give --margin 10/);
});

test.each<[string, Uint8Array, RegExp]>([
  [
    'a PyTorch checkpoint',
    Buffer.from('PK\x03\x04archive/data.pkl'),
    /m\.pth is a PyTorch checkpoint: .*expected ONNX\n\s+hint: .*load_state_dict.* \(3\) torch\.onnx\.export/,
  ],
  ['TorchScript', Buffer.from('PK\x03\x04m/data.pkl m/constants.pkl'), /m\.pth is a TorchScript file, .*\n.*jit\.load/],
  ['an old checkpoint', Uint8Array.of(0x80, 2, 0x8a, 10), /is a PyTorch checkpoint/],
  ['Keras', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /is an HDF5 file, as Keras writes them, .*\n.*tf2onnx/],
  ['.keras', Buffer.from('PK\x03\x04config.json model.weights.h5'), /is a Keras model/],
  ['a packed SavedModel', Buffer.from('PK\x03\x04m/saved_model.pb'), /is a TensorFlow SavedModel/],
  ['some ZIP', Buffer.from('PK\x03\x04m.onnx'), /is a ZIP file, .*\n\s+hint: unpack it/],
])('%s in place of ONNX is named for what it is', async (_, bytes, says) => {
  writeFileSync(join(cwd, 'm.pth'), bytes);
  const ended = await segtile(['infer', 'slide.tif', '-m', 'm.pth'], { cwd });
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stderr).toMatch(says);
});

test('a name that is nearly that of a bundled model lists them; a folder of the same name does not hide one', async () => {
  const ended = await segtile(['infer', 'slide.tif', '-m', 'nucleii'], { cwd });
  expect(ended.stderr).toMatch(/no such model file: nucleii\n\s+hint: .*bundled model: hematoxylin, kidney, nuclei/);
  mkdirSync(join(cwd, 'nuclei'));
  await writeSlide(join(cwd, 'slide.tif'), 150, 130, speckled);
  const words = ['--tissue', 'none', '--dry-run'];
  const beside = await segtile(['infer', 'slide.tif', '-m', 'nuclei', ...words], { cwd });
  expect(beside, beside.stderr).toMatchObject({ code: 0 });
  expect(beside.stderr).toMatch(/the bundled model; write \.\/nuclei for what lies here/);
  expect((await segtile(['infer', 'slide.tif', '-m', './nuclei', ...words], { cwd })).stderr).toMatch(/holds no \.onnx file/);
});

test('the means of well-known trainings have names', async () => {
  writeFileSync(join(cwd, 'named.onnx'), zooNetwork(trunks.deep!, heads.raw!, 1));
  await writeSlide(join(cwd, 'slide.tif'), 150, 130, speckled);
  const masks: Buffer[] = [];
  for (const words of [
    ['--mean', 'imagenet', '--std', 'imagenet'],
    ['--mean', '0.485,0.456,0.406', '--std', '0.229,0.224,0.225'],
    ['--mean', 'inception', '--std', 'inception'],
    ['--mean', '0.5', '--std', '0.5'],
    ['--mean', 'clip', '--std', 'clip'],
    ['--mean', '0.48145466,0.4578275,0.40821073', '--std', '0.26862954,0.26130258,0.27577711'],
  ]) {
    const to = ['--window', '32', '--tissue', 'none', '--device', 'cpu', '--overwrite', '-o', 'named'];
    const ended = await segtile(['infer', 'slide.tif', '-m', 'named.onnx', ...words, ...to], { cwd });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    masks.push(readFileSync(join(cwd, 'named/slide.mask.ome.tif')));
  }
  expect(masks[0]!.equals(masks[1]!)).toBe(true);
  expect(masks[2]!.equals(masks[3]!)).toBe(true);
  expect(masks[4]!.equals(masks[5]!)).toBe(true);
  for (const [one, other] of [
    [0, 2],
    [0, 4],
    [2, 4],
  ] as const)
    expect(masks[one]!.equals(masks[other]!)).toBe(false);
});
