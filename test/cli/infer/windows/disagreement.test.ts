import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { node, tensor } from '../../../../dist/model/graph/format/onnx.js';
import { build, identityNetwork } from '../../../model/networks.js';
import { filesIn, folder, readMaskAgain, save, segtileWell, speckled, writeSlide } from '../../door.js';

const cwd = folder();

/** Means over 9 × 9 px, with nothing beyond the window: wrong within 4 px of its border. With `norm`, normalised by the window first. */
function blurNetwork(norm: boolean): Uint8Array {
  const pads = [4n, 4n, 4n, 4n];
  return build({}, (image) => ({
    weights: [
      tensor('kernel', new Float32Array(3 * 81).fill(1 / 81), [3, 1, 9, 9]),
      tensor('scale', Float32Array.of(0.2, 0.2, 0.2)),
      tensor('middle', Float32Array.of(0.5, 0.5, 0.5)),
    ],
    nodes: [
      ...(norm ? [node('InstanceNormalization', [image, 'scale', 'middle'], 'normal')] : []),
      node('Conv', [norm ? 'normal' : image, 'kernel'], 'blurred', { group: 3n, pads }),
    ],
    scores: 'blurred',
    channels: 3,
  }));
}

beforeAll(async () => {
  // Speckles whose brightness changes over the slide, so that windows differ in their means.
  await writeSlide(join(cwd, 'slide.tif'), 330, 260, (x, y) => {
    const share = 0.2 + (0.8 * x) / 330;
    const [r, g, b] = speckled(x, y);
    return [Math.round(r! * share), Math.round(g! * share), Math.round(b! * share)];
  });
  await writeSlide(join(cwd, 'exact.tif'), 192, 192, speckled);
  save(cwd, 'same.onnx', identityNetwork());
  save(cwd, 'blur.onnx', blurNetwork(false));
  save(cwd, 'norm.onnx', blurNetwork(true));
});

async function seams(model: string, slide = 'slide', ...more: readonly string[]) {
  const args = [
    'infer',
    `${slide}.tif`,
    '-m',
    `${model}.onnx`,
    '--scale',
    String(1 / 255),
    '--mean',
    '0',
    '--activation',
    'none',
  ];
  const windows = [
    '--classes',
    'r,g,b',
    '--window',
    '96',
    '--stride',
    '48',
    '--margin',
    '0',
    '--tissue',
    'none',
    '--device',
    'cpu',
  ];
  const out = ['-o', model, '--overwrite', '--no-preview', '--quiet', '--report-disagreement'];
  const { stdout } = await segtileWell([...args, ...windows, ...out, ...more], { cwd });
  const record = JSON.parse(readFileSync(join(cwd, model, `${slide}.run.json`), 'utf8'));
  return { stdout, ...record.disagreement };
}

test('a network that looks at each pixel alone agrees with itself everywhere', async () => {
  const { stdout, kind, mean, margin, compared } = await seams('same');
  expect({ kind, mean, margin }).toEqual({ kind: 'agree', mean: 0, margin: 0 });
  expect(compared).toBeGreaterThan(1000);
  expect(stdout).toContain('no margin is needed');
});

test('one that misses what lies beyond its window disagrees near borders; the margin that helps is named', async () => {
  const { stdout, kind, margin, bins, map } = await seams('blur');
  expect({ kind, margin }).toEqual({ kind: 'border', margin: 4 });
  expect(bins[0].mean).toBeGreaterThan(0.02);
  for (const { from, largest } of bins) if (from >= 4) expect(largest).toBeLessThan(1e-6);
  expect(stdout).toContain('a margin of 4 px is enough (it was 0 px)');
  expect(map).toBe('blur/slide.disagreement.tif');
  const { width, height, data } = await readMaskAgain(join(cwd, map));
  expect([width, height]).toEqual([330, 260]);
  // Bright along the border of a window, dark in the middle between borders.
  expect(data[100 * width + 48]).toBeGreaterThan(10);
  expect(data[100 * width + 72]).toBe(0);
});

test('one that normalises by its window disagrees everywhere, and no margin is promised', async () => {
  const { stdout, kind, margin } = await seams('norm');
  expect({ kind, margin }).toEqual({ kind: 'everywhere', margin: undefined });
  expect(stdout).toContain('InstanceNorm');
});

test('without overlap nothing is known, and without being asked nothing is measured', async () => {
  const { kind, stdout } = await seams('same', 'exact', '--stride', '96');
  expect(kind).toBe('unknown');
  expect(stdout).toContain('no windows overlap');
  const args = [
    'infer',
    'slide.tif',
    '-m',
    'same.onnx',
    '--tissue',
    'none',
    '--device',
    'cpu',
    '--no-preview',
    '--quiet',
    '-o',
    'plain',
  ];
  const { stdout: plain } = await segtileWell([...args, '--window', '96', '--json'], { cwd });
  expect(JSON.parse(plain).disagreement).toBe(null);
  expect(filesIn(join(cwd, 'plain'))).not.toContain('slide.disagreement.tif');
});
