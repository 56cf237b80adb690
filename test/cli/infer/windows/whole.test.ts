import { join } from 'node:path';
import { expect, test } from 'vitest';
import { node, tensor } from '../../../../dist/model/graph/format/onnx.js';
import { build, random } from '../../../model/networks.js';
import { folder, readPlanes, save, segtileWell, speckled, writeSlide } from '../../door.js';

const cwd = folder();
let runs = 0;
const [width, height] = [96, 80];

/** A convolution of 5 px, the largest of each 2 × 2, twice as large again: it sees 3 px around a pixel at most, and steps by 2. */
function pooled(normalised: boolean): Uint8Array {
  const next = random(5);
  const kernel = Float32Array.from({ length: 3 * 25 }, () => next() - 0.5);
  return build({}, (image) => ({
    weights: [
      tensor('kernel', kernel, [1, 3, 5, 5]),
      tensor('twice', Float32Array.of(1, 1, 2, 2)),
      tensor('one', Float32Array.of(1), [1]),
      tensor('zero', Float32Array.of(0), [1]),
    ],
    nodes: [
      node('Conv', [image, 'kernel'], 'seen', { pads: [2n, 2n, 2n, 2n] }),
      normalised ? node('InstanceNormalization', ['seen', 'one', 'zero'], 'level') : node('Identity', ['seen'], 'level'),
      node('MaxPool', ['level'], 'half', { kernel_shape: [2n, 2n], strides: [2n, 2n] }),
      node('Resize', ['half', '', 'twice'], 'same', { mode: 'nearest' }),
      node('Sigmoid', ['same'], 'scores'),
    ],
    scores: 'scores',
    channels: 1,
  }));
}

async function infer(model: string, ...windows: readonly string[]): Promise<number[]> {
  const name = `run-${runs++}`;
  const card = [
    '--scale',
    String(1 / 255),
    '--mean',
    '0',
    '--activation',
    'none',
    '--classes',
    'a',
    '--device',
    'cpu',
    '--tissue',
    'none',
  ];
  const files = ['-o', name, '--probabilities', 'float32', '--no-preview', '--quiet'];
  await segtileWell(['infer', 'slide.tif', '-m', model, ...card, ...files, ...windows], { cwd });
  const { planes } = await readPlanes(join(cwd, name, 'slide.probabilities.ome.tif'));
  return [...planes[0]!];
}

test('windows with a margin of what the network sees, a multiple of its step apart, are the whole image at once; not so where it normalises by the window', async () => {
  await writeSlide(join(cwd, 'slide.tif'), width, height, speckled);
  save(cwd, 'plain.onnx', pooled(false));
  save(cwd, 'norm.onnx', pooled(true));
  const whole = ['--window', `${width}x${height}`, '--stride', `${width}x${height}`, '--margin', '0'];
  const apart = async (model: string, stride: string, margin: string): Promise<number> => {
    const [one, many] = [
      await infer(model, ...whole),
      await infer(model, '--window', '32', '--stride', stride, '--margin', margin),
    ];
    return one.reduce((most, value, i) => Math.max(most, Math.abs(value - many[i]!)), 0);
  };
  expect(await apart('plain.onnx', '24', '4')).toBeLessThan(1e-5);
  expect(await apart('plain.onnx', '32', '0')).toBeGreaterThan(1e-3);
  expect(await apart('norm.onnx', '24', '4')).toBeGreaterThan(1e-3);
});
