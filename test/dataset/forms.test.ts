import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { palettePng } from '../../dist/dataset/png.js';
import type { DatasetRecord } from '../../dist/pipeline/dataset/record.js';
import { readIndices } from './indices.js';
import { classes, contents, folder, make, readCsv, readImage, scene, settingsOf } from './scene.js';

const size = { width: 300, height: 200 };
const labelAt = (x: number, y: number): number => (Math.hypot(x - 80, y - 90) < 40 ? 1 : x > 250 ? 4 : 0);
const record = (root: string): DatasetRecord => JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8')) as DatasetRecord;

/** The files in a tar, in order. */
async function entriesOf(path: string): Promise<[string, Buffer][]> {
  const entries: [string, Buffer][] = [];
  const tar = createReadStream(path).pipe(extract());
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push([entry.header.name, Buffer.concat(chunks)]);
  }
  return entries;
}

const twoParts = {
  parts: [
    { name: 'train', share: 0.5 },
    { name: 'val', share: 0.5 },
  ],
  folds: 1,
  seed: 7,
  by: 'group',
} as const;

describe('masks', () => {
  it('are palettes: indices are labels, colours those of the classes', async () => {
    const data = Uint8Array.of(0, 1, 4, 255, 1, 0);
    const file = await palettePng({ width: 3, height: 2, channels: 1, data }, classes);
    const { palette, ...back } = readIndices(file);
    expect(back).toEqual({ width: 3, height: 2, data });
    expect([...palette.subarray(3, 6), ...palette.subarray(12, 15)]).toEqual([214, 39, 40, 44, 160, 44]);
    // Another reader sees the colours.
    const root = folder();
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(root, 'mask.png'), file);
    const seen = await readImage(join(root, 'mask.png'));
    expect([...seen.data]).toEqual([0, 0, 0, 214, 39, 40, 44, 160, 44, 128, 128, 128, 214, 39, 40, 0, 0, 0]);
  });
});

describe('a dataset', () => {
  it('is the same to the byte for the same seed, in every form, and another for another', async () => {
    const where = folder();
    const slides = [await scene('one', size, labelAt, 'one', where), await scene('two', size, labelAt, 'two', where)];
    for (const form of ['folders', 'imagefolder', 'webdataset'] as const) {
      const of = (seed: number) =>
        settingsOf(
          {
            asks: [
              { sampler: 'random', wanted: 6 },
              { sampler: 'positive', wanted: 4 },
              { sampler: 'half-shift', wanted: 2 },
            ],
            seed,
          },
          { divide: { ...twoParts, seed }, tiles: { form, image: { kind: 'jpeg', quality: 80 }, augmentation: undefined } },
        );
      const first = contents(await make(slides, of(3)));
      expect(contents(await make(slides, of(3)))).toEqual(first);
      expect(contents(await make(slides, of(4)))).not.toEqual(first);
      expect([...first.keys()].some((path) => path.startsWith('.'))).toBe(false);
    }
  });

  it('has a manifest whose parquet equals its CSV, and says what is in the tiles', async () => {
    const slide = await scene('slide', size, labelAt, 'patient, "7"');
    const root = await make([slide], settingsOf({ stride: { width: 40, height: 40 } }));
    const parquet = await parquetReadObjects({ file: await asyncBufferFromFile(join(root, 'manifest.parquet')) });
    const { parse } = await import('csv-parse/sync');
    const csv = parse(readFileSync(join(root, 'manifest.csv'), 'utf8'), { columns: true }) as Record<string, string>[];
    expect(parquet.length).toBe(csv.length);
    expect(
      parquet.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, v === null ? '' : String(v)]))),
    ).toEqual(csv);
    for (const row of csv) {
      const mask = readIndices(join(root, row.mask!));
      const image = await readImage(join(root, row.image!));
      const count = (label: number) => String(mask.data.reduce((sum, each) => sum + (each === label ? 1 : 0), 0));
      expect([row.pixels_background, row.pixels_tumor, row.pixels_stroma, row.pixels_ignored]).toEqual([
        count(0),
        count(1),
        count(4),
        '0',
      ]);
      const reds = Array.from({ length: mask.data.length }, (_, i) => image.data[i * 3]! / 255);
      const mean = reds.reduce((a, b) => a + b, 0) / reds.length;
      expect(Number(row.mean_r)).toBeCloseTo(mean, 5);
      expect(Number(row.std_r)).toBeCloseTo(Math.sqrt(reds.reduce((sum, red) => sum + (red - mean) ** 2, 0) / reds.length), 5);
      expect([row.group, row.sampler, row.split, row.fold]).toEqual(['patient, "7"', 'grid', 'train', '']);
    }
  });

  it('says in dataset.json what is in all tiles: mean, deviation, frequencies and weights', async () => {
    const root = await make([await scene('slide', size, labelAt)], settingsOf());
    const { statistics, tiles, slides, classes: listed } = record(root);
    const rows = readCsv(root);
    expect([tiles, statistics.all!.tiles, slides[0]!.tiles]).toEqual([rows.length, rows.length, rows.length]);
    expect(listed).toEqual(classes);
    const mean = rows.reduce((sum, row) => sum + Number(row.mean_g), 0) / rows.length;
    expect(statistics.all!.mean[1]).toBeCloseTo(mean, 5);
    const pixels = rows.length * 64 * 64;
    const sums = ['background', 'tumor', 'stroma'].map((name) => {
      const own = rows.map((row) => Number(row[`pixels_${name}`]));
      const sum = own.reduce((a, b) => a + b, 0);
      return { sum, frequency: sum / (own.filter((value) => value > 0).length * 64 * 64) };
    });
    const median = sums.map(({ frequency }) => frequency).sort((a, b) => a - b)[1]!;
    statistics.all!.classes.forEach((each, i) => {
      expect(each.pixels).toBe(sums[i]!.sum);
      expect(each.frequency).toBeCloseTo(sums[i]!.sum / pixels, 5);
      expect(each.weight).toBeCloseTo(median / sums[i]!.frequency, 5);
    });
    expect(statistics.train).toEqual(statistics.all);
  });

  it('lies in shards with every tile once, shuffled over slides', async () => {
    const where = folder();
    const slides = [await scene('one', size, labelAt, 'a', where), await scene('two', size, labelAt, 'b', where)];
    const tiles = { form: 'webdataset', image: { kind: 'png' }, augmentation: undefined } as const;
    const plain = await make(slides, settingsOf());
    const root = await make(slides, settingsOf({}, { tiles, shardSize: 7 }));
    expect(readdirSync(root).sort()).toEqual(['dataset.json', 'manifest.csv', 'manifest.parquet', 'shards']);
    const rows = readCsv(root);
    const shards = readdirSync(join(root, 'shards')).sort();
    expect(shards.length).toBe(Math.ceil(rows.length / 7));
    let seen = 0;
    for (const shard of shards) {
      const entries = await entriesOf(join(root, 'shards', shard));
      expect(entries.length).toBeLessThanOrEqual(21);
      for (let i = 0; i < entries.length; i += 3) {
        const [[image, pixels], [mask, labels], [json, text]] = entries.slice(i, i + 3) as [
          [string, Buffer],
          [string, Buffer],
          [string, Buffer],
        ];
        const id = image.slice(0, -4);
        expect([image, mask, json]).toEqual([`${id}.png`, `${id}.mask.png`, `${id}.json`]);
        const row = rows.find(({ tile }) => tile === id)!;
        expect([row.image, row.mask]).toEqual([`shards/${shard}/${image}`, `shards/${shard}/${mask}`]);
        const parsed = JSON.parse(text.toString()) as Record<string, unknown>;
        for (const [name, value] of Object.entries(row)) expect(String(parsed[name] ?? '')).toBe(value);
        expect(pixels.equals(readFileSync(join(plain, 'images', image)))).toBe(true);
        expect(labels.equals(readFileSync(join(plain, 'masks', `${id}.png`)))).toBe(true);
        seen++;
      }
    }
    expect(seen).toBe(rows.length);
    const first = (await entriesOf(join(root, 'shards', shards[0]!))).map(([name]) => name.slice(0, 3));
    expect(new Set(first)).toEqual(new Set(['one', 'two']));
  });

  it('lies in a folder for each part for Hugging Face, with metadata beside the tiles', async () => {
    const where = folder();
    const slides = [await scene('one', size, labelAt, 'a', where), await scene('two', size, labelAt, 'b', where)];
    const tiles = { form: 'imagefolder', image: { kind: 'png' }, augmentation: undefined } as const;
    const root = await make(slides, settingsOf({}, { tiles, divide: twoParts }));
    const rows = readCsv(root);
    for (const split of ['train', 'val']) {
      const lines = readFileSync(join(root, split, 'metadata.jsonl'), 'utf8')
        .trimEnd()
        .split('\n');
      expect(lines.length).toBe(rows.filter((row) => row.split === split).length);
      for (const line of lines) {
        const { file_name, mask_file_name } = JSON.parse(line) as Record<string, string>;
        expect(existsSync(join(root, split, file_name!)) && existsSync(join(root, split, mask_file_name!))).toBe(true);
      }
    }
  });
});
