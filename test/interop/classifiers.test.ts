import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { adaptNetwork } from '../../dist/model/graph/adapt.js';
import { serializeModel } from '../../dist/model/graph/format/onnx.js';
import { readNetworkFile } from '../../dist/model/graph/read.js';
import { openModel } from '../../dist/model/measured/open-model.js';
import { folder, segtileWell } from '../cli/door.ts';
import { farthest } from '../model/run.ts';
import { pythonWith } from '../python.ts';

/** A Python with torch, torchvision and timm. */
const python = pythonWith('torch', 'torchvision', 'timm', 'onnxscript', 'onnx');
const script = fileURLToPath(new URL('export_classifiers.py', import.meta.url));
const SIDE = 128;

interface Exported {
  readonly name: string;
  readonly route: 'legacy' | 'dynamo';
  readonly file: string;
  readonly linear: boolean;
  readonly height: number;
  readonly width: number;
}

const cwd = folder();
const made = exported();

function exported(): readonly Exported[] {
  if (python === undefined) return [];
  const { status, stderr } = spawnSync(python, [script, cwd], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(join(cwd, 'classifiers.json'), 'utf8'));
}

function floats(name: string): Float32Array {
  const bytes = readFileSync(join(cwd, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

describe('the class activation map is that of PyTorch', () => {
  if (python === undefined) test.skip('needs PYTHON with torch, torchvision, timm, onnxscript and onnx');
  test.runIf(python)('of five architectures and more', () => {
    expect(new Set(made.map(({ name }) => name)).size).toBe(6);
  });

  test.each(made)('$name, $route', async ({ name, file, linear, height, width }) => {
    const { model, path } = await readNetworkFile(join(cwd, file));
    const { cam } = adaptNetwork(model, path, { cam: true });
    expect(cam!.bent.length === 0).toBe(linear);
    const extra = { session: { model_external_initializers_file_folder_path: cwd } };
    const session = await InferenceSession.create(serializeModel(model), { extra, logSeverityLevel: 3 });
    const image = new Tensor('float32', floats('image.f32'), [1, 3, SIDE, SIDE]);
    const given = await session.run({ [session.inputNames[0]!]: image });
    const map = given[session.outputNames[0]!]!;
    await session.release();
    expect(map.dims).toEqual([1, 4, height, width]);
    expect(farthest(map.data as Float32Array, floats(`${name}.map.f32`))).toBeLessThan(1e-4);
  });

  test.each(made.filter(({ route }) => route === 'legacy'))(
    'the probabilities of $name are those of a plain loop over the windows',
    async ({ name, file }) => {
      const words = ['--window', '128', '--stride', '128', '--blend', 'none', '--tissue', 'none', '--window-scores', 'csv'];
      const card = ['--scale', `${1 / 255}`, '--activation', 'sigmoid', '--classes', 'a,b,c,d'];
      const args = ['slide.png', '-m', file, ...card, ...words, '--no-history', '--no-preview', '--quiet', '-o', name];
      await segtileWell(['infer', ...args], { cwd });
      const [, ...lines] = readFileSync(join(cwd, name, 'slide.windows.csv'), 'utf8')
        .trim()
        .split('\n');
      const cells = lines.map((line) => line.split(',').map(Number));
      const places = cells.map(([x, y]) => [x, y]);
      expect(places).toEqual([0, 128].flatMap((y) => [0, 128, 256].map((x) => [x, y])));
      const found = Float32Array.from(cells.flatMap((line) => line.slice(4)));
      expect(found.length).toBe(24);
      expect(farthest(found, floats(`${name}.loop.f32`))).toBeLessThan(1e-5);
    },
  );

  test.each(made.filter(({ route }) => route === 'legacy'))(
    '$name is known as a classifier, and as a map with cam',
    async ({ file }) => {
      const path = join(cwd, file);
      expect((await openModel(path)).model).toMatchObject({ task: 'classification', channels: 4 });
      expect((await openModel(path, { cam: true })).model).toMatchObject({ task: 'segmentation', channels: 4, cam: true });
    },
  );
});
