import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { node, tensor } from '../../../dist/model/graph/format/onnx.js';
import { build, channelNetwork } from '../../model/networks.ts';
import { folder, type Paint, save, segtile, segtileWell, writeSlide } from '../door.ts';

const cwd = folder();
const [width, height] = [768, 512];

/** Glass with a piece of red tissue and a stroke of a blue pen, each inside one of the windows of 256 px. */
const scene: Paint = (x, y) => {
  if (x >= 300 && x < 460 && y >= 40 && y < 200) return [200, 60, 90];
  if (x >= 560 && x < 740 && y >= 300 && y < 480) return [20, 60, 220];
  return [243, 243, 243];
};

/** Two classes: how dark the green of a pixel is, and by how much it is more blue than red. */
const judge = build({}, (image) => ({
  weights: [
    tensor('one', Float32Array.of(1)),
    tensor('low', Float32Array.of(0), []),
    tensor('high', Float32Array.of(1), []),
    ...['red', 'green', 'blue'].map((name, i) => tensor(`which ${name}`, BigInt64Array.of(BigInt(i)))),
  ],
  nodes: [
    ...['red', 'green', 'blue'].map((name) => node('Gather', [image, `which ${name}`], name, { axis: 1n })),
    node('Sub', ['one', 'green'], 'dark'),
    node('Sub', ['blue', 'red'], 'more'),
    node('Clip', ['more', 'low', 'high'], 'pen'),
    node('Concat', ['dark', 'pen'], 'both', { axis: 1n }),
  ],
  scores: 'both',
  channels: 2,
}));

const card = { activation: 'none', exclusive: false, scale: 1 / 255, window: 64, mpp: 4 };

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), width, height, scene, { mpp: 1 });
  await writeSlide(join(cwd, 'unknown.tif'), width, height, scene);
  save(cwd, 'judge.onnx', judge);
  save(cwd, 'judge.segtile.json', JSON.stringify({ ...card, classes: [{ name: 'tissue' }, { name: 'pen' }] }));
  save(cwd, 'dark.onnx', judge);
  save(cwd, 'dark.segtile.json', JSON.stringify({ ...card, mpp: undefined, classes: [{ name: 'tissue' }, { name: 'pen' }] }));
  save(cwd, 'one.onnx', channelNetwork(0));
  save(cwd, 'one.segtile.json', JSON.stringify({ ...card, classes: [{ name: 'bright' }] }));
  save(cwd, 'model.onnx', channelNetwork(1));
});

const model = ['-m', 'model.onnx', '--activation', 'none', '--scale', String(1 / 255), '--device', 'cpu'];
const windows = [...model, '--window', '256', '--stride', '256', '--margin', '0'];
const infer = (slide: string, out: string, ...more: readonly string[]) => [
  ...['infer', slide, ...windows, '-o', out, '--no-preview', '--tissue', 'judge.onnx'],
  ...more,
];

/** Windows that were run, and what the record says of tissue. */
async function ran(out: string, ...more: readonly string[]) {
  const { stdout, stderr } = await segtileWell([...infer('slide.tif', out, '--json'), ...more], { cwd });
  const { windows, tissue, settings } = JSON.parse(stdout);
  return { run: windows.run, facts: tissue ?? settings.tissue, stderr };
}

describe('a network as the judge of tissue', () => {
  test('looks at the whole slide at its own resolution, and only windows of its class are run', async () => {
    const { run, facts, stderr } = await ran('tissue', '--tissue-class', 'tissue', '--artefact-class', 'pen');
    expect(run).toBe(1);
    expect(facts).toMatchObject({ method: 'network', file: 'judge.onnx', mpp: 4, classes: 'tissue' });
    // 160 of 768 by 160 of 512 px, to within the pixel of 4 um on each side.
    expect(Math.abs(facts.tissueShare - (160 * 160) / (width * height))).toBeLessThan(0.005);
    expect(stderr).toContain('  tissue: tissue, as judge.onnx judges at 4 µm/px; 6.5 % of the slide is tissue\n');
  });

  test('another card of it is another run', async () => {
    const run = infer('slide.tif', 'again', '--tissue', 'again.onnx', '--tissue-class', 'tissue', '--quiet');
    const cards = (mpp: number) => JSON.stringify({ ...card, mpp, classes: [{ name: 'tissue' }, { name: 'pen' }] });
    save(cwd, 'again.onnx', judge);
    save(cwd, 'again.segtile.json', cards(4));
    await segtileWell(run, { cwd });
    expect((await segtileWell(run, { cwd })).stdout).toContain('kept');
    save(cwd, 'again.segtile.json', cards(8));
    const ended = await segtile(run, { cwd });
    expect(ended).toMatchObject({ code: 1 });
    expect(ended.stderr).toContain('--tissue is another file now');
  });

  test('several classes can be tissue', async () => {
    expect((await ran('several', '--tissue-class', 'tissue,pen')).run).toBe(2);
  });

  test('classes that are artefacts alone are taken away from what auto finds', async () => {
    const auto = await segtileWell([...infer('slide.tif', 'auto', '--json'), '--tissue', 'auto'], { cwd });
    expect(JSON.parse(auto.stdout).windows.run).toBeGreaterThan(1);
    const { facts, stderr } = await ran('artefacts', '--artefact-class', 'pen');
    expect(facts).toMatchObject({ method: 'network', artefacts: 'pen', background: 'glass' });
    expect(stderr).toContain('  tissue: auto without pen, as judge.onnx judges at 4 µm/px; ');
    // The rim by which auto grows tissue is left.
    expect(facts.tissueShare).toBeLessThan(0.12);
  });

  test('the one class of a network needs no name', async () => {
    const { stdout } = await segtileWell([...infer('slide.tif', 'bright', '--json'), '--tissue', 'one.onnx'], { cwd });
    expect(JSON.parse(stdout).windows.run).toBe(6);
  });

  test.each([
    [['--tissue', 'judge.onnx'], 'judge.onnx judges tissue, but has 2 classes: tissue, pen'],
    [['--tissue-class', 'ink'], 'judge.onnx has no class "ink" for --tissue-class'],
    [['--artefact-class', 'ink'], 'judge.onnx has no class "ink" for --artefact-class'],
    [['--tissue', 'dark.onnx', '--tissue-class', 'pen'], 'dark.onnx judges tissue, but does not say at how many µm per pixel'],
    [['--tissue', 'auto', '--tissue-class', 'pen'], '--tissue-class names classes of a network, but --tissue is auto'],
    [['--tissue', 'none', '--artefact-class', 'pen'], '--artefact-class names classes of a network, but --tissue is none'],
  ])('%j: an error in words', async (more, words) => {
    const { code, stderr } = await segtile([...infer('slide.tif', 'no'), ...more], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('a slide without a size of pixels is an error that names the flag', async () => {
    const { code, stderr } = await segtile([...infer('unknown.tif', 'no'), '--tissue-class', 'tissue'], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('judges tissue at 4 µm per pixel, but unknown.tif does not say how large its pixels are');
    expect(stderr).toContain('--slide-mpp');
  });

  test('judges for make-dataset and compare, too', async () => {
    mkdirSync(join(cwd, 'truth'), { recursive: true });
    await writeSlide(join(cwd, 'truth', 'slide.tif'), width, height, () => [0, 0, 0], { pyramid: false });
    const how = ['--tissue', 'judge.onnx', '--tissue-class', 'tissue'];
    const cut = ['make-dataset', 'slide.tif', '--truth', 'truth', '--window', '256', '-o', 'tiles', '--json'];
    await segtileWell([...cut, ...how], { cwd });
    const [line] = readFileSync(join(cwd, 'tiles', 'manifest.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1);
    expect(line).toBeDefined();
    const tried = [
      'compare',
      'slide.tif',
      '--truth',
      'truth',
      ...model,
      '--tile',
      '256/256',
      '--margin',
      '0',
      '-o',
      'compared',
    ];
    const { stderr } = await segtile([...tried, '--tissue', 'auto,judge.onnx', '--tissue-class', 'tissue', '--no-report'], {
      cwd,
    });
    expect(stderr).not.toContain('names classes');
  });
});
