import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork } from '../../model/networks.ts';
import { type Ended, folder, program, run, save, segtile, speckled, writeSlide } from '../door.ts';

// What no file should be, in place of each file that is read. All of it is an error in words, and none waits for ever.

const home = folder();
const slide = join(home, 'slide.tif');
const model = join(home, 'm.onnx');
const truth = join(home, 'slide.truth.png');

beforeAll(async () => {
  await writeSlide(slide, 200, 160, speckled);
  await writeSlide(truth, 200, 160, () => [0, 0, 0]);
  save(home, 'm.onnx', channelNetwork(0));
  save(home, 'classes.json', '{ "classes": [{ "name": "a" }] }');
});

function expectWords({ code, signal, stderr }: Ended): void {
  expect({ code: [1, 2].includes(code!), signal }, stderr).toEqual({ code: true, signal: null });
  expect(stderr).toMatch(/^segtile: \S/m);
  expect(stderr).not.toContain('unexpected error');
  expect(stderr).not.toMatch(/^ +at .*:\d+:\d+/m);
}

const infer = (...words: readonly string[]) => ['infer', slide, '-m', model, '--window', '64', ...words];

/** Commands that read a file, by what it is and the ending of its name. */
const readers: readonly (readonly [what: string, ending: string, command: (file: string) => readonly string[]])[] = [
  ['a slide', 'tif', (file) => ['info', file]],
  ['a slide to segment', 'tif', (file) => ['infer', file, '-m', model]],
  ['a picture', 'png', (file) => ['info', file]],
  ['a model', 'onnx', (file) => ['infer', slide, '-m', file]],
  ['a card', 'json', (file) => infer('--card', file)],
  ['thresholds', 'json', (file) => infer('--threshold', file)],
  ['microns', 'csv', (file) => infer('--slide-mpp-csv', file)],
  ['tissue as an image', 'tif', (file) => infer('--tissue', file)],
  ['tissue as a PNG', 'png', (file) => infer('--tissue', file)],
  ['tissue as shapes', 'geojson', (file) => infer('--tissue', file)],
  ['truth as an image', 'tif', (file) => ['evaluate', slide, '--truth', file]],
  ['truth as a PNG', 'png', (file) => ['evaluate', slide, '--truth', file]],
  ['truth as shapes', 'geojson', (file) => ['evaluate', slide, '--truth', file]],
  ['truth as JSON', 'json', (file) => ['evaluate', slide, '--truth', file]],
  ['truth as CSV', 'csv', (file) => ['evaluate', slide, '--truth', file]],
  ['a mask', 'tif', (file) => ['evaluate', file, '--truth', truth]],
  ['classes', 'json', (file) => ['make-dataset', slide, '--truth', truth, '--classes', file, '-o', join(folder(), 'set')]],
  ['augmentation', 'json', (file) => ['make-dataset', slide, '--truth', truth, '--augment', file, '-o', join(folder(), 'set')]],
  [
    'variants',
    'yaml',
    (file) => ['compare', slide, '--truth', truth, '-m', model, '--variants', file, '-o', join(folder(), 'c')],
  ],
  ['a manifest', 'csv', (file) => ['find-noise', file, '--predictions', home]],
  ['probabilities', 'tif', (file) => ['threshold', file]],
  ['a history', 'jsonl', (file) => ['runs', '--history', file]],
];

test.each(readers)('%s that is a pipe, a device or a folder', async (_, ending, command) => {
  const at = folder();
  const pipe = join(at, `pipe.${ending}`);
  execFileSync('mkfifo', [pipe]);
  const inner = join(at, `folder.${ending}`);
  mkdirSync(inner);
  for (const file of [pipe, '/dev/zero', inner]) expectWords(await segtile(command(file)));
});

const deep = (open: string, middle: string, close: string, times = 50_000) => open.repeat(times) + middle + close.repeat(times);
const texts: Record<string, string> = {
  lists: deep('[', '1', ']'),
  objects: deep('{"a":', '1', '}'),
  'an unclosed list': '['.repeat(50_000),
  'a value of a known key': `{ "classes": ${deep('[', '', ']', 5000)}, "thresholds": ${deep('[', '', ']', 5000)}, "features": [${deep('[', '', ']', 5000)}], "variants": ${deep('[', '', ']', 5000)} }`,
};

describe.each(Object.entries(texts))('JSON of %s, thousands deep', (_, text) => {
  test.each(readers.filter(([, ending]) => ['json', 'geojson', 'yaml'].includes(ending)))(
    'as %s',
    async (_what, ending, command) => {
      expectWords(await segtile(command(save(folder(), `deep.${ending}`, text))));
    },
  );
});

test.each([
  [
    'YAML that repeats itself',
    `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefghijk'].map((key, i) => `${key}: &${key} [${`*${'abcdefghijk'[i]}, `.repeat(9)}x]`).join('\n')}\nvariants: *k\n`,
  ],
  ['YAML deep inside itself', `variants:\n${Array.from({ length: 5000 }, (_, i) => `${' '.repeat(i + 1)}- `).join('\n')}x\n`],
  ['YAML that is its own part', 'variants: &a [*a]\n'],
])('%s', async (_, text) => {
  const variants = save(folder(), 'v.yaml', text);
  const ended = await segtile([
    'compare',
    slide,
    '--truth',
    truth,
    '-m',
    model,
    '--variants',
    variants,
    '-o',
    join(folder(), 'c'),
  ]);
  expectWords(ended);
});

test.skipIf(process.platform === 'win32').each([64, 40, 30])('a process that may open %i files says so', async (files) => {
  const output = join(folder(), 'out');
  for (const args of [['info', slide], infer('--tissue', 'none', '-o', output)]) {
    const ended = await run('sh', ['-c', `ulimit -n ${files} && exec "$0" "$@"`, process.execPath, program, ...args]);
    if (ended.code === 0) continue;
    expectWords(ended);
    expect(ended.stderr).toMatch(/too many files are open.*\n {2}hint: .*ulimit -n/);
  }
});
