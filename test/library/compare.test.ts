import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, expect, test } from 'vitest';
import { addCompareOptions } from '../../dist/commands/compare/options.js';
import { type ComparisonOptions, compare, type RunProgress } from '../../dist/index.js';
import { disc, folder, segtileWell, writeSlide } from '../cli/door.js';
import { labelled } from '../manual/world.js';

const at = folder();
let slide: string;
const truth = join(at, 'slide.png');
beforeAll(async () => {
  slide = await writeSlide(join(at, 'slide.tif'), 300, 300, disc(150, 150, 100), { mpp: 0.5 });
  await labelled(truth, 300, 100);
});

/** A record without what no two comparisons share: times, memory, and what depends on them. */
function lasting(record: unknown): unknown {
  const left = ['seconds', 'peakRssBytes', 'megapixelsPerSecond', 'stages', 'front', 'recommendation', 'shared'];
  return JSON.parse(JSON.stringify(record, (key, value: unknown) => (left.includes(key) ? null : value)));
}

test('compare gives the record of the command', async () => {
  const [ours, theirs] = [join(at, 'ours'), join(at, 'theirs')];
  const told: RunProgress[] = [];
  const record = await compare(slide, {
    truth,
    model: 'hematoxylin',
    tile: { window: 128, stride: 96 },
    margin: 8,
    threshold: [0.3, 0.5],
    output: ours,
    report: false,
    onProgress: (progress) => void told.push(progress),
  });
  const flags = ['--tile', '128/96', '--margin', '8', '--threshold', '0.3,0.5', '--no-report', '-o', theirs, '--quiet'];
  await segtileWell(['compare', slide, '--truth', truth, '-m', 'hematoxylin', ...flags]);
  const [mine, its] = [ours, theirs].map((output) => JSON.parse(readFileSync(join(output, 'compare.json'), 'utf8')));
  expect(JSON.parse(JSON.stringify(record))).toEqual(mine);
  expect(lasting(mine)).toEqual(lasting(its));
  expect(record.variants.map(({ variant, options }) => [variant, options.threshold])).toEqual([
    ['tile 128/96, threshold 0.3', 0.3],
    ['tile 128/96, threshold 0.5', 0.5],
  ]);
  expect(told.map(({ done, total }) => [done, total])).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
});

test.each<readonly [Record<string, unknown>, string]>([
  [{ truth }, 'there is nothing to compare'],
  [{ tile: '128' }, 'no truth was given'],
  [{ truth, tile: '128', blend: ['gaussian', 'smooth'] }, 'for --blend but got "smooth"'],
  [{ truth, tiles: '128' }, 'unknown option "tiles", did you mean "tile"?'],
  [{ truth, resize: 300 }, 'no variant can be run: resize 300, slide.tif: '],
])('compare refuses %j', async (given, message) => {
  const options = { model: 'hematoxylin', output: join(at, 'no'), ...given } as unknown as ComparisonOptions;
  await expect(compare(slide, options)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(message) });
});

test('every option of compare is an option of a program', () => {
  const names = new Set(addCompareOptions(new Command()).options.map((each) => each.attributeName()));
  for (const name of ['from', 'json', 'quiet']) names.delete(name);
  const known: Readonly<Record<Exclude<keyof ComparisonOptions, 'signal' | 'onProgress' | 'onNote'>, true>> = {
    artefactClass: true,
    blend: true,
    card: true,
    channels: true,
    classes: true,
    device: true,
    excludeClass: true,
    history: true,
    margin: true,
    model: true,
    mpp: true,
    output: true,
    plan: true,
    overwrite: true,
    range: true,
    regions: true,
    report: true,
    resize: true,
    roi: true,
    roiClass: true,
    slideMpp: true,
    slideMppCsv: true,
    threshold: true,
    tile: true,
    tissue: true,
    gate: true,
    tissueClass: true,
    tolerance: true,
    truth: true,
    tta: true,
    variants: true,
    workers: true,
  };
  expect(Object.keys(known).sort()).toEqual([...names].sort());
});
