import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeLabelMask } from '../../../dist/mask/label-mask.js';
import { identityNetwork } from '../../model/networks.ts';
import { filesIn, folder, type Paint, save, segtile, segtileWell, speckled, writeSlide } from '../door.ts';

const classes = [
  { label: 1, name: '=tumor, "A"', color: [200, 0, 0] as const },
  { label: 3, name: 'stroma', color: [0, 158, 115] as const },
];

/** A ring of tumor around a speck of it, two that touch at a corner, and a square of stroma. */
const picture = ['11111...1..', '1...1..1...', '1.1.1......', '1...1..333.', '11111..333.'];
const [width, height] = [11, 5];
const labels = Uint8Array.from(picture.join(''), (each) => Number(each.replace('.', '0')));

const made = folder();
const mask = join(made, 'k.mask.ome.tif');

async function writeMask(path: string, data: Uint8Array = labels): Promise<void> {
  const sink = await writeLabelMask(path, { size: { width, height }, mpp: { x: 0.5, y: 0.5 }, classes, values: 'labels' });
  await sink.write({ y: 0, width, height, channels: 1, data });
  await sink.finish();
}

beforeAll(() => writeMask(mask));

const geometryOf = (text: string) => JSON.parse(text).features.map(({ geometry }: { geometry: object }) => geometry);

describe('segtile objects', () => {
  test('writes the objects of a mask in four forms that agree, with a record and a table of classes', async () => {
    const out = folder();
    const args = ['objects', mask, '--objects', 'geojson,geojson.gz,csv,parquet', '-o', out];
    const { stdout } = await segtileWell([...args, '--object-type', 'detection', '--quiet']);
    expect(stdout).toMatch(/=tumor, "A" +3 /);
    expect(stdout).toMatch(/stroma +1 +[0-9,]+ +0\.0000015 +11 % +1\.5 +1\.5\n/);
    const made = ['csv', 'geojson', 'geojson.gz', 'json', 'parquet'].map((end) => `k.objects.${end}`);
    expect(filesIn(out)).toEqual([...made, 'summary.csv']);

    const text = readFileSync(join(out, 'k.objects.geojson'), 'utf8');
    expect(gunzipSync(readFileSync(join(out, 'k.objects.geojson.gz'))).toString()).toBe(text);
    const { features } = JSON.parse(text);
    expect(features.map(({ properties }: { properties: object }) => properties)).toMatchObject([
      {
        objectType: 'detection',
        classification: { name: '=tumor, "A"', color: [200, 0, 0] },
        measurements: { 'Area µm^2': 0.5 },
      },
      { classification: { name: '=tumor, "A"' }, measurements: { 'Area µm^2': 0.25 } },
      { classification: { name: '=tumor, "A"' }, measurements: { 'Area µm^2': 4 } },
      { classification: { name: 'stroma', color: [0, 158, 115] }, measurements: { 'Area µm^2': 1.5 } },
    ]);
    expect(geometryOf(text)[2].coordinates).toEqual([
      [
        [0, 0],
        [5, 0],
        [5, 5],
        [0, 5],
        [0, 0],
      ],
      [
        [1, 1],
        [1, 4],
        [4, 4],
        [4, 1],
        [1, 1],
      ],
    ]);
    expect(geometryOf(text)[0].type).toBe('MultiPolygon');

    const [head, ...lines] = readFileSync(join(out, 'k.objects.csv'), 'utf8').trimEnd().split('\n');
    expect(head).toMatch(/^id,class,x_px,y_px,left_px,top_px,right_px,bottom_px,area_px,area_um2,perimeter_um,/);
    expect(lines.map((line) => line.slice(37).replace(/(,[^,]*){8}$/, ''))).toEqual([
      `"'=tumor, ""A""",8,1,7,0,9,2,2`,
      `"'=tumor, ""A""",2.5,2.5,2,2,3,3,1`,
      `"'=tumor, ""A""",2.5,2.5,0,0,5,5,16`,
      'stroma,8.5,4,7,3,10,5,6',
    ]);
    const ids = features.map(({ id }: { id: string }) => id);
    expect(lines.map((line) => line.slice(0, 36))).toEqual(ids);

    const file = new Uint8Array(readFileSync(join(out, 'k.objects.parquet'))).buffer;
    const rows = await parquetReadObjects({ file });
    expect(rows.map(({ id, class: name, area_px, bbox }) => [id, name, area_px, bbox])).toEqual([
      [ids[0], '=tumor, "A"', 2, { xmin: 7, ymin: 0, xmax: 9, ymax: 2 }],
      [ids[1], '=tumor, "A"', 1, { xmin: 2, ymin: 2, xmax: 3, ymax: 3 }],
      [ids[2], '=tumor, "A"', 16, { xmin: 0, ymin: 0, xmax: 5, ymax: 5 }],
      [ids[3], 'stroma', 6, { xmin: 7, ymin: 3, xmax: 10, ymax: 5 }],
    ]);
    // hyparquet makes GeoJSON of a column that the metadata call WKB.
    expect(rows.map(({ geometry }) => geometry)).toEqual(geometryOf(text));
    const geo = parquetMetadata(file).key_value_metadata?.find(({ key }) => key === 'geo')?.value ?? '';
    expect(JSON.parse(geo)).toMatchObject({
      version: '1.1.0',
      primary_column: 'geometry',
      columns: {
        geometry: { encoding: 'WKB', crs: null, bbox: [0, 0, 10, 5], covering: { bbox: { xmin: ['bbox', 'xmin'] } } },
      },
    });

    const record = JSON.parse(readFileSync(join(out, 'k.objects.json'), 'utf8'));
    expect(record).toMatchObject({
      slide: { width, height, mpp: { x: 0.5, y: 0.5 } },
      objects: {
        classes: [
          { name: '=tumor, "A"', count: 3, areaPx: 19, medianAreaPx: 2, areaUm2: 4.75 },
          { name: 'stroma', count: 1, meanAreaPx: 6, share: 6 / 55 },
        ],
      },
    });

    const again = await segtile(args);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/k\.objects\.geojson is there already[\s\S]*--overwrite/);
    const rerun = await segtileWell([...args, '--object-type', 'detection', '--overwrite', '--json', '--quiet']);
    expect(JSON.parse(rerun.stdout).objects).toEqual(record.objects);
    expect(readFileSync(join(out, 'k.objects.geojson'), 'utf8')).toBe(text);
    expect(new Uint8Array(readFileSync(join(out, 'k.objects.parquet'))).buffer).toEqual(file);
  });

  test('tells places in pixels of the slide where the mask is smaller', async () => {
    const out = folder();
    await segtileWell(['objects', mask, '--slide-size', '22x10', '-o', out, '--quiet']);
    const [, , ring] = geometryOf(readFileSync(join(out, 'k.objects.geojson'), 'utf8'));
    expect(ring.coordinates[0]).toEqual([
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
      [0, 0],
    ]);
    const { slide, objects } = JSON.parse(readFileSync(join(out, 'k.objects.json'), 'utf8'));
    expect(slide).toEqual({ width: 22, height: 10, mpp: { x: 0.25, y: 0.25 } });
    expect(objects.classes[1]).toMatchObject({ areaPx: 24, areaUm2: 1.5 });

    const wrong = await segtile(['objects', mask, '--slide-size', '10x22', '-o', folder()]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('turned by 90 degrees');
  });

  test("reads others' masks: black and white without more, else with a file of classes", async () => {
    const [out, path] = [folder(), join(made, 'white.png')];
    const raw = { width, height, channels: 1 as const };
    await sharp(
      labels.map((label) => (label === 1 ? 255 : 0)),
      { raw },
    )
      .png()
      .toFile(path);
    await segtileWell(['objects', path, '-o', out, '--objects', 'csv', '--quiet']);
    const lines = readFileSync(join(out, 'white.objects.csv'), 'utf8').trimEnd().split('\n');
    // Nothing says how large a pixel is.
    expect(lines[0]).toContain(',bottom_px,area_px,perimeter_px,');
    expect(lines.length).toBe(1 + 3);

    const labelled = join(made, 'labels.png');
    await sharp(labels, { raw }).toColourspace('b-w').png().toFile(labelled);
    const refused = await segtile(['objects', labelled, '-o', out, '--quiet']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/value 3 .* stands for no class/);
    expect(filesIn(out)).toEqual(['summary.csv', 'white.objects.csv', 'white.objects.json']);
    const file = join(made, 'classes.json');
    writeFileSync(
      file,
      JSON.stringify({
        classes: [
          { name: 'a', label: 1 },
          { name: 'b', label: 3 },
        ],
      }),
    );
    const { stdout } = await segtileWell([
      'objects',
      labelled,
      '--classes',
      file,
      '--slide-mpp',
      '2',
      '-o',
      out,
      '--json',
      '--quiet',
    ]);
    expect(JSON.parse(stdout).objects.classes).toMatchObject([
      { name: 'a', count: 3 },
      { name: 'b', count: 1, areaUm2: 24 },
    ]);
  });

  test('of a mask without objects is a collection of none', async () => {
    const [out, path] = [folder(), join(made, 'none.mask.tif')];
    await writeMask(path, new Uint8Array(labels.length));
    await segtileWell(['objects', path, '--objects', 'geojson,csv,parquet', '-o', out, '--quiet']);
    expect(JSON.parse(readFileSync(join(out, 'none.objects.geojson'), 'utf8'))).toEqual({
      type: 'FeatureCollection',
      features: [],
    });
    expect(readFileSync(join(out, 'none.objects.csv'), 'utf8').split('\n').length).toBe(2);
    expect(await parquetReadObjects({ file: new Uint8Array(readFileSync(join(out, 'none.objects.parquet'))).buffer })).toEqual(
      [],
    );
  });

  test('refuses what it does not know, before it writes', async () => {
    const out = join(folder(), 'new');
    const format = await segtile(['objects', mask, '--objects', 'geojson,shp', '-o', out]);
    expect(format).toMatchObject({ code: 2 });
    expect(format.stderr).toContain(
      'expected some of geojson, geojson.gz, csv, parquet, imagescope for --objects but got "geojson,shp"',
    );
    const table = join(made, 'runs.csv');
    writeFileSync(table, 'id,predicted\nk,1 2\n');
    expect(await segtile(['objects', table, '-o', out])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is a CSV of runs'),
    });
    const missing = await segtile(['objects', join(made, 'no.tif'), '-o', out]);
    expect(missing.code).toBe(1);
    expect(existsSync(join(out, 'no.objects.json'))).toBe(false);
  });
});

describe('--objects', () => {
  const cwd = folder();
  const text = (...path: string[]): string => readFileSync(join(cwd, ...path), 'utf8');
  const formats = ['--objects', 'geojson,csv', '--object-type', 'detection'];
  /** Specks on the left, glass on the right. */
  const paint: Paint = (x, y) => (x < 200 ? speckled(x >> 2, y >> 2) : [244, 244, 243]);
  const infer = [
    'infer',
    'k.tif',
    '-m',
    'three.onnx',
    '--scale',
    String(1 / 64),
    '--mean',
    '2',
    '--window',
    '128',
    '--tissue',
    'none',
  ];
  const more = [
    '--activation',
    'softmax',
    '--classes',
    'a,b',
    '--min-object',
    '20px',
    '--no-preview',
    '--no-history',
    '--report',
  ];

  beforeAll(async () => {
    await writeSlide(join(cwd, 'k.tif'), 301, 203, paint, { mpp: 0.5 });
    save(cwd, 'three.onnx', identityNetwork());
    await segtileWell([...infer, ...more, '--probabilities', 'uint8', ...formats, '-o', 'run', '--quiet'], { cwd });
  });

  test('of infer writes what segtile objects finds in its mask, and says so in record and words', async () => {
    const ends = ['mask.ome.tif', 'objects.csv', 'objects.geojson', 'probabilities.ome.tif', 'report.html', 'run.json'];
    expect(filesIn(join(cwd, 'run'))).toEqual([...ends.map((end) => `k.${end}`), 'summary.csv']);
    const { stdout } = await segtileWell(['objects', 'run', ...formats, '-o', 'after', '--quiet', '--json'], {
      cwd,
    });
    // Beside it, infer has probabilities to tell.
    const geojson = text('run', 'k.objects.geojson').replaceAll(/,"Mean probability":[\d.]+,"Largest probability":[\d.]+/g, '');
    expect(geojson).toBe(text('after', 'k.objects.geojson'));
    const csv = text('run', 'k.objects.csv').replaceAll(/,[^,\n]+,[^,\n]+$/gm, '');
    expect(csv).toBe(text('after', 'k.objects.csv'));
    const { objects } = JSON.parse(text('run', 'k.run.json'));
    expect(objects).toMatchObject({ type: 'detection', files: [{ format: 'geojson' }, { format: 'csv' }] });
    expect(objects.classes).toEqual(JSON.parse(stdout).objects.classes);
    expect(objects.classes.map(({ name, count }: { name: string; count: number }) => [name, count > 10])).toEqual([
      ['a', true],
      ['b', true],
    ]);
    expect(text('run', 'k.report.html')).toContain('Objects of each class');
    const clash = await segtile([...infer, ...more, ...formats, '-o', 'after'], { cwd });
    expect(clash.code).toBe(1);
    expect(clash.stderr).toContain('k.objects.geojson is there already');
    expect(filesIn(join(cwd, 'after'))).toEqual(['k.objects.csv', 'k.objects.geojson', 'k.objects.json', 'summary.csv']);
  });

  test('of threshold, in pixels of the slide though the mask is smaller', async () => {
    await segtileWell(
      [...infer, ...more, '--probabilities', 'float32', ...formats, '--output-mpp', '1.3', '-o', 'small', '--quiet'],
      {
        cwd,
      },
    );
    const args = ['threshold', 'small/k.probabilities.ome.tif', '--min-object', '20px', ...formats];
    const { stdout } = await segtileWell([...args, '-o', 'anew', '--quiet'], { cwd });
    expect(text('small', 'k.objects.csv')).toContain(',mean_probability,largest_probability\n');
    expect(stdout).toMatch(/class +objects +per mm² of slide +mm² +of the slide/);
    expect(text('anew', 'k.objects.geojson')).toBe(text('small', 'k.objects.geojson'));
    const right = Math.max(
      ...text('small', 'k.objects.csv')
        .split('\n')
        .slice(1, -1)
        .map((line) => Number(line.split(',')[6])),
    );
    expect(right).toBeGreaterThan(190);
    expect(right).toBeLessThanOrEqual(301);
  });

  test('of probabilities tells the mean and the largest of each object', async () => {
    await segtileWell(['objects', 'run/k.probabilities.ome.tif', '--objects', 'csv', '-o', 'scores', '--quiet'], { cwd });
    const [head, ...rows] = text('scores', 'k.objects.csv')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    const place = (name: string): number => head!.indexOf(name);
    const [mean, largest] = [place('mean_probability'), place('largest_probability')];
    expect(rows.length).toBeGreaterThan(100);
    for (const row of rows) {
      // Of three that exclude each other the largest.
      expect(Number(row[mean])).toBeGreaterThan(1 / 3 - 1 / 255);
      expect(Number(row[largest])).toBeLessThanOrEqual(1);
      expect(Number(row[mean])).toBeLessThanOrEqual(Number(row[largest]));
    }
  });
});
