import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, expect, test } from 'vitest';
import { addObjectsOptions } from '../../dist/commands/objects/options.js';
import { addPseudoLabelOptions } from '../../dist/commands/pseudo-label/options.js';
import { addThresholdOptions } from '../../dist/commands/threshold/options.js';
import {
  type MaskOptions,
  type OutlineOptions,
  outlineObjects,
  pseudoLabel,
  type RunControl,
  type RunProgress,
  type SureLabelOptions,
  segment,
  thresholdSlide,
} from '../../dist/index.js';
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

test('outlineObjects leaves the objects and the record of the command', async () => {
  const mask = join(at, 'slide.mask.ome.tif');
  const [ours, theirs] = [folder(), folder()];
  const record = await outlineObjects(mask, { objects: ['csv', 'geojson'], slideMpp: 0.5, output: ours });
  const flags = ['--objects', 'csv,geojson', '--slide-mpp', '0.5', '-o', theirs, '--json', '--quiet'];
  const { stdout } = await segtileWell(['objects', mask, ...flags]);
  expect(lasting(record, ours)).toEqual(lasting(JSON.parse(stdout), theirs));
  for (const name of ['slide.objects.csv', 'slide.objects.geojson']) {
    expect(readFileSync(join(ours, name), 'utf8')).toBe(readFileSync(join(theirs, name), 'utf8'));
  }
});

/** The names of a command's options, but for those that only a command line needs. */
function namesOf(add: (command: Command) => Command): string[] {
  const names = add(new Command()).options.map((each) => each.attributeName());
  return names.filter((name) => !['from', 'json', 'quiet'].includes(name)).sort();
}

test('every option of these commands is an option of a program', () => {
  const threshold: Record<keyof Omit<MaskOptions, keyof RunControl>, true> = {
    enlarge: true,
    excludeClass: true,
    fillHoles: true,
    heatmap: true,
    heatmapColors: true,
    heatmapSize: true,
    instances: true,
    maskValues: true,
    minObject: true,
    objectType: true,
    objects: true,
    output: true,
    overwrite: true,
    palette: true,
    rle: true,
    roi: true,
    roiClass: true,
    seedDistance: true,
    simplify: true,
    splitTouching: true,
    submission: true,
    submissionIds: true,
    threshold: true,
  };
  const sure: Record<keyof Omit<SureLabelOptions, keyof RunControl>, true> = {
    background: true,
    confidence: true,
    fillHoles: true,
    minObject: true,
    ignore: true,
    output: true,
    overwrite: true,
  };
  const outlines: Record<keyof Omit<OutlineOptions, keyof RunControl>, true> = {
    classes: true,
    instances: true,
    measure: true,
    objectType: true,
    objects: true,
    output: true,
    overwrite: true,
    rle: true,
    seedDistance: true,
    simplify: true,
    splitTouching: true,
    slide: true,
    slideMpp: true,
    slideSize: true,
    submission: true,
    submissionIds: true,
    threshold: true,
  };
  expect(Object.keys(threshold).sort()).toEqual(namesOf(addThresholdOptions));
  expect(Object.keys(sure).sort()).toEqual(namesOf(addPseudoLabelOptions));
  expect(Object.keys(outlines).sort()).toEqual(namesOf(addObjectsOptions));
});
