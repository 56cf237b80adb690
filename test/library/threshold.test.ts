import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type MaskOptions, pseudoLabel, type RunProgress, segment, thresholdSlide } from '../../dist/index.js';
import { disc, folder, save, segtileWell, writeSlide } from '../cli/door.js';
import { channelNetwork } from '../model/networks.js';

const at = folder();
let probabilities: string;
beforeAll(async () => {
  const slide = await writeSlide(join(at, 'slide.tif'), 300, 250, disc(150, 120, 90), { mpp: 0.5 });
  const model = save(at, 'model.onnx', channelNetwork(0));
  await segment(slide, { model, window: 128, probabilities: 'uint8', output: at });
  probabilities = join(at, 'slide.probabilities.ome.tif');
});

/** A record without what no two runs share. */
function lasting(record: object, output: string): unknown {
  return JSON.parse(JSON.stringify({ ...record, seconds: 0, peakRssBytes: 0, status: 0 }).replaceAll(output, 'OUT'));
}

test('thresholdSlide leaves the mask and the record of the command', async () => {
  const [ours, theirs] = [folder(), folder()];
  const told: RunProgress[] = [];
  const onProgress = (progress: RunProgress): void => void told.push(progress);
  const record = await thresholdSlide(probabilities, { threshold: 0.7, minObject: '20px', output: ours, onProgress });
  const flags = ['--threshold', '0.7', '--min-object', '20px', '-o', theirs, '--json', '--quiet'];
  const { stdout } = await segtileWell(['threshold', probabilities, ...flags]);
  expect(lasting(record, ours)).toEqual(lasting(JSON.parse(stdout), theirs));
  const [mine, its] = [ours, theirs].map((output) => readFileSync(join(output, 'slide.mask.ome.tif')));
  expect(mine!.equals(its!)).toBe(true);
  expect(told.at(-1)).toEqual({ name: probabilities, unit: 'rows', done: 250, total: 250 });
});

test('pseudoLabel leaves the mask and the record of the command', async () => {
  const [ours, theirs] = [folder(), folder()];
  const record = await pseudoLabel(probabilities, { confidence: '60%', ignore: 9, output: ours });
  const flags = ['--confidence', '60%', '--ignore', '9', '-o', theirs, '--json', '--quiet'];
  const { stdout } = await segtileWell(['pseudo-label', probabilities, ...flags]);
  expect(lasting(record, ours)).toEqual(lasting(JSON.parse(stdout), theirs));
  const [mine, its] = [ours, theirs].map((output) => readFileSync(join(output, 'slide.labels.ome.tif')));
  expect(mine!.equals(its!)).toBe(true);
});

test.each<readonly [string, Record<string, unknown>, string]>([
  ['slide.probabilities.ome.tif', { threshold: 2 }, 'expected a probability'],
  ['slide.probabilities.ome.tif', { quiet: true }, 'unknown option "quiet"'],
  ['none.probabilities.ome.tif', {}, 'none.probabilities.ome.tif'],
])('thresholdSlide refuses %s with %j', async (name, given, message) => {
  const options = { output: folder(), ...given } as MaskOptions;
  await expect(thresholdSlide(join(at, name), options)).rejects.toThrow(message);
});
