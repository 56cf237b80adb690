import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../dist/truth/config.js';
import { openTruth } from '../../dist/truth/open.js';
import type { TruthObject } from '../../dist/truth/truth.js';
import { config, fixture, greyPixels, readLabels, shownLabel } from './read.js';

const QUPATH = { width: 120, height: 90 };
const tissues = config({ classes: [{ name: 'Tumor' }, { name: 'Stroma' }, { name: 'Vessel: Wall' }] });
const three = config({
  classes: [
    { name: 'one', color: [200, 0, 0] },
    { name: 'two', color: [0, 200, 0] },
    { name: 'three', color: [0, 0, 200] },
  ],
});
const folder = mkdtempSync(join(tmpdir(), 'segtile-truth-'));
const LABELS = { width: 59, height: 45 };
const labels = new Uint8Array(readFileSync(fixture('labels.bin')));

function temporary(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function objectsOf(objects: AsyncIterable<TruthObject>): Promise<TruthObject[]> {
  const all: TruthObject[] = [];
  for await (const each of objects) all.push(each);
  return all;
}

describe('openTruth of polygons', () => {
  it.each(['qupath.geojson', 'hubmap.json'])('fills %s as GDAL does, later features over earlier ones', async (name) => {
    const truth = await openTruth(fixture(name), { size: QUPATH, config: tissues, slideName: 'x' });
    expect(truth.kind).toBe('GeoJSON');
    expect(truth.classes.map((each) => each.name)).toEqual(['Tumor', 'Stroma', 'Vessel: Wall']);
    const { data } = await greyPixels(fixture('qupath.full.png'));
    expect(await readLabels(truth.view(QUPATH))).toEqual(data);
  });

  it('fills the same polygons at half the resolution', async () => {
    const truth = await openTruth(fixture('qupath.geojson'), { size: QUPATH, config: tissues, slideName: 'x' });
    const { data } = await greyPixels(fixture('qupath.half.png'));
    expect(await readLabels(truth.view({ width: 60, height: 45 }))).toEqual(data);
  });

  it('lays later classes over earlier ones where that is asked for', async () => {
    const byClass = { ...tissues, overlap: 'classes' } as const;
    const truth = await openTruth(fixture('qupath.geojson'), { size: QUPATH, config: byClass, slideName: 'x' });
    const { data } = await greyPixels(fixture('qupath.classes.png'));
    expect(await readLabels(truth.view(QUPATH))).toEqual(data);
  });

  it('leaves holes as scikit-image does, in a file of a single feature', async () => {
    const size = { width: 80, height: 70 };
    const truth = await openTruth(fixture('holes.json'), { size, config: defaultConfig(), slideName: 'x' });
    const { data } = await greyPixels(fixture('holes.png'));
    expect(await readLabels(truth.view(size))).toEqual(data);
    const [object, ...others] = await objectsOf(truth.objects());
    expect(others).toEqual([]);
    expect(object!.box).toEqual({ x: 10, y: 5, width: 61, height: 56 });
    expect(Math.abs(object!.area - data.reduce((sum, value) => sum + value, 0))).toBeLessThan(40);
  });

  it('reads polygons and runs of COCO', async () => {
    const truth = await openTruth(fixture('coco.json'), { size: QUPATH, config: three, slideName: 'a' });
    expect(truth.kind).toBe('COCO');
    const { data } = await greyPixels(fixture('coco.png'));
    expect(await readLabels(truth.view(QUPATH))).toEqual(data);
  });

  it('gives the same pixels whichever rows and columns are asked for', async () => {
    for (const [name, slideName, classes] of [
      ['qupath.geojson', 'x', tissues],
      ['coco.json', 'a', three],
    ] as const) {
      const truth = await openTruth(fixture(name), { size: QUPATH, config: classes, slideName });
      await fc.assert(
        fc.asyncProperty(
          fc.record({ width: fc.integer({ min: 1, max: 170 }), height: fc.integer({ min: 1, max: 140 }) }),
          fc.nat(),
          fc.nat(),
          fc.nat(),
          fc.nat(),
          async (size, top, rows, left, columns) => {
            const view = truth.view(size);
            const y = top % size.height;
            const height = 1 + (rows % (size.height - y));
            const x = left % size.width;
            const width = 1 + (columns % (size.width - x));
            const whole = await readLabels(view);
            const part = await readLabels(view, { start: y, length: height }, () => [{ start: x, length: width }]);
            for (let row = 0; row < height; row++) {
              const line = part.subarray(row * size.width + x, row * size.width + x + width);
              const at = (y + row) * size.width + x;
              expect(line).toEqual(whole.subarray(at, at + width));
            }
          },
        ),
        { numRuns: 60 },
      );
    }
  });

  it('gives every pixel of two polygons that share an edge to exactly one', async () => {
    const point = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }));
    await fc.assert(
      fc.asyncProperty(point, point, fc.constantFrom(12, 24, 7), async (a, b, side) => {
        // A square, cut along a line of three points from its top left to its bottom right corner.
        const cut = [[0, 0], a, b, [12, 12]];
        const halves = [
          [...cut, [12, 0], [0, 0]],
          [...cut, [0, 12], [0, 0]],
        ];
        let crossings = new Uint8Array(side * side);
        for (const ring of halves) {
          const path = temporary('half.json', JSON.stringify({ type: 'Polygon', coordinates: [ring] }));
          const size = { width: 12, height: 12 };
          const truth = await openTruth(path, { size, config: defaultConfig(), slideName: 'x' });
          const filled = await readLabels(truth.view({ width: side, height: side }));
          crossings = crossings.map((value, i) => value ^ filled[i]!);
        }
        expect(crossings.every((value) => value === 1)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('gives what lies in no polygon the label that the config has for it', async () => {
    const strict = { ...tissues, unlabelled: 255 };
    const truth = await openTruth(fixture('qupath.geojson'), { size: QUPATH, config: strict, slideName: 'x' });
    const { data } = await greyPixels(fixture('qupath.full.png'));
    expect(await readLabels(truth.view(QUPATH))).toEqual(data.map((label) => (label === 0 ? 255 : label)));
  });

  const square = (properties: object, at = 0) => ({
    type: 'Feature',
    properties,
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [at, at],
          [at + 4, at],
          [at + 4, at + 4],
          [at, at + 4],
        ],
      ],
    },
  });

  it('maps names, colours of what has no name, background, ignored and skipped classes', async () => {
    const features = [
      square({ classification: { name: 'Tumour' } }, 0),
      square({ classification: { colorRGB: -16711936 } }, 5),
      square({ classification: 'Blur' }, 10),
      square({ classification: { name: 'Tumour' } }, 15),
      square({ classification: { name: 'Fat' } }, 15),
      square({ classification: { name: 'ROI' } }, 0),
      square({}, 20),
    ];
    const classes = config({
      classes: [
        { name: 'tumor', label: 5, names: ['Tumour'] },
        { name: 'other', colors: [[0, 255, 0]] },
      ],
      background: { names: ['Fat'] },
      ignore: { names: ['Blur'] },
      skip: ['ROI'],
      default: 'other',
    });
    const size = { width: 24, height: 24 };
    const truth = await openTruth(temporary('maps.geojson', JSON.stringify({ features })), {
      size,
      config: classes,
      slideName: 'x',
    });
    const all = await readLabels(truth.view(size));
    expect([1, 6, 11, 16, 21].map((at) => all[at * 24 + at])).toEqual([5, 2, 255, 0, 2]);
    expect((await objectsOf(truth.objects())).map(({ label, area }) => [label, area])).toEqual([
      [5, 16],
      [2, 16],
      [5, 16],
      [2, 16],
    ]);
  });

  it.each([
    ['feature 1 is "Tumour", which is not listed, did you mean "Tumor"?', [square({ classification: { name: 'Tumour' } })]],
    ['feature 2 has no class', [square({ classification: { name: 'Tumor' } }), square({})]],
    ['feature 1, from (500, 500) to (504, 504), lies outside the slide', [square({ classification: 'Tumor' }, 500)]],
    ['of type Point', [{ ...square({ classification: 'Tumor' }), geometry: { type: 'Point', coordinates: [1, 2] } }]],
    ['encloses nothing', [{ ...square({ classification: 'Tumor' }), geometry: { type: 'Polygon', coordinates: [[[1, 2]]] } }]],
    [
      'point 2 of a ring',
      [
        {
          type: 'Feature',
          properties: { classification: 'Tumor' },
          geometry: {
            type: 'Polygon',
            coordinates: [
              [
                [1, 2],
                ['a', 2],
                [3, 4],
              ],
            ],
          },
        },
      ],
    ],
    ['feature 1 is 5, not an object', [5]],
  ])('refuses a file where %s', async (message, features) => {
    const path = temporary('bad.geojson', JSON.stringify(features));
    await expect(openTruth(path, { size: QUPATH, config: tissues, slideName: 'x' })).rejects.toThrow(message);
  });

  it('refuses two names where nobody listed classes', async () => {
    const path = temporary('two.json', JSON.stringify([square({ classification: 'A' }), square({ classification: 'B' })]));
    const opening = openTruth(path, { size: QUPATH, config: defaultConfig(), slideName: 'x' });
    await expect(opening).rejects.toThrow('feature 2 is "B", but others are "A"');
  });
});

describe('openTruth', () => {
  it('stops when it is told to', async () => {
    const stopped = AbortSignal.abort();
    for (const [name, size] of [
      ['grey-8.png', LABELS],
      ['grey-8.tif', LABELS],
      ['qupath.geojson', QUPATH],
    ] as const) {
      const opening = openTruth(fixture(name), { size, config: tissues, slideName: 'x', signal: stopped });
      await expect(opening).rejects.toMatchObject({ code: 'aborted' });
      const truth = await openTruth(fixture(name), { size, config: tissues, slideName: 'x' });
      const reading = (async () => {
        const all = [{ start: 0, length: size.width }];
        for await (const _ of truth.view(size).readBands({ start: 0, length: size.height }, () => all, stopped));
      })();
      await expect(reading).rejects.toMatchObject({ code: 'aborted' });
      await expect(objectsOf(truth.objects(stopped))).rejects.toMatchObject({ code: 'aborted' });
      await truth.close();
    }
  });
});

describe('openTruth of runs', () => {
  const size = { width: 80, height: 70 };

  it('decodes the row of the slide as numpy does', async () => {
    const truth = await openTruth(fixture('runs.csv'), { size, config: defaultConfig(), slideName: 'holes' });
    const { data } = await greyPixels(fixture('holes.png'));
    expect(truth.kind).toBe('RLE');
    expect(await readLabels(truth.view(size))).toEqual(data);
  });

  it('decodes an empty row as nothing', async () => {
    const truth = await openTruth(fixture('runs.csv'), { size, config: defaultConfig(), slideName: 'empty' });
    expect((await readLabels(truth.view(size))).every((label) => label === 0)).toBe(true);
    expect(await objectsOf(truth.objects())).toEqual([]);
  });

  it('shows the nearest pixel where it is enlarged and the majority where it is shrunk, in whatever pieces', async () => {
    const truth = await openTruth(fixture('runs.csv'), { size, config: defaultConfig(), slideName: 'holes' });
    const { data } = await greyPixels(fixture('holes.png'));
    const side = fc.integer({ min: 1, max: 170 });
    await fc.assert(
      fc.asyncProperty(side, side, fc.nat(), fc.nat(), async (width, height, top, left) => {
        const view = truth.view({ width, height });
        const y = top % height;
        const x = left % width;
        const part = await readLabels(view, { start: y, length: height - y }, () => [{ start: x, length: width - x }]);
        for (let row = y; row < height; row++) {
          for (let column = x; column < width; column++) {
            const wanted = shownLabel(data, size, { width, height }, column, row);
            if (part[(row - y) * width + column] !== wanted) throw new Error(`another label at ${column}, ${row}`);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['run 1 starts at pixel 0', '0 3'],
    ['run 1, from pixel 10, has length 0', '10 0'],
    ['run 2 ends at pixel 5601, but 80 × 70 px are only 5600', '10 3 5600 2'],
    ['run 2 has "x5" instead', '10 3 x5 2'],
    ['run 1 has "1.5" instead', '1.5 2'],
    ['run 1 has "-3" instead', '-3 2'],
    ['it has an odd count of numbers: run 2 has a start but no length', '10 3 20'],
  ])('refuses a row where %s', async (message, encoding) => {
    const path = temporary('bad.csv', `id,encoding\nother,1 1\nslide,${encoding}\n`);
    const opening = openTruth(path, { size, config: defaultConfig(), slideName: 'slide' });
    await expect(opening).rejects.toThrow(`${path}: id slide: ${message}`);
  });

  it('names the ids where the slide is not among them', async () => {
    const opening = openTruth(fixture('runs.csv'), { size, config: defaultConfig(), slideName: 'hole' });
    await expect(opening).rejects.toThrow('has no row with the id hole, did you mean "holes"?');
  });

  it('wants to know the class where there are several', async () => {
    const opening = openTruth(fixture('runs.csv'), { size, config: tissues, slideName: 'holes' });
    await expect(opening).rejects.toThrow('does not say which class it is: Tumor, Stroma, Vessel: Wall');
  });
});

describe('openTruth of label images', () => {
  const thousands = config({
    classes: [
      { name: 'one', values: [1000] },
      { name: 'two', values: [2000] },
      { name: 'three', values: [3000] },
    ],
  });

  it.each([
    ['grey-8.png', three],
    ['grey-alpha.png', three],
    ['palette-8.png', three],
    ['palette-4.png', three],
    ['palette-2.png', three],
    ['rgb.png', three],
    ['rgba.png', three],
    ['grey-16.png', thousands],
    ['grey-8.tif', three],
    ['strips.tif', three],
    ['rgb.tif', three],
    ['palette.tif', three],
    ['grey-16.tif', thousands],
  ])('reads %s', async (name, classes) => {
    const truth = await openTruth(fixture(name), { size: LABELS, config: classes, slideName: 'x' });
    expect(truth.kind).toBe('label image');
    expect(await readLabels(truth.view(LABELS))).toEqual(labels);
    await truth.close();
  });

  it.each(['grey-1.png', 'white.png'])('reads the black and white %s as one class', async (name) => {
    const truth = await openTruth(fixture(name), { size: LABELS, config: defaultConfig(), slideName: 'x' });
    expect(await readLabels(truth.view(LABELS))).toEqual(labels.map((label) => (label === 1 ? 1 : 0)));
  });

  it('undoes every filter of a PNG', async () => {
    const noise = new Uint8Array(readFileSync(fixture('noise.bin')));
    const classes = config({ classes: Array.from({ length: 254 }, (_, i) => ({ name: `${i + 1}` })) });
    const size = { width: 61, height: 64 };
    const truth = await openTruth(fixture('noise.png'), { size, config: classes, slideName: 'x' });
    expect(await readLabels(truth.view(size))).toEqual(noise);
  });

  it.each(['grey-8.png', 'grey-8.tif', 'strips.tif', 'rgb.tif'])(
    'shows the nearest pixel of %s enlarged and the majority of it shrunk, in whatever pieces',
    async (name) => {
      const truth = await openTruth(fixture(name), { size: { width: 590, height: 450 }, config: three, slideName: 'x' });
      const side = fc.integer({ min: 1, max: 150 });
      await fc.assert(
        fc.asyncProperty(side, side, fc.nat(), fc.nat(), fc.nat(), async (width, height, top, left, gap) => {
          const view = truth.view({ width, height });
          const y = top % height;
          const x = left % width;
          const second = Math.min(width, x + 1 + (gap % 40));
          const wanted = [
            { start: 0, length: Math.floor(x / 2) },
            { start: x, length: 1 },
            { start: second + 1, length: width - second },
          ].filter((span) => span.length > 0);
          const part = await readLabels(view, { start: y, length: height - y }, () => wanted);
          for (const { start, length } of wanted) {
            for (let row = y; row < height; row++) {
              for (let column = start; column < Math.min(start + length, width); column++) {
                const label = shownLabel(labels, LABELS, { width, height }, column, row);
                if (part[(row - y) * width + column] !== label) throw new Error(`another label at ${column}, ${row}`);
              }
            }
          }
        }),
        { numRuns: 40 },
      );
      await truth.close();
    },
  );

  it('finds the connected regions, in level-0 pixels', async () => {
    const small = await openTruth(fixture('white.png'), { size: LABELS, config: defaultConfig(), slideName: 'x' });
    const large = await openTruth(fixture('white.png'), {
      size: { width: 590, height: 450 },
      config: defaultConfig(),
      slideName: 'x',
    });
    const regions = await objectsOf(small.objects());
    expect(regions.reduce((sum, { area }) => sum + area, 0)).toBe(labels.filter((label) => label === 1).length);
    const times10 = regions.map(({ label, area, box: { x, y, width, height } }) => ({
      label,
      box: { x: x * 10, y: y * 10, width: width * 10, height: height * 10 },
      area: area * 100,
    }));
    expect(await objectsOf(large.objects())).toEqual(times10);
  });

  it('refuses a value and a colour that stand for nothing, and says where', async () => {
    const two = config({ classes: [{ name: 'one', color: [200, 0, 0] }, { name: 'two' }] });
    for (const [name, what] of [
      ['grey-8.png', 'the value 3'],
      ['rgb.png', 'the colour 0, '],
    ] as const) {
      const truth = await openTruth(fixture(name), { size: LABELS, config: two, slideName: 'x' });
      await expect(readLabels(truth.view(LABELS))).rejects.toThrow(
        new RegExp(`${name} has ${what}.* at pixel \\(\\d+, \\d+\\)`),
      );
    }
  });

  it('refuses 255 beside another value where nobody said what it is', async () => {
    const path = temporary('mixed.png', await pngOf(Uint8Array.from([0, 1, 255, 0]), 4, 1));
    const size = { width: 4, height: 1 };
    const vague = await openTruth(path, { size, config: defaultConfig(), slideName: 'x' });
    await expect(readLabels(vague.view(size))).rejects.toThrow('has the value 255 and other values');
    const clear = config({ classes: [{ name: 'one' }], ignore: { values: [255] } });
    const truth = await openTruth(path, { size, config: clear, slideName: 'x' });
    expect([...(await readLabels(truth.view(size)))]).toEqual([0, 1, 255, 0]);
  });

  it('refuses an image of another shape and names both sizes', async () => {
    const opening = (width: number, height: number) =>
      openTruth(fixture('white.png'), { size: { width, height }, config: defaultConfig(), slideName: 'x' });
    await expect(opening(590, 500)).rejects.toThrow('59 × 45 px, which is not the shape of the slide, 590 × 500 px');
    // Sizes that rounding explains: 16 times as large, less a part of a pixel.
    for (const [width, height] of [
      [59 * 16 - 15, 45 * 16],
      [59 * 16 + 15, 45 * 16 - 15],
    ]) {
      await (await opening(width!, height!)).close();
    }
  });

  it('refuses what is cut off, interlaced or lossy', async () => {
    const whole = readFileSync(fixture('noise.png'));
    const size = { width: 61, height: 64 };
    const any = config({ classes: Array.from({ length: 254 }, (_, i) => ({ name: `${i + 1}` })) });
    for (const bytes of [40, 700, whole.length - 30]) {
      const truth = await openTruth(temporary('cut.png', whole.subarray(0, bytes)), { size, config: any, slideName: 'x' });
      await expect(readLabels(truth.view(size))).rejects.toThrow('is damaged');
    }
    const jpeg = temporary('mask.jpg', Uint8Array.from([0xff, 0xd8, 0xff, 0xe0]));
    await expect(openTruth(jpeg, { size, config: any, slideName: 'x' })).rejects.toThrow('is a JPEG');
    const tiff = openTruth(fixture('jpeg.tif'), { size: LABELS, config: any, slideName: 'x' });
    await expect(tiff).rejects.toThrow('is compressed as JPEG');
    const interlaced = temporary('interlaced.png', await pngOf(new Uint8Array(64), 8, 8, true));
    await expect(openTruth(interlaced, { size, config: any, slideName: 'x' })).rejects.toThrow('is interlaced');
    const missing = openTruth(join(folder, 'none.tif'), { size, config: any, slideName: 'x' });
    await expect(missing).rejects.toThrow('there is no file');
  });
});

async function pngOf(data: Uint8Array, width: number, height: number, progressive = false): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ progressive })
    .toBuffer();
}
