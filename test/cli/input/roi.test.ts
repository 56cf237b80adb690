import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readIndices } from '../../dataset/indices.ts';
import { expectLabels, filesIn, folder, readMask, save, segtile, segtileWell, writeSlide } from '../door.ts';

const SIDE = 512;
/** Dark squares of 32 px, each 64 px from the next, on glass. */
const isDark = (x: number, y: number): boolean => x % 64 < 32 && y % 64 < 32;
const where = folder();
const slide = await writeSlide(join(where, 's.tif'), SIDE, SIDE, (x, y) => (isDark(x, y) ? [80, 30, 110] : [243, 243, 243]), {
  mpp: 0.5,
});

const box = (left: number, top: number, right: number, bottom: number) => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
  [left, top],
];
const feature = (ring: number[][], name?: string) => ({
  type: 'Feature',
  geometry: { type: 'Polygon', coordinates: [ring] },
  properties: name === undefined ? {} : { classification: { name, color: [1, 2, 3] } },
});
const geojson = (file: string, ...features: object[]) =>
  save(where, file, JSON.stringify({ type: 'FeatureCollection', features }));
const regions = geojson(
  'r.geojson',
  feature(box(40, 40, 300, 300), 'tumour'),
  feature(box(300, 300, 480, 480), 'Region 2'),
  feature(box(64, 64, 128, 128), 'Ignore*'),
  feature(box(200, 200, 232, 232), 'artefact'),
);

const words = ['-m', 'hematoxylin', '--window', '128', '--stride', '64', '--margin', '16', '--device', 'cpu', '--no-history'];
let runs = 0;
async function inferred(...more: string[]) {
  const out = join(where, `out${runs++}`);
  const ended = await segtileWell(['infer', slide, ...words, '--json', '-o', out, ...more]);
  return { ...ended, out, record: JSON.parse(ended.stdout), mask: await readMask(join(out, 's.mask.ome.tif')) };
}
const whole = await inferred('--tissue', 'none');
const labelAt = (x: number, y: number): number => whole.mask.data[y * SIDE + x]!;
const inBox = (x: number, y: number, left: number, top: number, right: number, bottom: number): boolean =>
  x >= left && x < right && y >= top && y < bottom;
const inTumour = (x: number, y: number): boolean => inBox(x, y, 40, 40, 300, 300) && !inBox(x, y, 64, 64, 128, 128);
const in2 = (x: number, y: number): boolean => inBox(x, y, 300, 300, 480, 480);

test('outside the region the mask is 0, inside it is as without one, and shares have three denominators', async () => {
  const { record, mask, stderr } = await inferred('--roi', regions);
  const inside = (x: number, y: number): boolean => inTumour(x, y) || in2(x, y);
  expectLabels(mask.data, SIDE, (x, y) => (inside(x, y) ? labelAt(x, y) : 0));
  const px = mask.data.reduce((sum, label) => sum + label, 0);
  const regionPx = 260 * 260 - 64 * 64 + 180 * 180;
  expect(px).toBeGreaterThan(1000);
  expect(record.settings.region).toMatchObject({ classes: null, excluded: [] });
  expect(record.settings.region.share).toBeCloseTo(regionPx / SIDE ** 2, 5);
  const [{ share, of }] = record.classShares;
  expect(share).toBeCloseTo(px / regionPx, 5);
  expect(of.region).toBe(share);
  expect(of.slide).toBeCloseTo(px / SIDE ** 2, 5);
  expect(of.tissue).toBeCloseTo(px / (record.settings.region.tissueShare * SIDE ** 2), 4);
  expect(of.tissue).toBeGreaterThan(of.region);
  expect(record.coverage).toBe(1);
  expect(record.windows.skipped).toBeGreaterThan(0);
  expect(stderr).toMatch(/region: .*r\.geojson; \d+ % of the slide/);
});

test('classes choose what is inside, others are outside', async () => {
  const { mask, record } = await inferred('--roi', regions, '--roi-class', 'Region*', '--tissue', 'none');
  expectLabels(mask.data, SIDE, (x, y) => (in2(x, y) ? labelAt(x, y) : 0));
  expect(record.classShares[0].of.tissue).toBe(null);
  const without = await inferred('--roi', regions, '--roi-class', 'tumour', '--exclude-class', 'art*', '--tissue', 'none');
  expectLabels(without.mask.data, SIDE, (x, y) => (inTumour(x, y) && !inBox(x, y, 200, 200, 232, 232) ? labelAt(x, y) : 0));
  const none = await segtile(['infer', slide, ...words, '--roi', regions, '--roi-class', 'stroma', '-o', join(where, 'no')]);
  expect(none.code).toBe(1);
  expect(none.stderr).toMatch(/holds nothing of stroma for --roi/);
  expect(none.stderr).toMatch(/its classes are tumour, Region 2, Ignore\*, artefact/);
  const lost = await segtile(['infer', slide, ...words, '--roi-class', 'tumour', '-o', join(where, 'no')]);
  expect(lost.code).toBe(2);
});

test('where the mask is finer than the working image, and where holes are filled, nothing is outside either', async () => {
  for (const more of [
    ['--downsample', '2'],
    ['--fill-holes', '90000px'],
    ['--downsample', '2', '--enlarge', 'scores'],
  ]) {
    const { mask } = await inferred('--roi', regions, '--roi-class', 'tumour', '--tissue', 'none', ...more);
    let px = 0;
    mask.data.forEach((label, i) => {
      if (label === 0) return;
      px++;
      if (!inTumour(i % SIDE, Math.floor(i / SIDE))) throw new Error(`label outside at ${i % SIDE}, ${Math.floor(i / SIDE)}`);
    });
    expect(px).toBeGreaterThan(100);
  }
});

const byte = Buffer.from(
  Array.from({ length: SIDE * SIDE }, (_, i) => (inBox(i % SIDE, Math.floor(i / SIDE), 40, 40, 300, 300) ? 1 : 0)),
);
const raw = { width: SIDE, height: SIDE, channels: 1 } as const;
const twice = Buffer.from(byte.map((value, i) => (value === 0 ? 0 : i % SIDE < 200 ? 3 : 7)));

test.each([
  ['bytes of 0 and 1', 'one.png', () => sharp(byte, { raw }).png()],
  [
    '16 bits',
    'sixteen.png',
    () =>
      sharp(
        new Uint16Array(byte).map((v) => v * 300),
        { raw },
      )
        .toColourspace('grey16')
        .png(),
  ],
  ['a palette', 'palette.png', () => sharp(byte, { raw }).png({ palette: true })],
  ['labels', 'labels.tif', () => sharp(twice, { raw }).tiff({ compression: 'deflate' })],
  [
    'colours',
    'colours.png',
    () => sharp(Buffer.from([...byte].flatMap((v) => [0, v * 9, 0])), { raw: { ...raw, channels: 3 } }).png(),
  ],
  [
    'a sixteenth of the size',
    'small.png',
    () =>
      sharp(byte, { raw })
        .extract({ left: 0, top: 0, width: SIDE, height: SIDE })
        .resize(128, 128, { kernel: 'nearest' })
        .png(),
  ],
] as const)('a region in %s is what is not zero', async (_, name, make) => {
  const file = join(where, name);
  await make().toFile(file);
  const { mask } = await inferred('--roi', file, '--tissue', 'none');
  expectLabels(mask.data, SIDE, (x, y) => (inBox(x, y, 40, 40, 300, 300) ? labelAt(x, y) : 0));
});

test('one value of a mask, and one class of a mask that names them', async () => {
  await sharp(twice, { raw }).tiff({ compression: 'deflate' }).toFile(join(where, 'values.tif'));
  const { mask } = await inferred('--roi', join(where, 'values.tif'), '--roi-class', '7', '--tissue', 'none');
  expectLabels(mask.data, SIDE, (x, y) => (inBox(x, y, 200, 40, 300, 300) ? labelAt(x, y) : 0));
  const own = join(whole.out, 's.mask.ome.tif');
  const named = await inferred('--roi', own, '--roi-class', 'nucleus', '--tissue', 'none');
  expectLabels(named.mask.data, SIDE, labelAt);
  const { code, stderr } = await segtile([
    'infer',
    slide,
    ...words,
    '--roi',
    own,
    '--roi-class',
    'stroma',
    '-o',
    join(where, 'no'),
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/has no class stroma for --roi/);
  expect(stderr).toMatch(/it has 1 nucleus/);
});

test('evaluation counts inside only', async () => {
  const truth = join(where, 'truth.png');
  // Right inside, wrong outside.
  const data = Buffer.from(whole.mask.data.map((label, i) => (inTumour(i % SIDE, Math.floor(i / SIDE)) ? label : 1 - label)));
  await sharp(data, { raw }).png().toFile(truth);
  const mask = join(whole.out, 's.mask.ome.tif');
  const dice = async (...more: string[]) => {
    const { stdout } = await segtileWell(['evaluate', mask, truth, '--json', '--no-history', ...more]);
    return JSON.parse(stdout.trim().split('\n').at(-1)!);
  };
  const [all, inside] = [await dice(), await dice('--roi', regions, '--roi-class', 'tumour')];
  const text = JSON.stringify(inside);
  expect(JSON.stringify(all)).not.toMatch(/"dice":1[,}]/);
  expect(text).toMatch(/"dice":1[,}]/);
  expect(text).toContain(`"ignored":${SIDE ** 2 - (260 * 260 - 64 * 64)}`);
});

test('thresholds are applied inside, tiles are cut inside, and variants compared inside', async () => {
  const { out } = await inferred('--tissue', 'none', '--probabilities', 'uint8');
  const made = join(where, 'made');
  const scores = join(out, 's.probabilities.ome.tif');
  await segtileWell(['threshold', scores, '--roi', regions, '--roi-class', 'tumour', '-o', made]);
  expectLabels((await readMask(join(made, 's.mask.ome.tif'))).data, SIDE, (x, y) => (inTumour(x, y) ? labelAt(x, y) : 0));

  const dataset = join(where, 'dataset');
  const truth = join(out, 's.mask.ome.tif');
  const cut = ['--window', '64', '--tissue', 'none', '--roi', regions, '--roi-class', 'Region 2', '-o', dataset];
  await segtileWell(['make-dataset', slide, '--truth', truth, ...cut]);
  // Windows of 64 px from 256 to 512 reach into the region.
  const masks = filesIn(dataset).filter((file) => /masks.*\.png$/.test(file));
  expect(masks.length).toBe(16);
  let ignored = 0;
  for (const name of masks) {
    for (const label of readIndices(join(dataset, name)).data) if (label === 255) ignored++;
  }
  expect(ignored).toBe(16 * 64 * 64 - 180 * 180);

  const compared = join(where, 'compared');
  const variants = ['--tile', '128/64', '--tissue', 'none', '-m', 'hematoxylin', '--device', 'cpu', '--json', '-o', compared];
  const { stdout } = await segtileWell(['compare', slide, '--truth', truth, ...variants, '--roi', regions, '--no-history']);
  expect(stdout).toMatch(/"dice":1[,}]/);
});

test('several slides have a region each, by name, and no file is for several', async () => {
  const other = await writeSlide(join(where, 'other.tif'), SIDE, SIDE, (x, y) =>
    isDark(x, y) ? [80, 30, 110] : [243, 243, 243],
  );
  const one = await segtile(['infer', slide, other, ...words, '--roi', regions, '-o', join(where, 'no')]);
  expect(one.code).not.toBe(0);
  expect(one.stderr).toMatch(/r\.geojson holds the region of one slide, but 2 slides were given/);
  const tissue = await segtile(['infer', slide, other, ...words, '--tissue', regions, '-o', join(where, 'no')]);
  expect(tissue.stderr).toMatch(/r\.geojson holds the tissue of one slide, but 2 slides were given/);

  const rois = folder();
  save(rois, 's.roi.geojson', JSON.stringify(feature(box(40, 40, 300, 300))));
  save(rois, 'other.geojson', JSON.stringify(feature(box(300, 300, 480, 480))));
  save(rois, 'roi.csv', `slide,roi\n${slide},s.roi.geojson\n${other},other.geojson\n`);
  for (const [way, given] of [
    ['folder', rois],
    ['csv', join(rois, 'roi.csv')],
  ] as const) {
    const out = join(where, `many-${way}`);
    await segtileWell(['infer', slide, other, ...words, '--tissue', 'none', '--roi', given, '-o', out]);
    const [mine, its] = [await readMask(join(out, 's.mask.ome.tif')), await readMask(join(out, 'other.mask.ome.tif'))];
    expectLabels(mine.data, SIDE, (x, y) => (inBox(x, y, 40, 40, 300, 300) ? labelAt(x, y) : 0));
    expectLabels(its.data, SIDE, (x, y) => (in2(x, y) ? labelAt(x, y) : 0));
  }
});
