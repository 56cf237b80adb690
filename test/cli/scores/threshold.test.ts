import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromFile } from 'geotiff';
import { beforeAll, describe, expect, test } from 'vitest';
import { deflateCodec } from '../../../dist/tiff/write/tile-codec.js';
import { writePlanes } from '../../../dist/tiff/write/write.js';
import { identityNetwork } from '../../model/networks.ts';
import { filesIn, folder, type Paint, readMask, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const [width, height] = [613, 450];
const fixtures = folder();
const slide = join(fixtures, 'speckled.tif');
const model = join(fixtures, 'three.onnx');

/** Specks on the left, glass on the right. */
const paint: Paint = (x, y) => (x < 300 ? speckled(x >> 1, y >> 1) : [244, 244, 243]);

/** Three channels, that compete or that do not. */
const forms = {
  exclusive: ['--activation', 'softmax', '--classes', 'stroma,"tumor" & more'],
  independent: ['--activation', 'sigmoid', '--classes', 'a,b,c'],
} as const;
type FormName = keyof typeof forms;

beforeAll(async () => {
  await writeSlide(slide, width, height, paint, { mpp: 0.5 });
  save(fixtures, 'three.onnx', identityNetwork());
});

const inferArgs = (form: FormName, more: readonly string[]): string[] => [
  ...['infer', slide, '-m', model, '--scale', String(1 / 64), '--mean', '2', '--window', '128', '--tissue', 'otsu'],
  ...['--no-preview', '--quiet', ...forms[form], ...more],
];

/** The name of what `infer` writes beside the mask. */
const PROBABILITIES = 'speckled.probabilities.ome.tif';
const MASK = 'speckled.mask.ome.tif';

describe.each(['exclusive', 'independent'] as const)('classes that are %s', (form) => {
  const cwd = folder();
  const rule = ['--threshold', '0.4'];
  beforeAll(async () => {
    for (const samples of ['uint8', 'float32'])
      await segtileWell(inferArgs(form, [...rule, '--probabilities', samples, '-o', samples]), { cwd });
  });
  const bytesOf = (...path: string[]): Buffer => readFileSync(join(cwd, ...path));

  test('the mask from float32 probabilities is that of the run, byte by byte', async () => {
    expect(filesIn(join(cwd, 'float32'))).toEqual(['runs.jsonl', MASK, PROBABILITIES, 'speckled.run.json']);
    const ended = await segtileWell(['threshold', 'float32', ...rule, '-o', 'again', '--json'], { cwd });
    expect(filesIn(join(cwd, 'again'))).toEqual([MASK, 'speckled.run.json']);
    expect(bytesOf('again', MASK).equals(bytesOf('float32', MASK))).toBe(true);
    const labels = new Set((await readMask(join(cwd, 'again', MASK))).data);
    expect(labels).toEqual(new Set(form === 'exclusive' ? [0, 1, 2] : [0, 1, 2, 3]));

    const { status, ...made } = JSON.parse(ended.stdout);
    expect(status).toBe('done');
    const run = JSON.parse(bytesOf('float32/speckled.run.json').toString());
    expect(JSON.parse(bytesOf('again/speckled.run.json').toString())).toEqual(made);
    expect(made).toMatchObject({
      classShares: withoutTissue(run.classShares),
      coverage: run.coverage,
      settings: { labels: run.settings.labels },
    });
    expect(made.coverage).toBeLessThan(0.9);
    expect(run.probabilities).toEqual({ path: join('float32', PROBABILITIES), samples: 'float32', width, height });
  });

  test('uint8 probabilities are those of float32, times 255 and rounded; what no window saw is 0, or NaN', async () => {
    const [bytes, floats] = await Promise.all(['uint8', 'float32'].map((each) => planesOf(join(cwd, each, PROBABILITIES))));
    let unseen = 0;
    for (let c = 0; c < 3; c++) {
      expect(floats![c]!.length).toBe(width * height);
      floats![c]!.forEach((p, i) => {
        if (Number.isNaN(p)) unseen++;
        const wanted = Number.isNaN(p) ? 0 : Math.floor(p * 255 + 0.5);
        if (bytes![c]![i] !== wanted) throw new Error(`expected ${wanted} of ${p} but got ${bytes![c]![i]}`);
      });
    }
    expect(unseen).toBeGreaterThan(0.1 * 3 * width * height);
    expect(unseen).toBeLessThan(0.6 * 3 * width * height);

    await segtileWell(['threshold', 'uint8', ...rule, '-o', 'bytes', '--quiet'], { cwd });
    const mask = await readMask(join(cwd, 'bytes', MASK));
    mask.data.forEach((label, i) => {
      const ps = (form === 'exclusive' ? [1, 2] : [0, 1, 2]).map((c) => bytes![c]![i]! / 255);
      const best = Math.max(...ps);
      // Of equals the first wins.
      const wanted = best > 0.4 ? ps.indexOf(best) + 1 : 0;
      if (label !== wanted) throw new Error(`expected ${wanted} at ${i} of ${ps} but got ${label}`);
    });
  });

  test('raising a threshold never adds a pixel', async () => {
    let before: Buffer | undefined;
    let most = width * height + 1;
    for (const p of ['0', '0.45', '0.8']) {
      await segtileWell(['threshold', 'uint8', '--threshold', p, '-o', `at-${p}`, '--quiet'], { cwd });
      const { data } = await readMask(join(cwd, `at-${p}`, MASK));
      const last = before;
      if (last) expect(data.every((label, i) => label === 0 || last[i]! > 0)).toBe(true);
      const here = data.filter((label) => label > 0).length;
      expect(here).toBeLessThan(most);
      [most, before] = [here, data];
    }
    expect(most).toBeGreaterThan(0);
  });
});

/** The planes of a file as geotiff.js reads them. */
async function planesOf(path: string): Promise<(Uint8Array | Float32Array)[]> {
  const tiff = await fromFile(path);
  expect(await tiff.getImageCount()).toBe(3);
  const images = await Promise.all([0, 1, 2].map((index) => tiff.getImage(index)));
  const planes = await Promise.all(images.map(async (image) => (await image.readRasters())[0] as Uint8Array));
  tiff.close();
  return planes;
}

test.each([
  ['by the largest, at half of the resolution', 'exclusive', ['--downsample', '2'], []],
  [
    'with thresholds by name and a mask of another size',
    'independent',
    ['--output-mpp', '0.7'],
    ['--threshold', 'a=0.7,c=0.3'],
  ],
  ['blended as logits', 'exclusive', ['--blend-space', 'logits', '--workers', '2'], ['--threshold', 'stroma=0.45']],
] as const)('%s: the mask from float32 probabilities is that of the run', async (_, form, geometry, rule) => {
  const cwd = folder();
  await segtileWell(inferArgs(form, [...geometry, ...rule, '--probabilities', 'float32', '-o', 'run']), { cwd });
  await segtileWell(['threshold', 'run', ...rule, '-o', 'again', '--quiet'], { cwd });
  expect(readFileSync(join(cwd, 'again', MASK)).equals(readFileSync(join(cwd, 'run', MASK)))).toBe(true);
});

test('of the sample slide, cleaned: the mask from float32 probabilities is that of the run', async () => {
  const cwd = folder();
  const sample = fileURLToPath(new URL('../../../samples/kidney.tif', import.meta.url));
  const how = ['--threshold', '0.4', '--min-object', '30um2', '--fill-holes', '60um2', '--json', '--quiet'];
  const args = ['infer', sample, '--downsample', '4', '--probabilities', 'float32', '--no-preview', '-o', 'run'];
  const run = await segtileWell([...args, ...how], { cwd });
  const again = await segtileWell(['threshold', 'run/kidney.probabilities.ome.tif', ...how, '-o', 'again'], { cwd });
  const [a, b] = ['run', 'again'].map((name) => readFileSync(join(cwd, name, 'kidney.mask.ome.tif')));
  expect(b!.equals(a!)).toBe(true);
  const [made, remade] = [run, again].map(({ stdout }) => JSON.parse(stdout));
  // Pixels of 2 um.
  expect(made.settings.cleanUp).toEqual({ minObject: 8, fillHoles: 15 });
  expect(Math.min(made.cleaned.objects, made.cleaned.holes)).toBeGreaterThan(50);
  expect(remade).toMatchObject({
    cleaned: made.cleaned,
    classShares: withoutTissue(made.classShares),
    coverage: made.coverage,
  });
});

/** Shares as `threshold` tells them, which knows nothing of tissue. */
function withoutTissue(shares: readonly { readonly of: object }[]): object[] {
  return shares.map((each) => ({ ...each, of: { ...each.of, tissue: null } }));
}

describe('thresholds in a file', () => {
  test('are those of its names, in infer and in threshold', async () => {
    const cwd = folder();
    save(cwd, 'best.json', '{ "metric": "dice", "thresholds": { "a": 0.7, "c": 0.3 } }');
    const run = ['--probabilities', 'uint8', '-o', 'run', '--threshold'];
    await segtileWell(inferArgs('independent', [...run, 'a=0.7,c=0.3']), { cwd });
    await segtileWell(inferArgs('independent', ['-o', 'file', '--threshold', 'best.json']), { cwd });
    expect(readFileSync(join(cwd, 'file', MASK)).equals(readFileSync(join(cwd, 'run', MASK)))).toBe(true);
    await segtileWell(['threshold', 'run', '-o', 'named', '--threshold', 'a=0.7,c=0.3'], { cwd });
    const { stdout } = await segtileWell(['threshold', 'run', '-o', 'file-again', '--threshold', 'best.json', '--quiet'], {
      cwd,
    });
    expect(stdout).toContain('a above 0.7, b above 0.5, c above 0.3');
    expect(readFileSync(join(cwd, 'file-again', MASK)).equals(readFileSync(join(cwd, 'named', MASK)))).toBe(true);
  });

  test.each([
    ['{ "thresholds": { "d": 0.7 } }', 2, 'has no class "d" for --threshold t.json', 'its classes are: a, b, c'],
    [
      '{ "thresholds": { "a": 7 } }',
      1,
      't.json: expected a number from 0 to 1 for the threshold of "a" but got 7',
      'its form is',
    ],
    [undefined, 1, '--threshold t.json cannot be read', 'give a file such as'],
  ])('%s is refused by name', async (content, code, message, hint) => {
    const cwd = folder();
    if (content !== undefined) save(cwd, 't.json', content);
    const ended = await segtile(inferArgs('independent', ['--threshold', 't.json']), { cwd });
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).toContain(hint);
  });
});

describe('what cannot be', () => {
  const cwd = folder();
  beforeAll(async () => {
    await segtileWell(inferArgs('independent', ['--probabilities', 'uint8', '-o', 'run']), { cwd });
    mkdirSync(join(cwd, 'empty'));
    mkdirSync(join(cwd, 'cut'));
    const whole = readFileSync(join(cwd, 'run', PROBABILITIES));
    writeFileSync(join(cwd, 'cut', PROBABILITIES), whole.subarray(0, whole.length / 2));
  });

  test.each([
    ['empty', 1, 'the folder empty holds no file that ends in .probabilities.ome.tif'],
    [`run/${MASK}`, 1, 'is not a file of probabilities that segtile wrote'],
    ['missing.tif', 1, 'missing.tif'],
    [`cut/${PROBABILITIES}`, 1, `cut/${PROBABILITIES}`],
    ['run --threshold d=0.4', 2, `run/${PROBABILITIES} has no class "d" for --threshold`],
    ['run --threshold 1.4', 2, 'expected a probability, or one a class, for --threshold but got "1.4"'],
    ['run --mask-values 255', 2, '--mask-values 255 shows one class, but'],
    ['run -o run', 1, `run/${MASK} is there already`],
    [`run cut/${PROBABILITIES}`, 2, 'would both be written as'],
    ['', 2, 'no file that ends in .probabilities.ome.tif was given'],
  ])('threshold %s', async (words, code, message) => {
    const ended = await segtile(['threshold', ...words.split(' ').filter(Boolean)], { cwd });
    expect([ended.code, ended.stdout], ended.stderr).toEqual([code, '']);
    expect(ended.stderr).toContain(message);
    expect(filesIn(join(cwd, 'run'))).toEqual(['runs.jsonl', MASK, PROBABILITIES, 'speckled.run.json']);
  });

  test.each(['float32', 'uint8'] as const)('probabilities of other programs, of %s, are refused by name', async (samples) => {
    const own = folder();
    const size = { width: 80, height: 60 };
    const channels = ['a', 'b'].map((name) => `<Channel ID="Channel:${name}" Name="${name}" SamplesPerPixel="1"/>`).join('');
    const ome = `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image><Pixels DimensionOrder="XYCZT" SizeX="80" SizeY="60" SizeC="2" SizeZ="1" SizeT="1" Type="${samples === 'uint8' ? 'uint8' : 'float'}">${channels}<TiffData/></Pixels></Image></OME>`;
    const form = {
      size,
      channels: 1,
      samples,
      tile: 16,
      codec: deflateCodec('samples'),
      reduce: 'mean',
      levels: 'subifd',
    } as const;
    for (const [name, planes, description] of [
      ['theirs.ome.tif', 2, ome],
      ['plain.tif', 1, '{"shape": [60, 80]}'],
    ] as const) {
      const sink = await writePlanes(join(own, name), { ...form, description, software: 'another' }, planes);
      const data = samples === 'uint8' ? new Uint8Array(4800).fill(128) : new Float32Array(4800).fill(0.5);
      await sink.write(Array.from({ length: planes }, () => ({ y: 0, ...size, channels: 1 as const, data })));
      await sink.finish();
      const ended = await segtile(['threshold', name, '-o', 'out'], { cwd: own });
      expect([ended.code, ended.stdout]).toEqual([1, '']);
      expect(ended.stderr).toContain(
        `${name} is not a file of probabilities that segtile wrote: it does not say what its channels`,
      );
      expect(ended.stderr).toContain(
        'segtile infer --probabilities uint8 writes one; of other programs, segtile objects takes masks',
      );
    }
    expect(filesIn(own)).toEqual(['plain.tif', 'theirs.ome.tif']);
  });

  test('a file that fails does not stop the others, and is told in JSON', async () => {
    const both = folder();
    for (const name of ['a', 'b']) {
      writeFileSync(join(both, `${name}.probabilities.ome.tif`), readFileSync(join(cwd, 'run', PROBABILITIES)));
    }
    renameSync(join(both, 'a.probabilities.ome.tif'), join(both, 'c.probabilities.ome.tif'));
    writeFileSync(join(both, 'a.probabilities.ome.tif'), 'no image');
    const ended = await segtile(['threshold', '.', '-o', 'masks', '--json', '--quiet'], { cwd: both });
    expect(ended.code).toBe(1);
    const [failed, ...made] = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(failed).toMatchObject({ probabilities: { path: 'a.probabilities.ome.tif' }, error: { code: 'input' } });
    expect(made.map(({ mask }) => mask.path)).toEqual(['masks/b.mask.ome.tif', 'masks/c.mask.ome.tif']);
    expect(filesIn(join(both, 'masks'))).toEqual(['b.mask.ome.tif', 'b.run.json', 'c.mask.ome.tif', 'c.run.json']);
  });

  test('scores that are no probabilities are not written as bytes', async () => {
    const own = folder();
    const args = ['infer', slide, '-m', model, '--scale', '1', '--activation', 'none', '--window', '128', '--no-preview'];
    const ended = await segtile([...args, '--probabilities', 'uint8', '--quiet', '-o', 'out'], { cwd: own });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/the score of channel 0 at working pixel \(\d+, \d+\) is \d+.*, which is not a probability/);
    expect(filesIn(own)).toEqual([]);
    await segtileWell([...args, '--probabilities', 'float32', '--quiet', '-o', 'out'], { cwd: own });
  });
});
