import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { contrastWarning } from '../../../dist/slide/range.js';
import { channelNetwork } from '../../model/networks.ts';
import { rawTiff } from '../../tiff/raw-tiff.ts';
import { expectLabels, folder, readMaskAgain, save, segtile, segtileWell } from '../door.ts';

const cwd = folder();
const [width, height] = [64, 48];
const look = ['--window', '32', '--tissue', 'none', '--blend', 'none'];

/** Dark on the left, bright on the right, with a slope: `most` at the right border. */
const slope = (most: number) =>
  Array.from({ length: width * height }, (_, i) => Math.round((most * (i % width)) / (width - 1)));

/** Whole numbers of 16 bits, or floating point of 32, as one strip. */
function slide(name: string, values: readonly number[], kind: 'uint8' | 'uint16' | 'int16' | 'float32'): string {
  const Samples = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array }[kind];
  const data = Samples.from(values);
  const format = kind === 'float32' ? 3 : kind === 'int16' ? 2 : 1;
  const strip = new Uint8Array(data.buffer);
  const page = { width, height, bits: data.BYTES_PER_ELEMENT * 8, strips: [strip], tags: { 339: [3, [format]] as const } };
  return save(cwd, name, rawTiff([page]));
}

beforeAll(async () => {
  const card = (more: object) => JSON.stringify({ activation: 'none', exclusive: false, ...more });
  save(cwd, 'picture.onnx', channelNetwork(0));
  save(cwd, 'picture.segtile.json', card({}));
  save(cwd, 'native.onnx', channelNetwork(0, { depth: 1 }));
  save(cwd, 'native.segtile.json', card({ samples: 'uint16' }));
  slide('twelve.tif', slope(4095), 'uint16');
  slide('eight.tif', slope(255), 'uint16');
  slide('signed.tif', slope(2000), 'int16');
  slide('float.tif', slope(255), 'float32');
  slide('dim.tif', slope(20), 'uint8');
  const bytes = Buffer.from(slope(20).flatMap((value) => [value, value, value]));
  await sharp(bytes, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(join(cwd, 'dim.png'));
  const empty = sharp(Buffer.alloc(width * height), { raw: { width, height, channels: 1 } });
  await empty.toColourspace('b-w').png().toFile(join(cwd, 'truth.png'));
});

describe.each([
  ['twelve.tif', '0,4095', 4095, 'none'],
  ['eight.tif', '0,255', 255, 'none'],
  ['signed.tif', '0,2000', 2000, 'none'],
  ['float.tif', '0,255', 255, 'none'],
  ['dim.tif', '0,20', 20, 'otsu'],
  ['dim.png', '0,20', 20, 'otsu'],
])('%s, which fills no known range', (file, range, most, tissue) => {
  test('is said to look wrong, in a warning that names --range', async () => {
    const seen = ['infer', file, '-m', 'picture.onnx', '--window', '32', '--tissue', tissue, '--dry-run'];
    const { stdout } = await segtileWell(seen, { cwd });
    expect(stdout).toMatch(/warning: (the picture uses less than an eighth|more than half of the picture).* --range/);
    const facts = JSON.parse((await segtileWell([...seen, '--json'], { cwd })).stdout);
    expect(facts.slide.notes.join()).toContain('--range');
  });

  test('is stretched as --range says, which is noted and recorded', async () => {
    const args = ['infer', file, '-m', 'picture.onnx', ...look, '--range', range, '-o', `${file}.out/`, '--json'];
    const { stdout, stderr } = await segtileWell(args, { cwd });
    expect(stderr).not.toContain('warning');
    const record = JSON.parse(stdout);
    expect(record.slide.range).toMatchObject({ least: 0, most, source: '--range' });
    expect(record.slide.notes.join()).toContain(`0 to ${most} (--range) becomes 0 to 255`);
    const { data } = await readMaskAgain(record.mask.path.startsWith('/') ? record.mask.path : join(cwd, record.mask.path));
    // Bytes of the left half are below 127.5 of 255, those of the right half above.
    expectLabels(data, width, (x) => (Math.round((255 * Math.round((most * x) / (width - 1))) / most) > 127.5 ? 1 : 0));
  });
});

test('make-dataset stretches tiles too, and compare hands the range on', async () => {
  const set = ['make-dataset', 'twelve.tif', '--truth', 'truth.png', '--window', '16', '--tissue', 'none', '-o', 'set'];
  const plain = await segtileWell(set, { cwd });
  expect(plain.stderr).toMatch(/warning: the picture uses less than an eighth/);
  const { stderr } = await segtileWell([...set, '--range', '0,4095', '--overwrite'], { cwd });
  expect(stderr).not.toContain('warning');
  expect(stderr).toContain('(--range) becomes 0 to 255');
  const compare = [
    'compare',
    'twelve.tif',
    '--truth',
    'truth.png',
    '-m',
    'picture.onnx',
    '--tile',
    '32/16',
    '--tissue',
    'none',
  ];
  const odd = await segtileWell([...compare, '--no-report', '-o', 'odd'], { cwd });
  expect(odd.stderr).toMatch(
    /^twelve.tif\n {2}note: .*\ntile 32\/16: twelve.tif\n.*warning: the picture uses less than an eighth.*\n$/,
  );
  const { stdout } = await segtileWell([...compare, '--no-report', '-o', 'good', '--range', '0,4095', '--json'], { cwd });
  expect(JSON.parse(stdout).slides[0].notes.join()).toContain('0 to 4095 (--range)');
});

test('a model that takes samples as they are is not told another range, and that is said', async () => {
  const args = ['infer', 'twelve.tif', '-m', 'native.onnx', ...look, '--threshold', '0.5', '-o', 'native/'];
  const { stderr } = await segtileWell(args, { cwd });
  expect(stderr).toContain('note: the model is given the samples as they are');
  expect(stderr).not.toContain('warning');
});

test.each([
  [['twelve.tif', '--range', '4095,0'], /expected two numbers such as 0,4095/],
  [['twelve.tif', '--range', '0'], /expected two numbers/],
  [['twelve.tif', '--range', '0,1,2'], /expected two numbers/],
  [['twelve.tif', '--range', 'a,b'], /expected two numbers/],
  [['twelve.tif', '--range', '5,5'], /expected two numbers/],
  [['twelve.tif', '--range', '0,65536'], /--range is 0 to 65536, but the 16-bit samples of .*twelve.tif are 0 to 65535/],
  [['dim.png', '--range', '0,4095'], /but the 8-bit samples of .*dim.png are 0 to 255/],
  [['signed.tif', '--range', '-40000,0'], /16-bit signed samples of .* are -32768 to 32767/],
])('a range that makes no sense is refused: %j', async (args, words) => {
  for (const command of [['info'], ['infer', '-m', 'picture.onnx']]) {
    const { code, stderr } = await segtile([...command, ...args], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  }
});

describe('what looks wrong with a picture', () => {
  const picture = (...bytes: readonly number[]) => ({
    width: bytes.length,
    height: 1,
    channels: 3,
    data: Uint8Array.from(bytes),
  });
  const range = { least: 0, most: 1, source: 'x', open: { below: true, above: true } };
  test.each([
    ['bytes of glass', undefined, [250, 251, 255, 255, 255], undefined],
    ['dark bytes', undefined, [0, 3, 31], /only 0 to 31/],
    ['bytes that reach an eighth', undefined, [0, 3, 32], undefined],
    ['one dark colour', undefined, [3, 3, 3], undefined],
    ['samples that reach an eighth', range, [10, 42], undefined],
    ['samples that do not', range, [10, 41], /only 10 to 41/],
    ['most beyond the upper end', range, [0, 255, 255], /upper end/],
    ['most beyond the lower end', range, [0, 0, 255], /lower end/],
    ['half beyond an end', range, [0, 0, 255, 255], undefined],
  ] as const)('%s', (_, stretched, bytes, words) => {
    const warning = contrastWarning(picture(...bytes), stretched);
    if (words === undefined) expect(warning).toBeUndefined();
    else expect(warning).toMatch(words);
  });
  test('hot pixels say nothing', () => {
    const bytes = new Array<number>(30_000).fill(0).map((_, i) => i % 9);
    bytes[77] = 255;
    expect(contrastWarning(picture(...bytes), range)).toMatch(/only 0 to 8/);
  });
});
