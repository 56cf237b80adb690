import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultConfig, type TruthConfig } from '../../../dist/truth/config.js';
import { openTruth } from '../../../dist/truth/open.js';
import { openRegion } from '../../../dist/truth/region.js';
import { parseLooseJson } from '../../../dist/truth/shapes/loose-json.js';
import { config, fixture, greyPixels, readLabels } from '../read.js';

const SIZE = { width: 120, height: 90 };
const two = config({ classes: [{ name: 'Tumor' }, { name: 'Stroma: Positive' }] });
const folder = mkdtempSync(join(tmpdir(), 'segtile-foreign-'));

function temporary(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, classes: TruthConfig = two, slideName = 'a', size = SIZE) {
  const truth = await openTruth(path, { size, config: classes, slideName });
  return { labels: await readLabels(truth.view(size)), notes: truth.notes, kind: truth.kind };
}

const wanted = async (name: string) => (await greyPixels(fixture(`foreign/${name}`))).data;

describe('GeoJSON as other programs write it', () => {
  const passed =
    'skipped annotations: 2 of type Point, 1 of type MultiPoint, 1 of type LineString, 1 of type MultiLineString, 5 without a geometry, 6 with a ring that encloses nothing, 2 off the slide';

  it.each(['qupath.geojson', 'qupath.geojson.gz', 'qupath.geojson.zip', 'collections.geojson'])(
    'fills the polygons of %s as GDAL does, and says in one line what it skipped',
    async (name) => {
      const { labels, notes, kind } = await read(fixture(`foreign/${name}`));
      expect(kind).toBe('GeoJSON');
      expect(labels).toEqual(await wanted('qupath.png'));
      expect(notes).toEqual([`${fixture(`foreign/${name}`)}: ${passed}`]);
    },
  );

  it('reads a bare geometry, and one that is packed', async () => {
    const path = fixture('foreign/bare.geojson');
    const packed = temporary('bare.geojson.gz', gzipSync(readFileSync(path)));
    for (const each of [path, packed]) {
      const { labels, notes } = await read(each, defaultConfig());
      expect(labels).toEqual(await wanted('bare.png'));
      expect(notes).toEqual([]);
    }
  });

  it('says what is wrong with what is packed', async () => {
    const reading = read(fixture('foreign/two.zip'), defaultConfig());
    await expect(reading).rejects.toThrow(
      'two.zip cannot be read: it is a ZIP with 2 files instead of one: a.geojson,b.geojson',
    );
    for (const [name, file] of [
      ['cut.geojson.gz', 'qupath.geojson.gz'],
      ['cut.geojson.zip', 'qupath.geojson.zip'],
    ] as const) {
      const bytes = readFileSync(fixture(`foreign/${file}`));
      for (const length of [3, 12, bytes.length >> 1, bytes.length - 9]) {
        const cut = read(temporary(name, bytes.subarray(0, length)), defaultConfig());
        await expect(cut).rejects.toMatchObject({ name: 'SegtileError' });
      }
    }
  });

  it('takes the same polygons for regions', async () => {
    const regions = await openRegion({ path: fixture('foreign/qupath.geojson'), option: '--tissue' }, SIZE, 's');
    expect(await readLabels(regions.view(SIZE))).toEqual((await wanted('qupath.png')).map((label) => (label > 0 ? 1 : 0)));
    expect(regions.notes).toHaveLength(1);
  });

  const point = { type: 'Feature', geometry: { type: 'Point', coordinates: [1, 2] }, properties: {} };
  it.each([
    ['has no annotation with an area: 2 of type Point', [point, point]],
    [
      'point 2 of a ring is ["a",2], not [x, y]',
      [
        {
          type: 'Polygon',
          coordinates: [
            [
              [1, 2],
              ['a', 2],
              [3, 4],
            ],
          ],
        },
      ],
    ],
    [
      'point 2 of a ring is [1,-1e+308], not [x, y]',
      [
        {
          type: 'Polygon',
          coordinates: [
            [
              [1, 2],
              [1, -1e308],
              [3, 4],
            ],
          ],
        },
      ],
    ],
    ['feature 1 is a Circle', [{ type: 'Circle', coordinates: [1, 2], radius: 3 }]],
    ['its rings are 5', [{ type: 'Polygon', coordinates: 5 }]],
  ])('refuses a file that %s', async (message, features) => {
    await expect(read(temporary('bad.geojson', JSON.stringify(features)), defaultConfig())).rejects.toThrow(message);
  });

  it('refuses what lies too deep inside itself, in words', async () => {
    const deep = (count: number, [open, close]: readonly [string, string], inner: string) =>
      temporary('deep.geojson', `[${open.repeat(count)}${inner}${close.repeat(count)}]`);
    const collection = ['{"type":"GeometryCollection","geometries":[', ']}'] as const;
    const children = ['{"type":"Feature","geometry":null,"properties":{"childObjects":[', ']}}'] as const;
    for (const [count, pair] of [
      [100, collection],
      [5000, collection],
      [100, children],
      [100_000, ['[', ']']],
    ] as const) {
      const reading = read(deep(count, pair, ''), defaultConfig());
      await expect(reading).rejects.toMatchObject({ name: 'SegtileError' });
    }
  });
});

describe('numbers that JSON has not', () => {
  it('are null, but not inside texts', () => {
    const tricky = fc.array(fc.constantFrom('NaN', 'Infinity', '-Infinity', '"', '\\', ' ', ',', 'a', '{'), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(tricky, { maxLength: 6 }), (texts) => {
        const strings = texts.map((parts) => parts.join(''));
        const json = `[${strings.map((each) => `${JSON.stringify(each)}, NaN,-Infinity`).join(', ')}${strings.length > 0 ? ',' : ''}Infinity]`;
        expect(parseLooseJson(json)).toEqual([...strings.flatMap((each) => [each, null, null]), null]);
      }),
    );
  });

  it.each(['[NaNa]', '[xNaN]', '{NaN: 1}', '["NaN]', '[NaN'])('leave %s no JSON', (text) =>
    expect(() => parseLooseJson(text)).toThrow(SyntaxError),
  );

  it('are read whatever piece of a large file they lie in', async () => {
    const feature = (i: number) =>
      `{"type":"Feature","properties":{"n":"${'é'.repeat(i % 500)}","measurements":{"a":NaN,"b":-Infinity}},"geometry":{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]]]}}`;
    const path = temporary('large.geojson', `{"features":[${Array.from({ length: 5000 }, (_, i) => feature(i)).join(',\n')}]}`);
    const { labels } = await read(path, defaultConfig());
    expect(labels.reduce((sum, label) => sum + label, 0)).toBe(81);
  });
});

describe('COCO as other programs write it', () => {
  it('reads polygons and both forms of runs, and counts boxes alone and what encloses nothing', async () => {
    const { labels, notes, kind } = await read(fixture('foreign/coco.json'));
    expect(kind).toBe('COCO');
    expect(labels).toEqual(await wanted('coco.png'));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(
      /skipped annotations: 2 with a ring that encloses nothing, 2 with a box but no mask, 1 off the slide$/,
    );
  });

  it('is packed or not', async () => {
    const packed = temporary('coco.json.gz', gzipSync(readFileSync(fixture('foreign/coco.json'))));
    expect((await read(packed)).labels).toEqual(await wanted('coco.png'));
  });

  it('refuses boxes alone where there is nothing else', async () => {
    const file = JSON.parse(readFileSync(fixture('foreign/coco.json'), 'utf8').replaceAll('NaN', 'null'));
    file.annotations = file.annotations.filter(({ id }: { id: number }) => id === 4 || id === 5);
    const reading = read(temporary('boxes.json', JSON.stringify(file)));
    await expect(reading).rejects.toThrow('has no annotation with an area: 2 with a box but no mask');
  });

  it.each([
    ['a.svs', 'a'],
    ['slides/a.ome.tif', 'a'],
    ['C:\\slides\\a.mask.tif', 'a'],
    ['a.b.svs', 'a.b'],
  ])('finds the image %s for the slide %s', async (file_name, slideName) => {
    const text = readFileSync(fixture('foreign/coco.json'), 'utf8').replace('"a.svs"', JSON.stringify(file_name));
    expect((await read(temporary('named.json', text), two, slideName)).labels).toEqual(await wanted('coco.png'));
  });
});

describe('runs as tables have them', () => {
  it.each(['kaggle.csv', 'tif.csv'])('takes all rows of a slide in %s together, in whatever order', async (name) => {
    const { labels, notes } = await read(fixture(`foreign/${name}`), defaultConfig());
    expect(labels).toEqual(await wanted('runs.png'));
    expect(notes).toEqual([expect.stringMatching(/5 runs of a overlap others: each pixel counts once$/)]);
  });

  it('reads the classes of rows', async () => {
    expect((await read(fixture('foreign/classes.csv'))).labels).toEqual(await wanted('classes.png'));
    const one = read(fixture('foreign/classes.csv'), defaultConfig());
    await expect(one).rejects.toThrow('is "Stroma: Positive", but others are "Tumor"');
  });

  it('gives the same pixels whatever the order of the runs, as a set of pixels has it', async () => {
    const run = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(run, { minLength: 1, maxLength: 6 }), { maxLength: 4 }), async (rows) => {
        const cell = (runs: readonly (readonly number[])[]) => runs.flat().join(' ');
        const size = { width: 10, height: 8 };
        const path = temporary('any.csv', `Id,RLE\nx,\n${rows.map((runs) => `x,${cell(runs)}\n`).join('')}`);
        const pixels = new Set(
          rows.flat().flatMap(([start, length]) => Array.from({ length: length! }, (_, i) => start! - 1 + i)),
        );
        const { labels } = await read(path, defaultConfig(), 'x', size);
        const got = [...labels.keys()].filter((at) => labels[at] === 1).map((at) => (at % 10) * 8 + Math.floor(at / 10));
        expect(got.sort((a, b) => a - b)).toEqual([...pixels].sort((a, b) => a - b));
      }),
      { numRuns: 60 },
    );
  });

  it.each(['', '-1', ' -1', 'nan', 'NaN', 'null', 'None', '1 0', '0 0'])(
    'takes the cell "%s" for an empty mask',
    async (cell) => {
      const { labels } = await read(temporary('empty.csv', `ImageId,EncodedPixels\na.tif,${cell}\n`), defaultConfig());
      expect(labels.every((label) => label === 0)).toBe(true);
    },
  );

  it.each([
    ['id,encoding', 'a'],
    ['ID,Encoding', 'a.tif'],
    ['Image_Id,Encoded_Pixels', 'a.ome.tiff'],
    ['image,rle_mask', 'a.svs'],
    ['id,predicted', 'slides/a.mask.tif'],
  ])('reads the columns %s with the id %s', async (head, id) => {
    const path = temporary('head.csv', `${head}\nab,5 5\n${id},1 90\n`);
    const { labels } = await read(path, defaultConfig());
    expect(labels.reduce((sum, label) => sum + label, 0)).toBe(90);
  });

  it('prefers the id that is the very name, and refuses two that may be', async () => {
    const exact = temporary('exact.csv', 'id,rle\na.tif,1 5\na,1 3\n');
    expect((await read(exact, defaultConfig())).labels.reduce((sum, label) => sum + label, 0)).toBe(3);
    const vague = temporary('vague.csv', 'id,rle\na.tif,1 5\na.png,1 3\n');
    await expect(read(vague, defaultConfig())).rejects.toThrow('has the ids a.tif and a.png, and both may mean a');
  });
});
