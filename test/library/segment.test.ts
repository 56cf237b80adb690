import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { addInferOptions } from '../../dist/commands/infer/options.js';
import { type RunProgress, type SegmentOptions, SegtileError, segment } from '../../dist/index.js';
import { disc, filesIn, folder, save, segtile, segtileWell, speckled, writeSlide } from '../cli/door.js';
import { channelNetwork, identityNetwork } from '../model/networks.js';

const at = folder();
let slide: string;
let model: string;
beforeAll(async () => {
  slide = await writeSlide(join(at, 'slide.tif'), 600, 500, disc(300, 250, 180), { mpp: 0.5 });
  model = save(at, 'model.onnx', channelNetwork(0));
  save(at, 'both.onnx', identityNetwork());
  save(
    at,
    'both.segtile.json',
    JSON.stringify({ activation: 'sigmoid', classes: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }),
  );
});

/** A record without what no two runs share: times, memory, the id, and where it lies. */
function lasting(text: string, output: string): unknown {
  const { id: _, finished: __, seconds: ___, peakRssBytes: ____, limits: _____, device, files, ...record } = JSON.parse(text);
  // The report tells times.
  const sizes = files.filter(({ name }: { readonly name: string }) => !name.endsWith('.html'));
  return JSON.parse(JSON.stringify({ ...record, files: sizes, device: { ...device, busyShare: 0 } }).replaceAll(output, 'OUT'));
}

const rows: readonly (readonly [name: string, given: SegmentOptions, flags: readonly string[]])[] = [
  ['what is taken where nothing is said', {}, []],
  [
    'every output',
    {
      window: 128,
      overlap: '50%',
      probabilities: 'uint8',
      objects: ['geojson', 'csv'],
      reportDisagreement: true,
      report: true,
    },
    [
      '--window',
      '128',
      '--overlap',
      '50%',
      '--probabilities',
      'uint8',
      '--objects',
      'geojson,csv',
      '--report-disagreement',
      '--report',
    ],
  ],
  [
    'values as data and as texts',
    {
      window: { width: 128, height: 96 },
      stride: 64,
      downsample: 2,
      minObject: '20px',
      ttaScales: [1, 0.5],
      blend: 'hann',
      mean: [0.5, 0.4, 0.3],
      classes: [{ name: 'tissue', color: [1, 2, 255] }],
      preview: false,
      history: false,
      tissue: 'none',
    },
    [
      '--window',
      '128x96',
      '--stride',
      '64',
      '--downsample',
      '2',
      '--min-object',
      '20px',
      '--tta-scales',
      '1,0.5',
      '--blend',
      'hann',
      '--mean',
      '0.5,0.4,0.3',
      '--classes',
      'tissue=#0102ff',
      '--no-preview',
      '--no-history',
      '--tissue',
      'none',
    ],
  ],
  [
    'an ensemble with thresholds by name',
    { model: [join(at, 'both.onnx'), `${join(at, 'both.onnx')}:2`], threshold: { a: 0.6, b: 0.4 }, window: 200 },
    ['-m', join(at, 'both.onnx'), '-m', `${join(at, 'both.onnx')}:2`, '--threshold', 'a=0.6,b=0.4', '--window', '200'],
  ],
];

describe('leaves the files of the command, byte for byte', () => {
  test.each(rows)('%s', async (_, given, flags) => {
    const [ours, theirs] = [join(folder(), 'out'), join(folder(), 'out')];
    const record = await segment(slide, { model, output: ours, ...given });
    await segtileWell(['infer', slide, ...(given.model ? [] : ['-m', model]), '-o', theirs, '--quiet', ...flags]);
    expect(filesIn(ours)).toEqual(filesIn(theirs));
    expect(filesIn(ours)).toContain('slide.mask.ome.tif');
    for (const name of filesIn(ours)) {
      const [a, b] = [readFileSync(join(ours, name)), readFileSync(join(theirs, name))];
      if (name.endsWith('.run.json')) {
        expect(lasting(a.toString(), ours)).toEqual(lasting(b.toString(), theirs));
        expect(JSON.parse(a.toString())).toEqual(JSON.parse(JSON.stringify(record)));
      }
      // The report and the history tell times.
      else if (!/\.html$|runs\.jsonl$/.test(name)) expect(a.equals(b), name).toBe(true);
    }
  });
});

describe('refuses with the words of the command', () => {
  const wrong: readonly [option: keyof SegmentOptions, given: unknown, text?: string][] = [
    ['window', 0],
    ['window', 'x'],
    ['window', { width: 12, height: -3 }, '12x-3'],
    ['margin', 1.5],
    ['mpp', Number.NaN],
    ['minTissue', 1.5],
    ['threshold', { a: 2 }, 'a=2'],
    ['threshold', 'nonsense'],
    ['blend', 'sharp'],
    ['batch', 5000],
    ['range', [9, 1], '9,1'],
    ['classes', ['a', 'a'], 'a,a'],
    ['minObject', 50],
    ['device', 'abacus'],
    ['workers', -1],
    ['overlap', '200%'],
    ['tissue', 'somewhere'],
    ['std', [1, 0, 1], '1,0,1'],
  ];
  test.each(wrong)('%s: %j', async (option, given, text = String(given)) => {
    const flag = addInferOptions(new Command()).options.find((each) => each.attributeName() === option)!.long!;
    const output = folder();
    const told = await segtile(['infer', slide, '-m', model, '-o', output, `${flag}=${text}`, '--quiet']);
    const error = await segment(slide, { model, output, [option]: given } as SegmentOptions).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SegtileError);
    const { code, message, hint } = error as SegtileError;
    expect(code).toBe('usage');
    expect(message).toContain(flag);
    expect([told.code, told.stderr]).toEqual([2, `segtile: ${message}\n${hint ? `  hint: ${hint}\n` : ''}`]);
  });

  test.each([
    [{ windw: 512 }, 'unknown option "windw", did you mean "window"?'],
    [{ json: true }, 'unknown option "json"'],
    [{ preview: 'no' }, 'expected true or false for --preview but got "no"'],
    [{ window: true }, 'expected a text, a number or plain data for --window but got true'],
    [{ mpp: null }, 'expected a text, a number or plain data for --mpp but got null'],
    [{ channels: ['a,b'] }, 'an item of --channels holds a comma: "a,b"'],
    [{ stride: 64, overlap: '50%' }, '--stride and --overlap exclude each other'],
  ])('%j', async (given, message) => {
    await expect(segment(slide, { model, output: folder(), ...given } as SegmentOptions)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
    });
  });
});

test('tells how far it is, from 0 to all, and what it notes', async () => {
  const told: RunProgress[] = [];
  const notes: string[] = [];
  const large = await writeSlide(join(at, 'large.tif'), 400, 300, speckled);
  await segment(large, {
    model,
    output: folder(),
    window: 100,
    tissue: 'none',
    onProgress: (progress) => told.push(progress),
    onNote: (note) => notes.push(note),
  });
  const { total } = told[0]!;
  expect(total).toBeGreaterThan(10);
  expect(told.map(({ done }) => done)).toEqual(Array.from({ length: total + 1 }, (_, i) => i));
  expect(told.every((each) => each.name === large && each.unit === 'windows' && each.total === total)).toBe(true);
});

test.each([
  ['are written at once', {}],
  ['go to every other output, too', { probabilities: 'uint8', objects: ['geojson'], report: true }],
] as const)('uses the memory of labels again where they %s, however tall the slide', async (_, more) => {
  const width = 201;
  const tall = await writeSlide(join(folder(), 'tall.tif'), width, 4000, speckled);
  const sizes: number[] = [];
  class Counted extends SharedArrayBuffer {
    constructor(bytes: number) {
      super(bytes);
      sizes.push(bytes);
    }
  }
  vi.stubGlobal('SharedArrayBuffer', Counted);
  try {
    await segment(tall, { model, output: folder(), window: 64, tissue: 'none', ...more } as SegmentOptions);
  } finally {
    vi.unstubAllGlobals();
  }
  const ofLabels = sizes.filter((bytes) => bytes === 64 * width); // 64 rows; some 63 of them make the mask
  expect(ofLabels.length).toBeGreaterThan(0);
  expect(ofLabels.length).toBeLessThan(12);
});

test('stops when the signal fires, and leaves nothing', async () => {
  const output = join(folder(), 'stopped');
  mkdirSync(output);
  const controller = new AbortController();
  const onProgress = ({ done }: RunProgress): void => {
    if (done === 2) controller.abort();
  };
  const running = segment(slide, { model, output, window: 64, tissue: 'none', signal: controller.signal, onProgress });
  await expect(running).rejects.toMatchObject({ code: 'aborted' });
  expect(filesIn(output)).toEqual([]);
});

test('every option of the command line is an option of a program, but for those that only tell', () => {
  const names = new Set(addInferOptions(new Command()).options.map((each) => each.attributeName()));
  for (const name of ['from', 'json', 'quiet', 'dryRun', 'previewOnly', 'shard', 'shardRows']) names.delete(name);
  // A key that is missing here, or is none of the options, does not compile.
  const known: Readonly<Record<Exclude<keyof SegmentOptions, 'signal' | 'onProgress' | 'onNote'>, true>> = {
    activation: true,
    artefactClass: true,
    allowCpuNodes: true,
    allowSoftware: true,
    batch: true,
    blend: true,
    blendSpace: true,
    border: true,
    heatmap: true,
    heatmapColors: true,
    heatmapSize: true,
    instances: true,
    simplify: true,
    card: true,
    channels: true,
    classes: true,
    color: true,
    crop: true,
    modelOutput: true,
    device: true,
    downsample: true,
    enlarge: true,
    excludeClass: true,
    fillHoles: true,
    history: true,
    layout: true,
    level: true,
    margin: true,
    maskValues: true,
    memory: true,
    mean: true,
    measure: true,
    minObject: true,
    minTissue: true,
    objects: true,
    objectType: true,
    model: true,
    modelMpp: true,
    nan: true,
    mpp: true,
    windowScores: true,
    cam: true,
    gate: true,
    veto: true,
    vetoBy: true,
    output: true,
    plan: true,
    outputMpp: true,
    overlap: true,
    overwrite: true,
    palette: true,
    placement: true,
    preview: true,
    prove: true,
    probabilities: true,
    range: true,
    report: true,
    reportDisagreement: true,
    requireGpu: true,
    rle: true,
    resume: true,
    roi: true,
    roiClass: true,
    samples: true,
    scale: true,
    scoreType: true,
    seedDistance: true,
    slideMpp: true,
    slideMppCsv: true,
    standardize: true,
    std: true,
    splitTouching: true,
    stride: true,
    submission: true,
    submissionIds: true,
    threshold: true,
    tissue: true,
    tissueClass: true,
    tta: true,
    ttaScales: true,
    verify: true,
    wait: true,
    window: true,
    workers: true,
  };
  expect(Object.keys(known).sort()).toEqual([...names].sort());
});
