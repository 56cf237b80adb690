import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../dist/truth/config.js';
import { openTruth } from '../../../dist/truth/open.js';
import { folder, save, segtileWell, writeSlide } from '../../cli/door.js';
import { config, fixture, readLabels } from '../read.js';

const SIZE = { width: 59, height: 45 };
const labels = new Uint8Array(readFileSync(fixture('labels.bin')));
const three = config({ classes: [{ name: 'one', color: [200, 0, 0] }, { name: 'two' }, { name: 'three' }] });

async function read(name: string, classes = three): Promise<Uint8Array> {
  const truth = await openTruth(fixture(`types/${name}`), { size: SIZE, config: classes, slideName: 'x' });
  try {
    return await readLabels(truth.view(SIZE));
  } finally {
    await truth.close();
  }
}

describe('label images of every type', () => {
  const types = ['int8', 'int16', 'int32', 'int64', 'uint32', 'uint64', 'float16', 'float32', 'float64'];
  it.each([
    ...types.map((type) => `${type}.tif`),
    'float32-predictor.tif',
    'int32-big-endian.tif',
    'white-is-zero.tif',
    'bits-2.tif',
    'bits-4.tif',
    'grey-2.png',
    'grey-4.png',
    'grey-alpha.tif',
  ])('reads the values of %s as they are stored', async (name) => expect(await read(name)).toEqual(labels));

  it.each([
    'grey-rgb.tif',
    'grey-rgb-planes.tif',
    'grey-rgb-uint16.tif',
    'grey-rgb-int32.tif',
    'grey-three-bands.tif',
    'grey-rgb.png',
    'grey-rgb-16.png',
  ])('takes the grey in three channels of %s for values', async (name) => expect(await read(name)).toEqual(labels));

  it('reads 1 of a mask of one bit as 1, though its white is zero', async () =>
    expect(await read('bool.tif', defaultConfig())).toEqual(labels.map((label) => (label === 1 ? 1 : 0))));

  it.each([
    ['fraction.tif', 'the value 0.25 at pixel (20, 30)'],
    ['nan.tif', 'the value NaN at pixel (20, 30)'],
    ['negative.tif', 'the value -1 at pixel (20, 30)'],
    // A grey pixel among colours is no value.
    ['grey-coloured.tif', 'the colour 2, 2, 2 at pixel (10, 0), which stands for no class'],
  ])('refuses %s: %s', async (name, message) => expect(read(name)).rejects.toThrow(`${name} has ${message}`));
});

describe('segtile evaluate', () => {
  const glass = [243, 243, 243] as const;
  const stain = [90, 40, 120] as const;
  const inside = (x: number, y: number) => x >= 40 && x < 200 && y >= 60 && y < 180;

  async function slideIn(where: string): Promise<string> {
    return writeSlide(join(where, 's.tif'), 256, 256, (x, y) => (inside(x, y) ? stain : glass));
  }
  const words = ['-m', 'hematoxylin', '--window', '128', '--device', 'cpu', '--slide-mpp', '0.5', '--tissue', 'none'];

  it.each(['m.ome.tif', 'm.tif'])('compares a mask of 0 and 255, %s, with one of 0 and 1, either way', async (name) => {
    const where = folder();
    const slide = await slideIn(where);
    const [white, plain] = [join(where, 'white', name), join(where, 'plain', name)];
    await segtileWell(['infer', slide, ...words, '--mask-values', '255', '-o', white]);
    await segtileWell(['infer', slide, ...words, '-o', plain]);
    for (const [mask, truth] of [
      [white, plain],
      [plain, white],
      [white, white],
    ] as const) {
      const { stdout } = await segtileWell(['evaluate', mask, '--truth', truth, '--json', '--no-history']);
      const all = JSON.parse(stdout.trim().split('\n').at(-1)!);
      expect(all.pooled.macro.dice).toBe(1);
      expect(all.pooled.ignored).toBe(0);
      expect(all.pooled.classes[0].areas.truth).toBeGreaterThan(1000);
    }
    // The label of the class is not told where somebody has saved the mask anew.
    const file = save(where, 'classes.json', JSON.stringify({ classes: [{ name: 'nucleus' }, { name: 'other' }] }));
    const { stdout } = await segtileWell(['evaluate', white, '--truth', plain, '--classes', file, '--json', '--no-history']);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!).pooled.classes[0].dice).toBe(1);
  });
});
