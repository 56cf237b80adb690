import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  createGrid,
  cutWindows,
  openSlide,
  type StartOptions,
  segment,
  selectWindows,
  startModel,
  workingView,
} from '../../dist/index.js';
import { disc, folder, readPlanes, save, writeSlide } from '../cli/door.js';
import { channelNetwork } from '../model/networks.js';

const at = folder();
const model = save(at, 'model.onnx', channelNetwork(0));

test('a model gives for windows of your own what segment makes of them', async () => {
  const path = await writeSlide(join(at, 'slide.tif'), 200, 128, disc(90, 60, 50), { mpp: 0.5 });
  const wanted = { window: 128, stride: 128, margin: 0, tissue: 'none', blend: 'constant', probabilities: 'float32' } as const;
  await segment(path, { model, output: at, ...wanted });
  const { planes, width } = await readPlanes(join(at, 'slide.probabilities.ome.tif'));
  const slide = await openSlide(path);
  const view = workingView(slide, { kind: 'downsample', downsample: 1 });
  const started = await startModel(model, { window: 128, device: 'cpu', workers: 1 });
  expect([started.window, started.model.channels]).toEqual([{ width: 128, height: 128 }, planes.length]);
  const grid = createGrid({ size: view, window: started.window, stride: started.window, margin: 0, border: 'keep' });
  let windows = 0;
  for await (const { window, pixels } of cutWindows(
    view,
    selectWindows(grid, () => true),
  )) {
    const { x, y } = window.box;
    if (x === 0) expect((await started.run(pixels))[5 * 128 + 7]).toBeCloseTo(planes[0]![(y + 5) * width + 7]!, 6);
    windows++;
  }
  expect(windows).toBe(2);
  await started[Symbol.asyncDispose]();
  await slide.close();
});

test.each<readonly [string, StartOptions | Record<string, unknown>, string]>([
  [model, { blend: 'hann' }, 'unknown option "blend"'],
  [model, { window: 0 }, 'for --window but got "0"'],
  ['none.onnx', {}, 'none.onnx'],
])('%s with %j is refused', async (path, options, message) => {
  await expect(startModel(path, options as StartOptions)).rejects.toThrow(message);
});
