import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { windowCount, windowStart } from '../../../../dist/plan/windows/axis.js';
import { weightMap } from '../../../../dist/plan/windows/blend.js';
import { strideOfOverlap } from '../../../../dist/plan/windows/overlap.js';
import { folder, readPlanes, segtileWell } from '../../door.js';

const golden = fileURLToPath(new URL('../../../fixtures/parity/', import.meta.url));
const { step, windows, smaller, intervals, toolbelt, even } = JSON.parse(readFileSync(join(golden, 'parity.json'), 'utf8'));
const cwd = folder();
let runs = 0;

/** The probabilities of an image, as the command writes them. */
async function scoresOf(image: string, ...options: readonly string[]): Promise<number[]> {
  const name = `out-${runs++}`;
  const basic = ['--tissue', 'none', '--device', 'cpu', '--no-preview', '--quiet', '--probabilities', 'float32', '-o', name];
  const { stdout } = await segtileWell(['infer', image, ...basic, '--json', ...options], { cwd });
  const { width, height, planes } = await readPlanes(join(cwd, JSON.parse(stdout).probabilities.path));
  const found: number[] = [];
  for (let y = 0; y < height; y += step) for (let x = 0; x < width; x += step) found.push(planes[0]![y * width + x]!);
  return found;
}

const model = ['-m', join(golden, 'network.onnx'), '--scale', String(1 / 255), '--mean', '0', '--activation', 'none'];

function expectNear(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  expect(Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)))).toBeLessThan(1e-5);
}

describe('the same windows give the same scores as', () => {
  test.each(windows as [string, number, number, string, number[]][])('%s', async (_, window, stride, blend, wanted) => {
    const windowing = ['--window', `${window}`, '--stride', `${stride}`, '--margin', '0', '--blend', blend];
    expectNear(await scoresOf(join(golden, 'tile.png'), ...model, ...windowing), wanted);
  });

  test.each(['constant', 'gaussian'])('MONAI on an image that is smaller than the window, %s', async (blend) => {
    const small = join(cwd, `small-${blend}.png`);
    await sharp(join(golden, 'tile.png')).extract({ left: 0, top: 0, width: 130, height: 150 }).toFile(small);
    const windowing = ['--window', '192', '--stride', '96', '--margin', '0', '--blend', blend];
    expectNear(await scoresOf(small, ...model, ...windowing), smaller[blend]);
  });
});

test("MONAI cuts an overlap's stride off where segtile rounds it; --stride gives its windows", () => {
  expect(intervals).toEqual([
    [640, 0.8, 127],
    [200, 0.8, 39],
    [512, 0.5, 256],
  ]);
  expect(strideOfOverlap('80%', 640)).toBe(128);
  expect(strideOfOverlap('80%', 200)).toBe(40);
  expect(strideOfOverlap('50%', 512)).toBe(256);
});

test('--placement even starts windows where nnU-Net does', () => {
  for (const [length, window, step, starts] of even as [number, number, number, number[]][]) {
    const axis = { length, window, stride: window * step, margin: 0, border: 'keep', placement: 'even' } as const;
    expect(Array.from({ length: windowCount(axis) }, (_, i) => windowStart(axis, i))).toEqual(starts);
  }
});

test('--placement even is another grid, and goes into the record', async () => {
  const args = [
    'infer',
    join(golden, 'tile.png'),
    ...model,
    '--window',
    '24',
    '--stride',
    '12',
    '--margin',
    '4',
    '--device',
    'cpu',
  ];
  const more = ['--placement', 'even', '--json', '--quiet', '--no-preview', '--tissue', 'none', '-o', 'even'];
  const record = JSON.parse((await segtileWell([...args, ...more], { cwd })).stdout);
  expect(record.settings.placement).toBe('even');
  expect(record.coverage).toBe(1);
});

test("the pyramid of pytorch-toolbelt is --blend toolbelt's, but for a factor", () => {
  for (const [size, wanted] of Object.entries(toolbelt) as [string, number[]][]) {
    const [w, h] = size.split('x').map(Number);
    const map = weightMap('toolbelt', { width: w!, height: h! });
    const factor = wanted[0]! / map[0]!;
    map.forEach((weight, i) => {
      expect(weight * factor).toBeCloseTo(wanted[i]!, 5);
    });
  }
});
