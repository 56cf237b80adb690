import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundledModel } from '../../../dist/model/card/bundled.js';
import { parseModel } from '../../../dist/model/graph/format/onnx.js';
import { openModel } from '../../../dist/model/measured/open-model.js';
import { perceive } from '../../../dist/pipeline/perception/perceive.js';
import { folder, save, segtileWell, speckled, writeSlide } from '../../cli/door.ts';
import { sharedFile } from '../../shared.ts';
import { unet } from '../networks.ts';
import { receptiveField } from '../receptive-field.ts';

const cwd = folder();
const real = sharedFile('models/nuclei_unet_nchw512.onnx');
const far = sharedFile('models/tissue_unet_nhwc500.onnx');
if (!real || !far) console.warn('skipped: a network that others made, which is not part of this repository');

/** Reach and phase that were measured in a study of many networks by hand; none for networks made here. */
const studied: Readonly<Record<string, readonly [reach: number, phase: number] | undefined>> = {
  nuclei: [46, 8],
  kidney: [94, 16],
  hematoxylin: [36, 8],
  unet: undefined,
};

beforeAll(() => save(cwd, 'unet.onnx', unet(0.05, { channels: 2 })));

async function measured(path: string) {
  const { model } = await openModel(path, {}, { signal: new AbortController().signal });
  return perceive(model, new AbortController().signal);
}

describe.each(Object.keys(studied))('%s', (name) => {
  const path = name === 'unet' ? join(cwd, 'unet.onnx') : bundledModel(name);

  test('looks no farther than its receptive field, and no less than the half of it', async () => {
    const { reach, phase } = await measured(path);
    const field = receptiveField(parseModel(readFileSync(path)));
    expect(reach).toBeLessThanOrEqual(field);
    expect(reach).toBeGreaterThan(field / 2);
    const [far, step] = studied[name] ?? [reach, phase];
    expect([reach, phase]).toEqual([far, step]);
  });

  test('has windows that agree from the margin on that overlapping windows show', async () => {
    await writeSlide(join(cwd, `${name}.tif`), 560, 420, speckled);
    const args = ['--window', '256', '--stride', '64', '--margin', '0', '--placement', 'aligned', '--tissue', 'none'];
    const model = ['-m', path, ...(name === 'unet' ? ['--activation', 'sigmoid'] : [])];
    const quiet = ['--no-preview', '--device', 'cpu', '--json', '--report-disagreement', '--level', '0', '-o', name];
    const { stdout } = await segtileWell(['infer', `${name}.tif`, ...model, ...args, ...quiet], { cwd });
    const { kind, margin } = JSON.parse(stdout).disagreement;
    const { margin: enough } = await measured(path);
    expect(['border', 'agree']).toContain(kind);
    expect(margin).toBeLessThanOrEqual(enough!);
  });
});

test.skipIf(!real)('a real network of fixed size looks no farther than its receptive field', async () => {
  const { signal } = new AbortController();
  // Without its standardisation of windows, by which it would see all of them.
  const { model } = await openModel(real!, { color: 'gray', scale: 1 / 255, mean: [0], std: [1] }, { signal });
  const { reach, phase } = await perceive(model, signal);
  expect(reach).toBeLessThanOrEqual(receptiveField(parseModel(readFileSync(real!))));
  expect([reach, phase]).toEqual([53, 8]);
});

test.skipIf(!far)(
  'a real network that sees far is judged by labels, and sees no farther than its receptive field, either',
  async () => {
    const { model } = await openModel(far!, {}, { signal: new AbortController().signal });
    const { reach, phase, margin, flips } = await perceive(model, new AbortController().signal);
    expect(reach).toBeLessThanOrEqual(receptiveField(parseModel(readFileSync(far!))));
    expect(reach).toBeGreaterThan(500 / 6);
    expect([phase, margin]).toEqual([16, 40]);
    expect(flips.length).toBeGreaterThan(5);
  },
);
