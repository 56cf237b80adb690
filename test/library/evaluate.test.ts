import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type EvaluationOptions, evaluate, type RunProgress } from '../../dist/index.js';
import { folder, segtileWell } from '../cli/door.js';
import { labelled } from '../manual/world.js';

const at = folder();
const [predicted, truth] = [join(at, 'slide.mask.tif'), join(at, 'slide.png')];
beforeAll(async () => {
  await labelled(predicted, 300, 90);
  await labelled(truth, 300, 100);
});

test('evaluate gives the figures and the files of the command', async () => {
  const told: RunProgress[] = [];
  const onProgress = (progress: RunProgress): void => void told.push(progress);
  const [ours, theirs] = [join(at, 'ours.csv'), join(at, 'theirs.csv')];
  const { evaluation, slides } = await evaluate(predicted, { truth, csv: ours, tolerance: 2, onProgress });
  const { stdout } = await segtileWell([
    'evaluate',
    predicted,
    truth,
    '--csv',
    theirs,
    '--tolerance',
    '2',
    '--json',
    '--quiet',
  ]);
  const [, all] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(all.pooled.macro).toEqual(JSON.parse(JSON.stringify(evaluation.pooled.macro)));
  expect(evaluation.pooled.macro.dice).toBeCloseTo((2 * 0.81) / 1.81, 2);
  expect(slides.map((each) => [each.predicted, each.truth])).toEqual([[predicted, truth]]);
  expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'));
  expect(told.at(-1)).toEqual({ name: predicted, unit: 'rows', done: 300, total: 300 });
});

test.each([
  [{}, 'no truth was given'],
  [{ truth, tolerance: -1 }, 'expected a length such as 4px or 2um for --tolerance but got "-1"'],
  [{ truth, threshhold: 1 }, 'unknown option "threshhold", did you mean "threshold"?'],
  [{ truth, writeThresholds: join(at, 'best.json') }, '--write-thresholds needs probabilities of every slide'],
])('evaluate refuses %j', async (given, message) => {
  await expect(evaluate(predicted, given as unknown as EvaluationOptions)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(message),
  });
});
