import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { channelNetwork, identityNetwork, positionNetwork } from '../../model/networks.ts';
import { disc, expectLabels, folder, type Paint, painted, readMask, save, segtileWell, speckled, writeSlide } from '../door.ts';

const [width, height] = [640, 384];
const fixtures = folder();
const at = (name: string): string => join(fixtures, name);
/** Every square of two by two pixels has one colour, so that half the resolution loses nothing. */
const squares: Paint = (x, y) => speckled(x >> 1, y >> 1);

beforeAll(async () => {
  await writeSlide(at('speckled.tif'), width, height, speckled);
  await writeSlide(at('small.tif'), 150, 90, speckled);
  await writeSlide(at('squares.tif'), width, height, squares, { mpp: 0.5 });
  await writeSlide(at('disc.tif'), 1000, 800, disc(300, 300, 200));
  await writeSlide(at('flat-disc.tif'), 1000, 800, disc(300, 300, 200), { pyramid: false });
  await sharp(painted(width, height, speckled), { raw: { width, height, channels: 3 } })
    .png()
    .toFile(at('speckled.png'));
  save(fixtures, 'red.onnx', channelNetwork(0));
  save(fixtures, 'three.onnx', identityNetwork());
  save(fixtures, 'position.onnx', positionNetwork());
});

/** What a run's record says, as far as the tests look at it. */
interface Facts {
  readonly settings: { readonly stride: object; readonly margin: number; readonly tissue: { readonly judgedOn?: string } };
  readonly working: { readonly width: number; readonly height: number; readonly level: number };
  readonly mask: { readonly mpp: object | null };
  readonly windows: { readonly run: number; readonly skipped: number };
}

interface Made {
  readonly width: number;
  readonly height: number;
  readonly data: Buffer;
  readonly facts: Facts;
  readonly path: string;
}

/** The mask that a slide gets. Without other words red above 127 makes the class, everywhere. */
async function maskOf(slide: string, words: string, name = 'mask.ome.tif'): Promise<Made> {
  const path = join(folder(), name);
  const model = words.includes('-m ') ? [] : ['-m', at('red.onnx'), '--activation', 'none', '--threshold', '0.499'];
  const tissue = words.includes('--tissue') ? [] : ['--tissue', 'none'];
  const rest = words
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => (word.startsWith('@') ? at(word.slice(1)) : word));
  await segtileWell([
    'infer',
    at(slide),
    ...model,
    ...tissue,
    ...rest,
    '-o',
    path,
    '--no-preview',
    '--quiet',
    '--workers',
    '1',
  ]);
  const facts = JSON.parse(readFileSync(path.replace(/(\.ome)?\.tif$/, '.run.json'), 'utf8')) as Facts;
  return { ...(await readMask(path)), facts, path };
}

const red = (paint: Paint) => (x: number, y: number) => (paint(x, y)[0] > 127 ? 1 : 0);

describe.concurrent('where the model looks', () => {
  test.each([
    ['a window larger than the slide', 'small.tif', '--window 256'],
    ['a window larger than the default allows for', 'small.tif', ''],
    ['a mirrored border', 'speckled.tif', '--window 128 --border mirror'],
    ['a mirrored border of a small slide', 'small.tif', '--window 128 --margin 40 --border mirror'],
    ['an overlap in pixels', 'speckled.tif', '--window 128 --margin 0 --overlap 16'],
    ['a PNG file', 'speckled.png', '--window 256'],
  ])('%s shows every pixel in its place', async (_, slide, words) => {
    const made = await maskOf(slide, words);
    expectLabels(made.data, made.width, red(speckled));
    expect(made.data.length).toBe(slide === 'small.tif' ? 150 * 90 : width * height);
  });

  test('an overlap of 25% is a stride of three quarters', async () => {
    const { facts } = await maskOf('speckled.tif', '--window 128x64 --overlap 25% --margin 8');
    expect(facts.settings).toMatchObject({ stride: { width: 96, height: 48 }, margin: 8 });
  });

  test('margins and strides that nobody gave make way for those that somebody did', async () => {
    const geometry = async (words: string) => (await maskOf('small.tif', words)).facts.settings;
    expect(await geometry('--window 64')).toMatchObject({ stride: { width: 32, height: 32 }, margin: 8 });
    expect(await geometry('--window 64 --stride 64x60')).toMatchObject({ stride: { width: 64, height: 60 }, margin: 0 });
    expect(await geometry('--window 64 --overlap 6')).toMatchObject({ stride: { width: 58, height: 58 }, margin: 3 });
    expect(await geometry('--window 64 --margin 24')).toMatchObject({ stride: { width: 16, height: 16 }, margin: 24 });
  });

  test('a level of the pyramid is worked on as the file has it', async () => {
    const made = await maskOf('speckled.tif', '--window 64 --level 1');
    expect(made.facts.working).toMatchObject({ level: 1, width: 320, height: 192 });
    const level = await sharp(at('speckled.tif'), { page: 1 }).raw().toBuffer();
    expect([made.width, made.height]).toEqual([width, height]);
    expectLabels(made.data, width, (x, y) => (level[((y >> 1) * 320 + (x >> 1)) * 3]! > 127 ? 1 : 0));
  });

  test.each(['--downsample 2', '--mpp 1', '--mpp 4 --slide-mpp 2'])(
    '%s works at half the resolution, and gives a mask as large as the slide',
    async (words) => {
      const made = await maskOf('squares.tif', `--window 64 ${words}`);
      expect(made.facts.working).toMatchObject({ width: 320, height: 192 });
      expect([made.width, made.height]).toEqual([width, height]);
      expectLabels(made.data, width, red(squares));
    },
  );
});

describe.concurrent('tissue', () => {
  const grid = '--window 64 --stride 64 --margin 0 --threshold 0';

  test('in a mask of the user, at another size than the slide', async () => {
    const half = painted(320, 192, (x) => (x < 128 ? [255, 255, 255] : [0, 0, 0]));
    await sharp(half, { raw: { width: 320, height: 192, channels: 3 } })
      .png()
      .toFile(at('mask.png'));
    const made = await maskOf('squares.tif', `${grid} --tissue @mask.png --min-tissue 50%`);
    expectLabels(made.data, width, (x, y) => (x < 256 && squares(x, y)[0] > 0 ? 1 : 0));
    expect(made.facts.windows).toMatchObject({ run: 24, skipped: 36 });
  });

  test('in regions of the user, with a hole', async () => {
    const ring = (x: number, y: number, w: number, h: number) => [
      [x, y],
      [x + w, y],
      [x + w, y + h],
      [x, y + h],
      [x, y],
    ];
    const geometry = { type: 'Polygon', coordinates: [ring(64, 64, 320, 192), ring(128, 128, 64, 64)] };
    const regions = { type: 'FeatureCollection', features: [{ type: 'Feature', geometry, properties: {} }] };
    save(fixtures, 'regions.geojson', JSON.stringify(regions));
    const made = await maskOf('squares.tif', `${grid} --tissue @regions.geojson`);
    const inside = (x: number, y: number, left: number, top: number, w: number, h: number) =>
      x >= left && x < left + w && y >= top && y < top + h;
    expectLabels(made.data, width, (x, y) =>
      inside(x, y, 64, 64, 320, 192) && !inside(x, y, 128, 128, 64, 64) && squares(x, y)[0] > 0 ? 1 : 0,
    );
  });

  test('by the rule of hubmap is the same with a pyramid, on an overview, and without, on every pixel', async () => {
    const words = '--window 128 --tissue hubmap --threshold 0';
    const [with_, without] = [await maskOf('disc.tif', words), await maskOf('flat-disc.tif', words)];
    expect(with_.facts.settings.tissue.judgedOn).toContain('overview');
    expect(without.facts.settings.tissue.judgedOn).toBe('every pixel');
    expect(without.facts.windows).toEqual(with_.facts.windows);
    expect(with_.facts.windows.skipped).toBeGreaterThan(50);
    expect(without.data.equals(with_.data)).toBe(true);
    // The middle of the disc is looked at, the far corner is not.
    expect([with_.data[300 * 1000 + 300], with_.data[750 * 1000 + 950]]).toEqual([1, 0]);
  });
});

describe.concurrent('the mask', () => {
  test('with values of 255', async () => {
    const made = await maskOf('speckled.tif', '--window 128 --mask-values 255');
    expectLabels(made.data, width, (x, y) => 255 * red(speckled)(x, y));
  });

  test('of other microns per pixel shows the pixel in the middle of each of its own', async () => {
    const made = await maskOf('squares.tif', '--window 128 --output-mpp 1');
    expect([made.width, made.height]).toEqual([320, 192]);
    expect(made.facts.mask.mpp).toEqual({ x: 1, y: 1 });
    expectLabels(made.data, 320, (x, y) => red(squares)(2 * x + 1, 2 * y + 1));
  });

  test('is OME-TIFF under that name, and a plain pyramid under another', async () => {
    const ome = await maskOf('speckled.tif', '--window 128', 'a.ome.tif');
    const plain = await maskOf('speckled.tif', '--window 128', 'b.tif');
    expect(plain.data.equals(ome.data)).toBe(true);
    const [asOme, asPlain] = [await sharp(ome.path).metadata(), await sharp(plain.path).metadata()];
    expect([asOme.pages ?? 1, asOme.subifds]).toEqual([1, 1]);
    expect([asPlain.pages, asPlain.subifds ?? 0]).toEqual([2, 0]);
  });
});

describe.concurrent('classes', () => {
  const three = `-m @three.onnx --window 128 --scale ${1 / 64} --mean 2`;
  const logit = (sample: number): number => sample / 64 - 2;

  test('that compete: the largest channel wins, and the first is background', async () => {
    const made = await maskOf('speckled.tif', `${three} --activation softmax --classes stroma,tumor`);
    expectLabels(made.data, width, (x, y) => {
      const samples = speckled(x, y);
      return samples.indexOf(Math.max(...samples) as 0);
    });
  });

  test('that are independent, with thresholds by name: the largest share of its threshold wins', async () => {
    const words = '--activation sigmoid --classes a,b,c --threshold a=0.7,c=0.3';
    const made = await maskOf('speckled.tif', `${three} ${words}`);
    const thresholds = [0.7, 0.5, 0.3];
    expectLabels(made.data, width, (x, y) => {
      const shares = speckled(x, y).map((sample, c) => 1 / (1 + Math.exp(-logit(sample))) / thresholds[c]!);
      const best = Math.max(...shares);
      return best > 1 ? shares.indexOf(best) + 1 : 0;
    });
    expect(new Set(made.data)).toEqual(new Set([0, 1, 2, 3]));
  });

  test('blended as logits are those of the same scores, where windows agree', async () => {
    const words = '-m @red.onnx --window 128 --scale 1 --mean 127.5';
    const made = await maskOf('speckled.tif', `${words} --blend-space logits`);
    expectLabels(made.data, width, red(speckled));
  });

  test('blended as logits and as probabilities are what each says, where windows do not agree', async () => {
    const words = '-m @position.onnx --activation sigmoid --classes x,y --threshold x=0.9,y=1';
    const grid = '--window 64 --stride 16 --margin 0 --blend constant';
    const starts = Array.from({ length: (width - 64) / 16 + 1 }, (_, i) => 16 * i);
    const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
    const places = Array.from({ length: width }, (_, x) => starts.map((start) => x - start).filter((i) => i >= 0 && i < 64));
    const passes = {
      logits: places.map((columns) => sigmoid(mean(columns)) > 0.9),
      probabilities: places.map((columns) => mean(columns.map(sigmoid)) > 0.9),
    };
    expect(passes.logits).not.toEqual(passes.probabilities);
    for (const space of ['logits', 'probabilities'] as const) {
      const made = await maskOf('speckled.tif', `${words} ${grid} --blend-space ${space}`);
      expectLabels(made.data, width, (x) => (passes[space][x] ? 1 : 0));
    }
  });
});
