import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addInferOptions } from '../../../dist/commands/infer/options.js';
import { filesOf, pathsOf } from '../../../dist/pipeline/outputs/files.js';
import { type OutputName, runOutputs } from '../../../dist/pipeline/outputs/table.js';

const everything = {
  probabilities: 'uint8',
  objects: ['geojson'],
  submission: 'sub.csv',
  heatmap: 'a',
  preview: true,
  reportDisagreement: true,
  windowScores: ['csv'],
  report: true,
} as const;
const names = Object.keys(runOutputs) as OutputName[];

test('every output of the table is named, and each is looked for before a run', () => {
  const [all] = filesOf([{ path: 'slides/a.svs' }], 'out', everything);
  expect(all!.paths).toEqual(Object.fromEntries(names.map((name) => [name, `out/a${runOutputs[name].ending}`])));
  const paths = Object.values({
    ...all!.paths,
    objects: 'out/a.objects.geojson',
    submission: 'out/a.submission.csv',
    windowScores: 'out/a.windows.csv',
  });
  expect(pathsOf(all!)).toEqual([...paths, 'out/a.run.json']);
  expect(new Set(pathsOf(all!)).size).toBe(names.length + 1);
});

test('only what is wanted is made; old files are replaced only where that is asked for', () => {
  const [mask] = filesOf([{ path: 'a.svs' }], 'out', {});
  expect(mask).toEqual({
    name: 'a',
    paths: { mask: 'out/a.mask.ome.tif' },
    record: 'out/a.run.json',
    options: {},
    replace: false,
  });
  const [own] = filesOf([{ path: 'a.svs' }], 'my.tif', { preview: true, overwrite: true });
  expect(own).toMatchObject({
    paths: { mask: 'my.tif', preview: 'my.preview.jpg' },
    name: 'a',
    record: 'my.run.json',
    replace: true,
  });
  expect(filesOf([{ path: 'a.svs' }], 'out', {}, '.labels.ome.tif')[0]!.paths.mask).toBe('out/a.labels.ome.tif');
});

test('the help of infer names every output beside the mask as the table does', () => {
  const help = addInferOptions(new Command('infer')).helpInformation().replace(/\s+/g, ' ');
  for (const name of names.filter((each) => each !== 'mask')) expect(help).toContain(`<name>${runOutputs[name].ending}`);
});
