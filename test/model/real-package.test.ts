import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { openModel } from '../../dist/model/measured/open-model.js';
import { folder, segtile } from '../cli/door.ts';
import { pythonWith } from '../python.ts';
import { sharedFile } from '../shared.ts';
import { farthest, scoresOf } from './run.ts';

/** A real network of the BioImage Model Zoo with the input and output that were published with it. */
const network = sharedFile('models/nuclei_unet_nchw512.onnx');
const python = pythonWith('numpy', 'onnxruntime', 'PIL');
const side = 512;

const rdf = `format_version: 0.4.10
type: model
name: Nuclei
inputs:
  - name: raw
    axes: bcyx
    data_type: float32
    shape: [1, 1, ${side}, ${side}]
    preprocessing:
      - name: zero_mean_unit_variance
        kwargs: { mode: per_sample, axes: xy }
outputs:
  - name: probability
    axes: bcyx
    data_type: float32
    halo: [0, 0, 32, 32]
    shape: { reference_tensor: raw, scale: [1, 1, 1, 1], offset: [0, 0, 0, 0] }
    postprocessing:
      - name: sigmoid
test_inputs: [input.npy]
test_outputs: [output.npy]
weights:
  onnx: { source: net.onnx, opset_version: 20 }
`;

/** What the description says, by its own words. */
const program = `
import sys
import numpy as np, onnxruntime
from PIL import Image
x = np.asarray(Image.open('tile.png').convert('L')).astype(np.float64)[None, None]
x = (x - x.mean()) / (x.std() + 1e-6)
session = onnxruntime.InferenceSession('net.onnx', providers=['CPUExecutionProvider'])
z = session.run(None, {session.get_inputs()[0].name: x.astype(np.float32)})[0].astype(np.float64)
(1 / (1 + np.exp(-z))).astype(np.float32).tofile('expected.raw')
`;

describe.skipIf(network === undefined)('a package of bioimage.io', () => {
  const cwd = folder();
  if (network !== undefined) {
    copyFileSync(network, join(cwd, 'net.onnx'));
    copyFileSync(network.replace('.onnx', '.input.npy'), join(cwd, 'input.npy'));
    copyFileSync(network.replace('.onnx', '.output.npy'), join(cwd, 'output.npy'));
    writeFileSync(join(cwd, 'rdf.yaml'), rdf);
  }

  test('gives what was published with it', async () => {
    const ended = await segtile(['info', '--check', '.'], { cwd });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stdout).toMatch(/check +ok, its test tensor gives the expected output within \d\.\de-[4-9] /);
  });

  test.skipIf(python === undefined)('runs without any flag, and gives what its description says', async () => {
    const blot = (x: number, y: number) =>
      40 + 60 * Math.sin(x / 9) * Math.cos(y / 11) + 90 * Number(Math.hypot(x % 64, y % 64) < 30);
    const gray = Buffer.from(Array.from({ length: side * side }, (_, at) => blot(at % side, Math.floor(at / side))));
    await sharp(gray, { raw: { width: side, height: side, channels: 1 } })
      .png()
      .toFile(join(cwd, 'tile.png'));
    const ended = await segtile(['infer', 'tile.png', '-m', '.'], { cwd });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain('card: rdf.yaml (bioimage.io 0.4.10)');
    const { status, stderr } = spawnSync(python!, ['-c', program], { cwd, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const raw = readFileSync(join(cwd, 'expected.raw'));
    const expected = new Float32Array(raw.buffer, raw.byteOffset, side * side);
    const { model } = await openModel(cwd);
    const pixels = await sharp(join(cwd, 'tile.png')).toColourspace('srgb').removeAlpha().raw().toBuffer();
    const found = await scoresOf(model, { width: side, height: side }, Uint8Array.from(pixels));
    expect(farthest(found, expected)).toBeLessThan(1e-5);
  });
});
