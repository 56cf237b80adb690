import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork, identityNetwork, shiftNetwork, unet } from '../../../model/networks.js';
import { filesIn, folder, readPlanes, save, segtile, segtileWell, speckled, writeSlide } from '../../door.js';

const cwd = folder();
const [width, height] = [230, 170];

beforeAll(async () => {
  await writeSlide(join(cwd, 'slide.tif'), width, height, speckled);
  await writeSlide(join(cwd, 'flat.tif'), width, height, () => [120, 60, 200]);
  mkdirSync(join(cwd, 'epochs'));
  save(cwd, 'same.onnx', identityNetwork());
  save(cwd, 'shift.onnx', shiftNetwork(3));
  save(cwd, 'epochs/1.onnx', channelNetwork(0));
  save(cwd, 'epochs/2.onnx', channelNetwork(1));
  save(cwd, 'net.onnx', unet(0.1, { channels: 3 }));
});

const bytes = ['--scale', String(1 / 255), '--mean', '0', '--activation', 'none'];
const rgb = [...bytes, '--classes', 'r,g,b'];
const windows = ['--window', '64', '--stride', '32', '--margin', '8', '--tissue', 'none', '--device', 'cpu'];

/** Runs a slide; gives its mask, its probabilities by channel, and its record. */
async function infer(slide: string, name: string, ...more: readonly string[]) {
  const files = ['-o', name, '--probabilities', 'float32', '--no-preview', '--quiet', '--json'];
  const { stdout } = await segtileWell(['infer', slide, ...windows, ...files, ...more], { cwd });
  const stem = join(cwd, name, slide.replace('.tif', ''));
  const { planes } = await readPlanes(`${stem}.probabilities.ome.tif`);
  return { mask: readFileSync(`${stem}.mask.ome.tif`), planes, record: JSON.parse(stdout) };
}

/** Infinite where one of them is no number. */
function farthest(a: Float32Array, b: (i: number) => number): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const away = Math.abs(a[i]! - b(i));
    most = Math.max(most, Number.isNaN(away) ? Number.POSITIVE_INFINITY : away);
  }
  return most;
}

describe('--tta', () => {
  const golden = fileURLToPath(new URL('../../../fixtures/tta/', import.meta.url));
  const { side, scores } = JSON.parse(readFileSync(join(golden, 'scores.json'), 'utf8'));

  test.each(['none', 'hflip', 'vflip', 'flips', 'd4'])('%s is what ttach makes of it', async (tta) => {
    const out = `ttach-${tta}`;
    const args = [
      '--window',
      String(side),
      '--stride',
      String(side),
      '--margin',
      '0',
      '--blend',
      'constant',
      '--tissue',
      'none',
    ];
    const card = [...bytes, '--classes', 'a,b', '--probabilities', 'float32', '--device', 'cpu', '--no-preview', '--quiet'];
    const model = join(golden, 'network.onnx');
    await segtileWell(['infer', join(golden, 'tile.png'), '-m', model, ...args, ...card, '--tta', tta, '-o', out], { cwd });
    const { planes } = await readPlanes(join(cwd, out, 'tile.probabilities.ome.tif'));
    const found = planes.flatMap((plane) => [...plane]);
    expect(found).toHaveLength(scores[tta].length);
    expect(farthest(Float32Array.from(found), (i) => scores[tta][i])).toBeLessThan(1e-5);
  });

  test('changes nothing for a network that does not mind how it is turned', async () => {
    const [plain, turned] = [
      await infer('slide.tif', 'plain', '-m', 'same.onnx', ...rgb),
      await infer('slide.tif', 'turned', '-m', 'same.onnx', ...rgb, '--tta', 'd4'),
    ];
    expect(turned.mask.equals(plain.mask)).toBe(true);
    turned.planes.forEach((plane, c) => {
      expect(farthest(plane, (i) => plain.planes[c]![i]!)).toBeLessThan(1e-6);
    });
    const { planned } = plain.record.windows;
    expect(turned.record.windows).toMatchObject({ planned, run: planned, passes: 8 * planned });
    expect(turned.record.settings).toMatchObject({ tta: 'd4', ttaScales: [1] });
    expect(plain.record.windows.passes).toBe(planned);
  });

  test('is the mean of all views for one that does', async () => {
    const one = await infer('slide.tif', 'shifted', '-m', 'shift.onnx', ...rgb, '--margin', '4', '--stride', '56');
    const four = await infer(
      'slide.tif',
      'views',
      '-m',
      'shift.onnx',
      ...rgb,
      '--margin',
      '4',
      '--stride',
      '56',
      '--tta',
      'flips',
    );
    const sample = (x: number, y: number, c: number): number => speckled(x, y)[c]! / 255;
    const inside = (i: number): boolean => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return x >= 3 && y >= 3 && x < width - 3 && y < height - 3;
    };
    for (const c of [0, 1, 2]) {
      const at = (i: number, dx: number, dy: number): number => sample((i % width) + dx, Math.floor(i / width) + dy, c);
      expect(farthest(one.planes[c]!, (i) => (inside(i) ? at(i, -3, -3) : one.planes[c]![i]!))).toBeLessThan(1e-6);
      const mean = (i: number): number => (at(i, -3, -3) + at(i, 3, -3) + at(i, -3, 3) + at(i, 3, 3)) / 4;
      expect(farthest(four.planes[c]!, (i) => (inside(i) ? mean(i) : four.planes[c]![i]!))).toBeLessThan(1e-6);
    }
  });

  test('scales have grids of their own; flips of three are twelve passes', async () => {
    const args = [
      'infer',
      'slide.tif',
      '-m',
      'same.onnx',
      ...rgb,
      ...windows,
      '--tta',
      'flips',
      '--tta-scales',
      '0.8,1,1.25',
      '-o',
      'no',
    ];
    const { stdout } = await segtileWell([...args, '--dry-run', '--json'], { cwd });
    const facts = JSON.parse(stdout);
    expect(facts.window).toEqual({ width: 64, height: 64 });
    expect(facts.otherGrids.map(({ window }: { window: object }) => window)).toEqual([
      { width: 80, height: 80 },
      { width: 51, height: 51 },
    ]);
    expect(facts.windows.passes).toBe(4 * facts.windows.run);
    const { stdout: words } = await segtileWell([...args, '--dry-run'], { cwd });
    expect(words).toContain(`${facts.windows.passes.toLocaleString('en')} passes through a model`);
    expect(filesIn(cwd)).not.toContain('no');
  });

  test('what looks the same at every scale scores the same', async () => {
    const { planes, record } = await infer('flat.tif', 'scales', '-m', 'same.onnx', ...rgb, '--tta-scales', '0.7,1,1.6');
    [120, 60, 200].forEach((value, c) => {
      expect(farthest(planes[c]!, () => value / 255)).toBeLessThan(1e-6);
    });
    expect(record.otherGrids).toHaveLength(2);
    expect(record.coverage).toBe(1);
  });

  test('works with any blend, in logits, and on whatever windows are skipped', async () => {
    const args = [
      '-m',
      'net.onnx',
      '--activation',
      'softmax',
      '--classes',
      'a,b',
      '--blend-space',
      'logits',
      '--tissue',
      'otsu',
    ];
    const { record } = await infer(
      'slide.tif',
      'logits',
      ...args,
      '--tta',
      'vflip',
      '--tta-scales',
      '1,1.2',
      '--blend',
      'none',
    );
    expect(record.windows.passes).toBe(2 * record.windows.run);
  });
});

describe('several models', () => {
  test('that are one model are that model, to the last bit', async () => {
    const net = ['--activation', 'softmax', '--classes', 'a,b'];
    const one = await infer('slide.tif', 'one', '-m', 'net.onnx', ...net);
    const three = await infer('slide.tif', 'three', '-m', 'net.onnx', '-m', 'net.onnx:5', '-m', 'net.onnx', ...net);
    expect(three.mask.equals(one.mask)).toBe(true);
    three.planes.forEach((plane, c) => {
      expect(plane).toEqual(one.planes[c]);
    });
    expect(three.record.ensemble).toMatchObject([{ weight: 1 }, { weight: 5 }, { weight: 1 }]);
    expect(three.record.windows.passes).toBe(3 * one.record.windows.passes);
  });

  test('are weighted; a folder is all of its models', async () => {
    const red = [...bytes, '--classes', 'x'];
    const weighted = await infer('slide.tif', 'weighted', '-m', 'epochs/1.onnx:2', '-m', 'epochs/2.onnx', ...red);
    const mean = (r: number, g: number) => (i: number) => {
      const [red, green] = speckled(i % width, Math.floor(i / width));
      return (r * red! + g * green!) / (r + g) / 255;
    };
    expect(farthest(weighted.planes[0]!, mean(2, 1))).toBeLessThan(1e-6);
    const epochs = await infer('slide.tif', 'all', '-m', 'epochs', ...red);
    expect(farthest(epochs.planes[0]!, mean(1, 1))).toBeLessThan(1e-6);
    expect(epochs.record.ensemble.map(({ path }: { path: string }) => path)).toEqual(['epochs/1.onnx', 'epochs/2.onnx']);
  });

  test('are joined by the names of their classes, each over the models that know it', async () => {
    const card = (...names: string[]) => ({
      scale: 1 / 255,
      activation: 'none',
      classes: names.map((name) => ({ name })),
    });
    save(cwd, 'a.onnx', identityNetwork());
    save(cwd, 'a.segtile.json', JSON.stringify(card('r', 'g', 'b')));
    save(cwd, 'b.onnx', identityNetwork());
    save(cwd, 'b.segtile.json', JSON.stringify(card('b', 'other', 'r')));
    const { planes, record } = await infer('slide.tif', 'joined', '-m', 'a.onnx', '-m', 'b.onnx:3');
    expect(record.model.classes.map(({ name }: { name: string }) => name)).toEqual(['r', 'g', 'b', 'other']);
    const at = (i: number, c: number): number => speckled(i % width, Math.floor(i / width))[c]! / 255;
    const expected = [
      (i: number) => (at(i, 0) + 3 * at(i, 2)) / 4,
      (i: number) => at(i, 1),
      (i: number) => (at(i, 2) + 3 * at(i, 0)) / 4,
      (i: number) => at(i, 1),
    ];
    expected.forEach((wanted, c) => {
      expect(farthest(planes[c]!, wanted)).toBeLessThan(1e-6);
    });
  });

  test('may have windows of their own', async () => {
    const small = { scale: 1 / 255, activation: 'none', classes: [{ name: 'x' }], window: 32, margin: 4 };
    save(cwd, 'small.onnx', channelNetwork(1));
    save(cwd, 'small.segtile.json', JSON.stringify(small));
    save(cwd, 'large.onnx', channelNetwork(0));
    save(cwd, 'large.segtile.json', JSON.stringify({ ...small, window: 96, margin: 8 }));
    const args = [
      'infer',
      'slide.tif',
      '-m',
      'large.onnx',
      '-m',
      'small.onnx',
      '--tissue',
      'none',
      '--device',
      'cpu',
      '-o',
      'sizes',
    ];
    const { stdout } = await segtileWell([...args, '--json', '--quiet', '--no-preview', '--probabilities', 'float32'], { cwd });
    const record = JSON.parse(stdout);
    expect(record.settings.window).toEqual({ width: 96, height: 96 });
    expect(record.otherGrids).toMatchObject([{ window: { width: 32, height: 32 }, margin: 4 }]);
    const { planes } = await readPlanes(join(cwd, 'sizes', 'slide.probabilities.ome.tif'));
    const mean = (i: number): number => {
      const [red, green] = speckled(i % width, Math.floor(i / width));
      return (red! + green!) / 510;
    };
    expect(farthest(planes[0]!, mean)).toBeLessThan(1e-6);
  });
});

test.each([
  [['-m', 'same.onnx', ...rgb, '--tta', 'd4', '--window', '64x48'], 2, '--tta d4 turns windows'],
  [['-m', 'same.onnx', ...rgb, '--tta', 'some'], 2, 'one of none, hflip, vflip, flips, d4'],
  [['-m', 'same.onnx', ...rgb, '--tta-scales', '1,0'], 2, 'magnifications such as'],
  [['-m', 'same.onnx', ...rgb, '--tta-scales', '1,1'], 2, 'different magnifications'],
  [['-m', 'same.onnx', ...rgb, '--tta-scales', '0.001'], 2, 'use scales near 1'],
  [['-m', 'same.onnx:0', ...rgb], 2, 'a weight above 0'],
  [['-m', 'out', ...rgb], 1, 'holds no .onnx file'],
  [
    ['-m', 'same.onnx', '-m', 'net.onnx', '--activation', 'softmax', '--classes', 'a,b', '--blend-space', 'logits'],
    2,
    'a mean of probabilities',
  ],
  [['-m', 'same.onnx', '-m', 'net.onnx', ...rgb, '--card', 'a.segtile.json'], 2, '--card describes one model'],
])('%j is refused', async (args, code, message) => {
  mkdirSync(join(cwd, 'out'), { recursive: true });
  const ended = await segtile(['infer', 'slide.tif', ...args, '-o', 'refused'], { cwd });
  expect(ended.stderr).toContain(message);
  expect([ended.code, ended.stdout]).toEqual([code, '']);
});

test('a model that was trained at other micrometres per pixel sees windows resampled to them', async () => {
  await writeSlide(join(cwd, 'mpp.tif'), width, height, () => [120, 60, 200], { mpp: 0.5 });
  const card = { scale: 1 / 255, activation: 'none', classes: [{ name: 'x' }], window: 64, margin: 8 };
  for (const [name, channel, mpp] of [
    ['fine', 0, 0.5],
    ['rough', 2, 1],
  ] as const) {
    save(cwd, `${name}.onnx`, channelNetwork(channel));
    save(cwd, `${name}.segtile.json`, JSON.stringify({ ...card, mpp }));
  }
  const args = ['infer', 'mpp.tif', '-m', 'fine.onnx', '-m', 'rough.onnx', '--tissue', 'none', '--device', 'cpu', '-o', 'mpp'];
  const { stdout } = await segtileWell([...args, '--probabilities', 'float32', '--json', '--quiet', '--no-preview'], { cwd });
  const record = JSON.parse(stdout);
  expect(record.working.mpp.x).toBeCloseTo(0.5, 6);
  expect(record.settings.window).toEqual({ width: 64, height: 64 });
  // 64 px of 1 um are 128 of the slide's.
  expect(record.otherGrids).toMatchObject([{ window: { width: 128, height: 128 }, margin: 16 }]);
  const { planes } = await readPlanes(join(cwd, 'mpp', 'mpp.probabilities.ome.tif'));
  expect(farthest(planes[0]!, () => (120 + 200) / 510)).toBeLessThan(1e-6);
});

test('models whose classes compete do not go with models whose classes do not', async () => {
  save(cwd, 'compete.onnx', identityNetwork());
  save(cwd, 'compete.segtile.json', '{"activation":"softmax","classes":[{"name":"background"},{"name":"x"},{"name":"y"}]}');
  save(cwd, 'apart.onnx', identityNetwork());
  save(cwd, 'apart.segtile.json', '{"activation":"sigmoid","classes":[{"name":"x"},{"name":"y"},{"name":"z"}]}');
  const { code, stderr } = await segtile(['infer', 'slide.tif', '-m', 'compete.onnx', '-m', 'apart.onnx', '-o', 'refused'], {
    cwd,
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/compete\.onnx compete but those of apart\.onnx are independent/);
});
