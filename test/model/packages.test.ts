import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Card } from '../../dist/model/card/card.js';
import { openModel } from '../../dist/model/measured/open-model.js';
import { readDeepness } from '../../dist/model/packages/deepness.js';
import { folder, readMask, readPlanes, segtile } from '../cli/door.ts';
import { classifier } from './classifiers.ts';
import { farthest, scoresOf } from './run.ts';

const home = fileURLToPath(new URL('../fixtures/packages/', import.meta.url));
const expected: Readonly<Record<string, readonly number[]>> = JSON.parse(readFileSync(join(home, 'expected.json'), 'utf8'));
const cwd = folder();
const side = 32;

/** Scores of the middle four rows of the tile, as one window. */
async function middleOf(path: string, flags: Card = {}): Promise<number[]> {
  const { model } = await openModel(path, flags);
  const pixels = await sharp(join(home, 'tile.png')).removeAlpha().raw().toBuffer();
  const scores = await scoresOf(model, { width: side, height: side }, Uint8Array.from(pixels));
  return Array.from({ length: model.channels }, (_, channel) => [
    ...scores.subarray((channel * side + side / 2 - 2) * side, (channel * side + side / 2 + 2) * side),
  ]).flat();
}

test.each(Object.keys(expected))('%s: what comes out is what the own rules of the format give', async (name) => {
  expect(farthest(await middleOf(join(home, name)), expected[name]!)).toBeLessThan(1e-5);
});

test.each<[string, object, RegExp]>([
  [
    'bioimage-05',
    {
      name: 'Three kinds',
      mpp: 0.5,
      window: 1024,
      margin: 4,
      activation: 'softmax',
      classes: [{ name: 'nucleus' }, { name: 'border' }],
    },
    /^card: rdf\.yaml \(bioimage\.io 0\.5\.3\)$/,
  ],
  [
    'bioimage-04/net.onnx',
    { name: 'One kind', layout: 'nhwc', normalize: { axes: 'all', eps: 1e-6 }, activation: 'sigmoid', margin: 4 },
    /^card: rdf\.yaml \(bioimage\.io 0\.4\.10\)$/,
  ],
  [
    'deepness.onnx',
    { window: 32, stride: 24, mpp: 0.5, activation: 'none', classes: [{ name: 'tree', threshold: 0.4 }] },
    /^card: metadata inside .*deepness\.onnx \(Deepness\)$/,
  ],
  [
    'hugging-face/onnx/model.onnx',
    { window: 32, activation: 'softmax', labels: [0, 1], classes: [{ name: 'vessel' }] },
    /^card: config\.json and preprocessor_config\.json \(Hugging Face\)$/,
  ],
  [
    'monai',
    { name: 'Vessels', window: 1024, labels: [0, 1], classes: [{ name: 'vessel' }] },
    /^card: configs\/metadata\.json \(MONAI 1\.3\.0\)$/,
  ],
])('%s is read, and said', async (name, facts, from) => {
  const { model } = await openModel(join(home, name));
  expect(model).toMatchObject(facts);
  expect(model.notes[0]).toMatch(from);
});

test('Deepness: a whole picture of many windows is what its own rules give, without any flag', async () => {
  const golden: { rows: Record<string, number[]>; mask: string[] } = JSON.parse(
    readFileSync(join(home, 'deepness.json'), 'utf8'),
  );
  const infer = ['infer', join(home, 'picture.tif'), '-m', join(home, 'deepness.onnx')];
  const blended = await segtile([...infer, '-o', 'blended', '--probabilities', 'float32'], { cwd });
  expect(blended, blended.stderr).toMatchObject({ code: 0 });
  expect(blended.stdout).toMatch(/windows +20 run/);
  const { planes } = await readPlanes(join(cwd, 'blended/picture.probabilities.ome.tif'));
  for (const [y, row] of Object.entries(golden.rows))
    expect(farthest(planes[0]!.subarray(Number(y) * 128, (Number(y) + 1) * 128), row)).toBeLessThan(1e-5);
  // Deepness blends nothing.
  const tiled = await segtile([...infer, '-o', 'tiled', '--blend', 'none'], { cwd });
  expect(tiled, tiled.stderr).toMatchObject({ code: 0 });
  const { data } = await readMask(join(cwd, 'tiled/picture.mask.ome.tif'));
  const lines = golden.mask.map((_, y) => data.subarray(y * 128, (y + 1) * 128).join(''));
  expect(lines).toEqual(golden.mask);
});

test.each<[string, object, number, RegExp | object]>([
  ['one channel', { seg_thresh: '0.3' }, 1, { classes: [{ name: 'class 1', threshold: 0.3 }] }],
  [
    'several channels, where the largest is always above the threshold',
    { seg_thresh: '0.33', class_names: '{"0": "a", "1": "b", "2": "c"}' },
    3,
    { exclusive: true, classes: [{ name: 'background' }, { name: 'b' }, { name: 'c' }] },
  ],
  [
    'several channels, where only the largest can be above it',
    { seg_thresh: '0.6', names: '{0: "a", 1: "b"}' },
    2,
    { exclusive: true, classes: [{ name: 'b', threshold: 0.6 }] },
  ],
  ['several channels, between', { seg_thresh: '0.4' }, 3, /seg_thresh is 0\.4: of 3 channels the largest wins/],
])('Deepness: the threshold of %s', (_, metadata, channels, expected) => {
  const read = () => readDeepness({ model_type: '"Segmentor"', ...metadata }, 'm.onnx', channels);
  if (expected instanceof RegExp) expect(read).toThrow(expected);
  else expect(read().card).toEqual({ scale: 1 / 255, ...expected });
});

test('a package runs as a folder and as a ZIP, and its own test is made', async () => {
  const masks: Buffer[] = [];
  for (const name of ['bioimage-05', 'bioimage-05.zip']) {
    const words = ['--level', '0', '--window', '32', '--tissue', 'none', '--device', 'cpu', '--overwrite'];
    const ended = await segtile(['infer', join(home, 'tile.png'), '-m', join(home, name), ...words, '-o', 'out'], { cwd });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain('card: rdf.yaml (bioimage.io 0.5.3)');
    masks.push(readFileSync(join(cwd, 'out/tile.mask.ome.tif')));
  }
  expect(masks[1]!.equals(masks[0]!)).toBe(true);
  for (const name of ['bioimage-05', 'bioimage-04']) {
    const checked = await segtile(['info', '--check', join(home, name)], { cwd });
    expect(checked, checked.stderr).toMatchObject({ code: 0 });
    expect(checked.stdout).toMatch(/check +ok, its test tensor gives the expected output within \d\.\de-\d+/);
  }
});

test('a package whose test fails, or whose network is another, is bad', async () => {
  cpSync(join(home, 'bioimage-05'), join(cwd, 'bad'), { recursive: true });
  const rdf = readFileSync(join(cwd, 'bad/rdf.yaml'), 'utf8');
  writeFileSync(join(cwd, 'bad/rdf.yaml'), rdf.replace('-1.2', '-1.0'));
  const checked = await segtile(['info', '--check', 'bad'], { cwd });
  expect(checked.stdout).toMatch(/check +bad: the output for its test tensor is up to 0\.|check +bad/);
  expect(checked.code).toBe(1);
  copyFileSync(join(home, 'monai/models/model.onnx'), join(cwd, 'bad/weights.onnx'));
  const other = await segtile(['info', 'bad'], { cwd });
  expect(other).toMatchObject({ code: 1 });
  expect(other.stderr).toMatch(/is of a network with the SHA-256 \w+, but bad\/weights\.onnx has/);
});

test('a description at another place is named like a card', async () => {
  const { model } = await openModel(
    join(home, 'monai/models/model.onnx'),
    {},
    { cardPath: join(home, 'hugging-face/config.json') },
  );
  expect(model).toMatchObject({ window: 32, normalize: { offset: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225] } });
  expect(model.notes[0]).toMatch(/Hugging Face/);
  const zip = await segtile(['info', '--write-card', join(home, 'bioimage-05.zip')], { cwd });
  expect(zip.stderr).toMatch(/bioimage-05\.zip has no place for a card\n\s+hint: unpack it/);
});

test('a card of segtile comes before what others wrote', async () => {
  cpSync(join(home, 'monai/models'), join(cwd, 'models'), { recursive: true });
  cpSync(join(home, 'monai/configs'), join(cwd, 'configs'), { recursive: true });
  writeFileSync(join(cwd, 'models/model.segtile.json'), '{"name": "mine"}');
  expect((await openModel(join(cwd, 'models/model.onnx'))).model).toMatchObject({ name: 'mine' });
});

test.each<[string, readonly [string, string], RegExp]>([
  [
    'percentiles',
    ['scale_linear', 'scale_range'],
    /preprocessing: scale_range by percentiles 1 to 99\.8 is something that segtile cannot do/,
  ],
  [
    'two steps in the wrong order',
    ['ensure_dtype', 'zero_mean_unit_variance'],
    /scale_linear comes after zero_mean_unit_variance/,
  ],
  [
    'another step behind',
    ['id: softmax', 'id: zero_mean_unit_variance'],
    /postprocessing: zero_mean_unit_variance is something that segtile cannot do/,
  ],
  ['an old version', ['0.5.3', '0.3.6'], /the format is bioimage\.io 0\.3\.6/],
  ['no ONNX', ['onnx:', 'torchscript:'], /the model has no weights in ONNX, but in torchscript/],
  ['weights elsewhere', ['source: weights', 'source: https://example.org/weights'], /its weights lie at https:/],
  ['volumes', ['type: batch', 'type: time, size: 4'], /it has the axis time/],
])('bioimage.io: %s is refused by name', async (name, [from, to], says) => {
  const at = join(cwd, name.replaceAll(' ', '-'));
  mkdirSync(at);
  const rdf = readFileSync(join(home, 'bioimage-05/rdf.yaml'), 'utf8').replace(from, to);
  writeFileSync(join(at, 'rdf.yaml'), rdf.replace('{axis: channel, gain', '{min_percentile: 1, max_percentile: 99.8, gain'));
  const ended = await segtile(['info', at], { cwd });
  expect(ended).toMatchObject({ code: 1 });
  expect(ended.stderr).toMatch(says);
});

test('WSInfer: patches become windows that lie side by side', async () => {
  const at = join(cwd, 'wsinfer');
  cpSync(join(home, 'wsinfer'), at, { recursive: true });
  writeFileSync(join(at, 'model.onnx'), classifier({ classes: 2 }));
  const { model } = await openModel(at);
  expect(model).toMatchObject({
    name: 'wsinfer',
    task: 'classification',
    window: 224,
    stride: 224,
    mpp: 0.390625,
    activation: 'softmax',
    labels: [1, 2],
    classes: [{ name: 'Other' }, { name: 'Tumor' }],
  });
  expect(model.notes.join('\n')).toMatch(/config\.json \(WSInfer\)\npatches of 350 px at 0\.25 µm\/px are resized to 224 px/);
  const config = readFileSync(join(at, 'config.json'), 'utf8');
  for (const [from, to, says] of [
    ['"ToTensor"', '"ToGray"', /transform has the step "ToGray"/],
    ['"spacing_um_px": 0.25', '"spacing_um_px": "fine"', /spacing_um_px is "fine"/],
    ['[{"name": "Resize"', '[{"name": "ToTensor"}, {"name": "Resize"', /transform resizes to 224/],
  ] as const) {
    writeFileSync(join(at, 'config.json'), config.replace(from, to));
    await expect(openModel(at)).rejects.toMatchObject({ code: 'model', message: expect.stringMatching(says) });
  }
});

test('what no mask can be made with is refused by name', async () => {
  const refusal = async (...words: readonly string[]) => {
    const ended = await segtile(words, { cwd });
    expect(ended).toMatchObject({ code: 1 });
    return ended.stderr;
  };
  const tile = join(home, 'tile.png');
  mkdirSync(join(cwd, 'hf'));
  const config = { model_type: 'detr', architectures: ['DetrForObjectDetection'], id2label: { 0: 'a', 1: 'b' } };
  writeFileSync(join(cwd, 'hf/config.json'), JSON.stringify(config));
  expect(await refusal('info', 'hf')).toMatch(/the model is a DetrForObjectDetection\n.*ForImageClassification/);
  writeFileSync(
    join(cwd, 'hf/config.json'),
    JSON.stringify({ ...config, architectures: ['SegformerForSemanticSegmentation'] }),
  );
  writeFileSync(join(cwd, 'hf/model.safetensors'), '');
  expect(await refusal('infer', tile, '-m', 'hf')).toMatch(/holds no \.onnx file, only model\.safetensors\n.*optimum-cli/);
});
