import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { writeProbabilityMap } from '../../../dist/mask/probability-map.js';
import { sureLabels } from '../../../dist/pipeline/probabilities/pseudo-label.js';
import { maskOfProbabilities } from '../../../dist/pipeline/probabilities/threshold.js';
import { createStageClock } from '../../../dist/pipeline/records/stage-clock.js';
import type { ScoreMap } from '../../../dist/plan/scores/score-map.js';
import { openProbabilities } from '../../../dist/slide/probabilities.js';
import { random } from '../../model/networks.ts';

const folder = mkdtempSync(join(tmpdir(), 'segtile-threshold-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const source = join(folder, 'a.probabilities.ome.tif');
const [width, height] = [300, 2500];
const map: ScoreMap = {
  classes: [{ label: 1, name: 'a', color: [1, 2, 3] }],
  labels: [1],
  exclusive: false,
  samples: 'float32',
  mask: { width, height, mpp: null },
};

const next = random(3);
const data = Float32Array.from({ length: width * height }, () => next());

beforeAll(async () => {
  const sink = await writeProbabilityMap(source, { size: { width, height }, map });
  for (let y = 0; y < height; y += 50) {
    const part = data.slice(y * width, (y + 50) * width);
    const writing = sink.write({ y, height: 50, blocks: [{ x: 0, y, width, height: 50, classes: 1, data: part }] });
    // Its memory may be used again at once.
    part.fill(0);
    await writing;
  }
  await sink.finish();
});
beforeEach(() => rmSync(join(folder, 'out.tif'), { force: true }));

const files = { name: 'out', paths: { mask: join(folder, 'out.tif') }, record: join(folder, 'out.run.json'), options: {} };
const rule = { kind: 'thresholds', labels: [1], thresholds: [0.5] } as const;
type Run = (path: string, signal: AbortSignal, onRows: (done: number) => void) => Promise<unknown>;

const runs: Readonly<Record<string, Run>> = {
  threshold: async (path, signal, onRows) => {
    const probabilities = await openProbabilities(path);
    const settings = { rule, cleanUp: { minObject: 5, fillHoles: 5 }, maskValues: 'labels' } as const;
    await maskOfProbabilities(probabilities, settings, files, createStageClock(), onRows, signal).finally(probabilities.close);
  },
  'pseudo-label': async (path, signal, onRows) => {
    const probabilities = await openProbabilities(path);
    const settings = { confidence: 0.9, background: undefined, cleanUp: undefined, ignore: 255 };
    await sureLabels(probabilities, settings, files, createStageClock(), onRows, signal).finally(probabilities.close);
  },
};

test('what was written is read to the bit', async () => {
  const probabilities = await openProbabilities(source);
  expect(probabilities).toMatchObject({ width, height, map });
  let row = 0;
  for await (const { y, height: rows, blocks } of probabilities.readScores()) {
    expect([y, blocks.length, blocks[0]!.width]).toEqual([row, 1, width]);
    expect(blocks[0]!.data).toEqual(data.slice(y * width, (y + rows) * width));
    row += rows;
  }
  expect(row).toBe(height);
  await probabilities.close();
});

test.each(Object.entries(runs))('%s that is stopped on its way leaves nothing behind', async (_, run) => {
  const controller = new AbortController();
  let most = 0;
  const onRows = (done: number): void => {
    most = done;
    if (done > 400) controller.abort();
  };
  await expect(run(source, controller.signal, onRows)).rejects.toMatchObject({ code: 'aborted' });
  expect(most).toBeLessThan(height);
  expect(readdirSync(folder)).toEqual(['a.probabilities.ome.tif']);
});

test.each(Object.entries(runs))('%s of a file with a damaged block names it, and leaves nothing behind', async (_, run) => {
  const bytes = readFileSync(source);
  bytes.fill(0x55, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.61));
  const damaged = join(folder, 'damaged.probabilities.ome.tif');
  writeFileSync(damaged, bytes);
  const failed = expect(run(damaged, new AbortController().signal, () => {})).rejects;
  await failed.toMatchObject({ code: 'input', message: expect.stringContaining(damaged) });
  rmSync(damaged);
  expect(readdirSync(folder)).toEqual(['a.probabilities.ome.tif']);
});
