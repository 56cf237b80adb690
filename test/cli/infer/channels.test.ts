import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork, identityNetwork } from '../../model/networks.ts';
import { picture } from '../../tiff/pictures.ts';
import { expectLabels, filesIn, folder, readMask, save, segtile, segtileWell } from '../door.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/slide/${name}`, import.meta.url));
const [width, height] = [150, 110];
const models = folder();
const model = (name: string): string => join(models, `${name}.onnx`);

/** As in test/fixtures/slide/make.py. */
const measured = (x: number, y: number, c: number): number =>
  (x * (401 + 97 * c) + y * (1033 + 61 * c) + x * y + c * 9001) & 65535;

beforeAll(() => {
  const card = (more: object) => JSON.stringify({ activation: 'none', exclusive: false, ...more });
  for (const [name, depth, channel, more] of [
    ['last-of-five', 5, 4, { samples: 'uint16' }],
    ['last-of-four', 4, 3, { samples: 'uint16' }],
    ['floats', 3, 1, { samples: 'float32', scale: 1 / 16, mean: [0, -3 / 16, 0] }],
    ['bytes', 4, 3, {}],
  ] as const) {
    save(models, `${name}.onnx`, channelNetwork(channel, { depth }));
    save(models, `${name}.segtile.json`, card(more));
  }
  save(models, 'all-of-five.onnx', identityNetwork({ depth: 5 }));
  save(models, 'all-of-five.segtile.json', card({ samples: 'uint16' }));
});

const geometry = [
  '--window',
  '64',
  '--stride',
  '40',
  '--margin',
  '12',
  '--border',
  'mirror',
  '--tissue',
  'none',
  '--blend',
  'none',
];

/** The mask of a slide, and what standard output says of the run. */
async function infer(slide: string, name: string, threshold: number, ...more: readonly string[]) {
  const cwd = folder();
  const args = ['infer', fixture(slide), '-m', model(name), ...geometry, '--threshold', String(threshold), '--json', '--quiet'];
  const { stdout } = await segtileWell([...args, '-o', 'mask.tif', ...more], { cwd });
  return { mask: await readMask(join(cwd, 'mask.tif')), record: JSON.parse(stdout) as object };
}

describe.concurrent('a network that is given channels', () => {
  const four = picture(width, height, 4).data;
  const level = 0.4321;
  test.each([
    [
      'the last of five directories of 16 bits',
      'measured.ome.tif',
      'last-of-five',
      [],
      (x, y) => measured(x, y, 4) / 65535,
      '4',
    ],
    [
      'the last of four that are picked',
      'measured.ome.tif',
      'last-of-four',
      ['--channels', '0,3,4,2'],
      (x, y) => measured(x, y, 2) / 65535,
      '2',
    ],
    ['the last of four planes', 'measured-planes.tif', 'last-of-four', [], (x, y) => measured(x, y, 3) / 65535, '3'],
    ['floating point from -3 to 13', 'measured-float.tif', 'floats', [], (x, y) => measured(x, y, 1) / 4096 / 16, '2'],
    ['the last of four interleaved bytes', 'four-bytes.tif', 'bytes', [], (x, y) => four[(y * width + x) * 4 + 3]! / 255, '3'],
  ] as const satisfies readonly (readonly [
    string,
    string,
    string,
    readonly string[],
    (x: number, y: number) => number,
    string,
  ])[])('%s: the mask shows where it exceeds the threshold', async (_, slide, name, more, at, last) => {
    const { mask, record } = await infer(slide, name, level, ...more);
    expect(mask).toMatchObject({ width, height });
    expectLabels(mask.data, width, (x, y) => (at(x, y) > level ? 1 : 0));
    const samples = { bytes: 'uint8', floats: 'float32' }[name as string] ?? 'uint16';
    expect(record).toMatchObject({ model: { input: { channels: expect.arrayContaining([last]), samples } } });
  });

  test('the record and the plan say which channels it was given, and which are seen as a picture', async () => {
    const args = [
      'infer',
      fixture('measured.ome.tif'),
      '-m',
      model('last-of-four'),
      '--channels',
      '0,3,4,2',
      '--dry-run',
      ...geometry,
    ];
    const { stdout } = await segtileWell(args, { cwd: folder() });
    expect(stdout).toMatch(/^ {2}channels 0, 3, 4, 2$/m);
    const { record } = await infer('measured.ome.tif', 'last-of-four', level, '--channels', '0,3,4,2');
    expect(record).toMatchObject({
      model: { input: { channels: ['0', '3', '4', '2'], samples: 'uint16' } },
      slide: {
        notes: [
          'of the 4 channels that are picked, 0, 3, 4 are seen as red, green and blue where tissue is found and in the preview',
          '16-bit samples: 0 to 65535 (full range) becomes 0 to 255',
          'the model is given the samples as they are; 8 bits are made of them only where tissue is found and in the preview',
        ],
      },
    });
  });

  test('a label for each of five channels', async () => {
    const { mask } = await infer('measured.ome.tif', 'all-of-five', 0.5);
    expectLabels(mask.data, width, (x, y) => {
      const values = [0, 1, 2, 3, 4].map((c) => measured(x, y, c) / 65535);
      const best = values.indexOf(Math.max(...values));
      return values[best]! > 0.5 ? best + 1 : 0;
    });
  });
});

describe.concurrent('one line, one hint and no file for', () => {
  test.each([
    [
      'fewer channels than the model takes',
      'measured-float.tif',
      'last-of-five',
      [],
      1,
      /last-of-five\.onnx takes 5 channels, but .*measured-float\.tif has 3$/m,
    ],
    [
      'more than it takes',
      'measured.ome.tif',
      'last-of-four',
      [],
      1,
      /last-of-four\.onnx takes 4 channels, but .*measured\.ome\.tif has 5$/m,
    ],
    [
      'other samples than it takes',
      'four-bytes.tif',
      'last-of-four',
      [],
      1,
      /takes samples of type uint16, but .*four-bytes\.tif has 8-bit samples$/m,
    ],
    [
      'a channel that is not there',
      'measured.ome.tif',
      'last-of-four',
      ['--channels', '0,1,2,5'],
      2,
      /has no channel "5" for --channels$/m,
    ],
    [
      'another number of channels than it takes',
      'measured.ome.tif',
      'last-of-four',
      ['--channels', '0,1'],
      2,
      /takes 4 channels, but --channels picks 2 of /,
    ],
    [
      'two channels for a picture',
      'measured.ome.tif',
      'hematoxylin',
      ['--channels', '0,1'],
      2,
      /takes a picture, but --channels picks 2 channels of /,
    ],
    ['samples that nobody has', 'measured.ome.tif', 'last-of-four', ['--samples', 'int16'], 2, /for --samples but got "int16"/],
  ] as const)('%s', async (_, slide, name, more, code, says) => {
    const cwd = folder();
    const network = name === 'hematoxylin' ? name : model(name);
    const ended = await segtile(['infer', fixture(slide), '-m', network, '--quiet', ...geometry, ...more], { cwd });
    expect(ended.stderr).toMatch(/^segtile: [^\n]+\n {2}hint: [^\n]+\n$/);
    expect(ended.stderr).toMatch(says);
    expect(ended).toMatchObject({ code, signal: null, stdout: '' });
    expect(filesIn(cwd)).toEqual([]);
  });
});

test('info says what a model takes', async () => {
  const { stdout } = await segtileWell(['info', model('last-of-five'), 'hematoxylin']);
  expect(stdout).toMatch(/^ {2}takes +5 channels of the slide as uint16$/m);
  expect(stdout).toMatch(/^ {2}takes +the picture, as rgb of 8 bits$/m);
});
