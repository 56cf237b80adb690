import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, expect, test } from 'vitest';
import { addMakeDatasetOptions } from '../../dist/commands/make-dataset/options.js';
import { type DatasetOptions, makeDataset } from '../../dist/index.js';
import { disc, filesIn, folder, segtile, segtileWell, writeSlide } from '../cli/door.js';
import { labelled } from '../manual/world.js';

const at = folder();
let slide: string;
const truth = join(at, 'slide.png');
beforeAll(async () => {
  slide = await writeSlide(join(at, 'slide.tif'), 400, 400, disc(200, 200, 140), { mpp: 0.5 });
  await labelled(truth, 400, 120);
});

test('makeDataset makes the dataset of the command, byte for byte', async () => {
  const [ours, theirs] = [join(folder(), 'd'), join(folder(), 'd')];
  const given = {
    window: 64,
    sample: ['grid', 'half-shift'],
    split: { train: 0.5, val: 0.5 },
    splitBy: 'region',
    region: 128,
  } as const;
  const seen: number[] = [];
  const record = await makeDataset(slide, {
    truth,
    ...given,
    seed: 3,
    output: ours,
    onProgress: ({ done }) => seen.push(done),
  });
  const flags = '--window 64 --sample grid,half-shift --split train=0.5,val=0.5 --split-by region --region 128 --seed 3'.split(
    ' ',
  );
  await segtileWell(['make-dataset', slide, '--truth', truth, ...flags, '-o', theirs, '--quiet']);
  expect(filesIn(ours)).toEqual(filesIn(theirs));
  for (const name of filesIn(ours).filter((each) => each !== 'dataset.json')) {
    expect(readFileSync(join(ours, name)).equals(readFileSync(join(theirs, name))), name).toBe(true);
  }
  const [mine, its] = [ours, theirs].map((each) => JSON.parse(readFileSync(join(each, 'dataset.json'), 'utf8')));
  expect({ ...mine, created: 0, command: 0, versions: 0 }).toEqual({ ...its, created: 0, command: 0, versions: 0 });
  expect(mine.command.slice(0, 5)).toEqual(['segtile', 'make-dataset', slide, '--truth', truth]);
  expect(record.tiles).toBeGreaterThan(10);
  expect(mine.tiles).toBe(record.tiles);
  expect(seen.at(-1)).toBe(record.tiles);
});

test.each<readonly [Record<string, unknown>, readonly string[]]>([
  [{ split: { train: 0.5 } }, ['--split', 'train=0.5']],
  [{ mix: { nonsense: 1 } }, ['--mix', 'nonsense=1']],
  [{ quality: 101 }, ['--quality', '101']],
  [{ window: 10_000 }, ['--window', '10000']],
])('makeDataset refuses %j with the words of the command', async (given, flags) => {
  const told = await segtile(['make-dataset', slide, '--truth', truth, '-o', folder(), ...flags, '--quiet']);
  const options = { truth, output: folder(), ...given } as DatasetOptions;
  const error = await makeDataset(slide, options).catch((thrown: unknown) => thrown);
  const { message, hint } = error as { readonly message: string; readonly hint?: string };
  expect([told.code, told.stderr]).toEqual([2, `segtile: ${message}\n${hint ? `  hint: ${hint}\n` : ''}`]);
});

test('every option of make-dataset is an option of a program', () => {
  const names = new Set(addMakeDatasetOptions(new Command()).options.map((each) => each.attributeName()));
  for (const name of ['from', 'json', 'quiet', 'dryRun']) names.delete(name);
  const known: Readonly<Record<Exclude<keyof DatasetOptions, 'signal' | 'onProgress' | 'onNote'>, true>> = {
    artefactClass: true,
    augment: true,
    channels: true,
    classes: true,
    count: true,
    downsample: true,
    folds: true,
    format: true,
    guard: true,
    image: true,
    level: true,
    maxPerClass: true,
    minTissue: true,
    mix: true,
    mpp: true,
    output: true,
    overlap: true,
    overwrite: true,
    preview: true,
    quality: true,
    range: true,
    region: true,
    resume: true,
    sample: true,
    seed: true,
    shardSize: true,
    slideMpp: true,
    slideMppCsv: true,
    split: true,
    splitBy: true,
    stride: true,
    tissue: true,
    tissueClass: true,
    tries: true,
    truth: true,
    window: true,
    roi: true,
    roiClass: true,
    excludeClass: true,
  };
  expect(Object.keys(known).sort()).toEqual([...names].sort());
});
