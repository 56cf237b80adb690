import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { parseAugmentation } from '../../dist/augment/parse.js';
import { planDataset } from '../../dist/pipeline/dataset/plan-dataset.js';
import type { DatasetRecord } from '../../dist/pipeline/dataset/record.js';
import type { DatasetSlide } from '../../dist/pipeline/dataset/survey-slide.js';
import { writeDataset } from '../../dist/pipeline/dataset/write-dataset.js';
import type { LabelView } from '../../dist/truth/truth.js';
import { readIndices } from './indices.js';
import { type CsvRow, contents, folder, make, placeColor, readCsv, readImage, scene, settingsOf, silent } from './scene.js';

const size = { width: 320, height: 192 };
/** A label that the colour of the place tells. */
const labelAt = (x: number, y: number): number => (x % 13 === 5 ? 255 : (x >> 4) % 3 === 0 ? 1 : (y >> 3) % 5 === 2 ? 4 : 0);

const augmented = (
  steps: readonly object[],
  more: object = {},
  form: 'folders' | 'imagefolder' | 'webdataset' = 'folders',
  parts: Parameters<typeof settingsOf>[1] = {},
  sample: Parameters<typeof settingsOf>[0] = {},
) =>
  settingsOf(sample, {
    ...parts,
    tiles: {
      form,
      image: { kind: 'png' },
      augmentation: parseAugmentation(JSON.stringify({ seed: 11, steps, ...more }), 'test'),
    },
  });

const record = (root: string): DatasetRecord => JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8')) as DatasetRecord;

/** Image and labels of a row. */
async function read(root: string, row: CsvRow) {
  const image = await readImage(join(root, row.image!));
  return { image: image.data, mask: readIndices(join(root, row.mask!)).data };
}

const byRegion = {
  divide: {
    parts: [
      { name: 'train', share: 0.6 },
      { name: 'val', share: 0.4 },
    ],
    folds: 2,
    seed: 7,
    by: { side: 64, guard: 0 },
  },
} as const;

describe('copies of tiles', () => {
  for (const kind of ['flip-horizontal', 'flip-vertical', 'rotate90']) {
    it(`by ${kind} have the labels of the places that their pixels show`, async () => {
      const root = await make([await scene('slide', size, labelAt)], augmented([{ kind }]));
      const rows = readCsv(root);
      expect(rows.length).toBe(30);
      for (const row of rows) {
        const { image, mask } = await read(root, row);
        let moved = 0;
        for (let at = 0; at < mask.length; at++) {
          const above = image[at * 3 + 2]!;
          const [x, y] = [image[at * 3]! + ((above >> 4) << 8), image[at * 3 + 1]! + ((above & 15) << 8)];
          if (mask[at] !== labelAt(x, y)) throw new Error(`${row.tile}: label ${mask[at]} at (${x}, ${y})`);
          if (x !== Number(row.x) + (at % 64) || y !== Number(row.y) + (at >> 6)) moved++;
        }
        if (row.source === '') expect([moved, row.augmentation]).toEqual([0, '']);
        else expect([moved > 4000, row.augmentation!.startsWith(kind), row.tile]).toEqual([true, true, `${row.source}_aug1`]);
      }
    });
  }

  it('by non-empty-crop say which part they show and how fine, image and labels alike', async () => {
    const root = await make([await scene('slide', size, labelAt)], augmented([{ kind: 'non-empty-crop', scale: [0.3, 0.7] }]));
    const rows = readCsv(root).filter(({ source }) => source !== '');
    expect(rows.length).toBe(15);
    for (const row of rows) {
      const source = readCsv(root).find(({ tile }) => tile === row.source)!;
      const [x, y, width, height] = [row.x, row.y, row.width, row.height].map(Number) as [number, number, number, number];
      expect(x >= Number(source.x) && x + width <= Number(source.x) + 64 && width >= 19 && width <= 45).toBe(true);
      expect(y >= Number(source.y) && y + height <= Number(source.y) + 64).toBe(true);
      expect(Number(row.downsample)).toBeCloseTo(width / 64, 5);
      expect([row.tissue, row.augmentation]).toEqual([
        '',
        `non-empty-crop box=${width}x${height}+${x - Number(source.x)}+${y - Number(source.y)}`,
      ]);
      const { image, mask } = await read(root, row);
      for (let at = 0; at < mask.length; at++) {
        const [px, py] = [x + Math.floor((((at % 64) + 0.5) * width) / 64), y + Math.floor((((at >> 6) + 0.5) * height) / 64)];
        if (mask[at] !== labelAt(px, py)) throw new Error(`${row.tile}: label ${mask[at]} at (${px}, ${py})`);
        // Samples wrap at 256, where they cannot be interpolated.
        if (px % 256 > 1 && px % 256 < 254) expect(Math.abs(image[at * 3]! - (px & 255))).toBeLessThanOrEqual(1);
      }
    }
  });

  it('by cutout and grid-dropout lose labels where their pixels are filled, nowhere else', async () => {
    for (const step of [{ kind: 'cutout', holes: 2 }, { kind: 'grid-dropout' }]) {
      const steps = [{ ...step, fill: [255, 0, 255] }];
      const root = await make([await scene('slide', { width: 128, height: 128 }, labelAt)], augmented(steps));
      for (const row of readCsv(root).filter(({ source }) => source !== '')) {
        const { image, mask } = await read(root, row);
        let filled = 0;
        for (let at = 0; at < mask.length; at++) {
          const [x, y] = [Number(row.x) + (at % 64), Number(row.y) + (at >> 6)];
          const hole = image[at * 3] === 255 && image[at * 3 + 1] === 0 && image[at * 3 + 2] === 255;
          if (hole) filled++;
          else expect([...image.subarray(at * 3, at * 3 + 3)]).toEqual([...placeColor(x, y)]);
          expect(mask[at]).toBe(hole ? 255 : labelAt(x, y));
        }
        expect(filled).toBeGreaterThan(0);
        expect(filled).toBeLessThan(64 * 64 * 0.5);
      }
    }
  });

  it('by mixup and cutmix come with the labels of both tiles and the ratio, and never cross parts or folds', async () => {
    for (const kind of ['mixup', 'cutmix']) {
      const settings = augmented([{ kind, probability: 0.8 }], { copies: 2, splits: ['train', 'val'] }, 'folders', byRegion);
      const root = await make([await scene('slide', size, labelAt)], settings);
      const rows = readCsv(root);
      const tiles = new Map(rows.map((row) => [row.tile!, row]));
      expect(rows.length).toBe(45);
      expect(new Set(rows.map(({ split, fold }) => `${split}${fold}`)).size).toBeGreaterThan(2);
      const mixed = rows.filter(({ partner }) => partner !== '');
      expect(mixed.length).toBeGreaterThan(15);
      for (const row of mixed) {
        const [source, partner] = [tiles.get(row.source!)!, tiles.get(row.partner!)!];
        expect([source.split, source.fold]).toEqual([row.split, row.fold]);
        expect([partner.split, partner.fold]).toEqual([row.split, row.fold]);
        expect(partner.tile).not.toBe(source.tile);
        const [own, other, made] = [await read(root, source), await read(root, partner), await read(root, row)];
        const second = readIndices(join(root, row.mask2!)).data;
        const ratio = Number(row.mix_ratio);
        if (kind === 'mixup') {
          expect([made.mask, second]).toEqual([own.mask, other.mask]);
          const wanted = own.image.map((sample, i) => {
            const parts = Math.round(ratio * 10_000);
            return Math.floor((parts * sample + (10_000 - parts) * other.image[i]! + 5000) / 10_000);
          });
          expect(made.image.equals(Buffer.from(wanted))).toBe(true);
        } else {
          const [, width, height, x, y] = /patch=(\d+)x(\d+)\+(\d+)\+(\d+)/.exec(row.augmentation!)!.map(Number);
          expect(ratio).toBe(1 - (width! * height!) / 4096);
          for (let at = 0; at < 4096; at++) {
            const inside = at % 64 >= x! && at % 64 < x! + width! && at >> 6 >= y! && at >> 6 < y! + height!;
            const from = inside ? other : own;
            const pixel = from.image.subarray(at * 3, at * 3 + 3);
            if (!pixel.equals(made.image.subarray(at * 3, at * 3 + 3))) throw new Error(`${row.tile}: pixel ${at}`);
            expect([made.mask[at], second[at]]).toEqual(inside ? [255, from.mask[at]] : [from.mask[at], 255]);
          }
        }
      }
      const plain = rows.filter(({ source, partner }) => source !== '' && partner === '');
      for (const row of plain) expect([row.augmentation, row.mask2, row.mix_ratio]).toEqual(['none', '', '']);
      expect(readdirSync(join(root, 'masks2')).length).toBe(mixed.length);
      expect(record(root).augmentation!.made).toEqual({ copies: 30, steps: { [kind]: mixed.length, none: plain.length } });
    }
  });

  it('are mixed with nothing where a tile is alone', async () => {
    const root = await make([await scene('slide', { width: 64, height: 64 }, labelAt)], augmented([{ kind: 'mixup' }]));
    expect(readCsv(root).map(({ augmentation, mask2 }) => [augmentation, mask2])).toEqual([
      ['', ''],
      ['none', ''],
    ]);
  });

  it('are of training tiles alone, and stay out of means, weights and numbers of tiles', async () => {
    const slides = [await scene('one', size, labelAt), await scene('two', size, labelAt)];
    const divide = { ...byRegion.divide, folds: 1, by: 'group' } as const;
    const plain = await make(slides, settingsOf({}, { divide }));
    const root = await make(slides, augmented([{ kind: 'stain-jitter' }], { copies: 3 }, 'folders', { divide }));
    const [without, own] = [record(plain), record(root)];
    expect([own.statistics, own.tiles]).toEqual([without.statistics, without.tiles]);
    expect(own.slides.map(({ tiles, copies }) => [tiles, copies]).sort()).toEqual([
      [15, 0],
      [15, 45],
    ]);
    expect(own.augmentation).toMatchObject({ seed: 11, copies: 3, made: { copies: 45 } });
    expect(without.augmentation).toBeNull();
    const rows = readCsv(root);
    expect(rows.length).toBe(75);
    expect(new Set(rows.filter(({ source }) => source !== '').map(({ split }) => split))).toEqual(new Set(['train']));
    // What was there without copies is there as it was.
    const files = contents(root);
    for (const [path, bytes] of contents(plain)) if (/^(images|masks)/.test(path)) expect(files.get(path)).toBe(bytes);
  });

  it('are the same to the byte for the same seed, in every form, and others for another', async () => {
    const slide = await scene('slide', size, labelAt);
    const steps = [
      { kind: 'non-empty-crop', probability: 0.3 },
      { kind: 'rotate90', probability: 0.5 },
      { kind: 'stain-jitter' },
      { kind: 'cutout', probability: 0.5 },
      { kind: 'mixup', probability: 0.3 },
      { kind: 'cutmix', probability: 0.3 },
    ];
    for (const form of ['folders', 'imagefolder', 'webdataset'] as const) {
      const of = async (seed: number) => contents(await make([slide], augmented(steps, { seed, copies: 2 }, form)));
      const first = await of(1);
      expect(await of(1)).toEqual(first);
      expect(await of(2)).not.toEqual(first);
    }
  });

  it('do not depend on which other tiles there are, but for those that they are mixed with', async () => {
    const slide = await scene('slide', size, labelAt);
    const steps = [{ kind: 'rotate90', probability: 0.5 }, { kind: 'stain-jitter' }, { kind: 'cutout' }];
    const all = contents(await make([slide], augmented(steps)));
    const few = contents(await make([slide], augmented(steps, {}, 'folders', {}, { asks: [{ sampler: 'grid', wanted: 4 }] })));
    const images = [...few.keys()].filter((path) => path.startsWith('images/'));
    expect(images.length).toBe(8);
    for (const path of images) expect(few.get(path)).toBe(all.get(path));
  });

  it('lie in shards with both masks, and in folders for Hugging Face with a second mask for every tile', async () => {
    const slide = await scene('slide', size, labelAt);
    const steps = [{ kind: 'cutmix', probability: 0.5 }];
    const plain = await make([slide], augmented(steps));
    const packed = await make([slide], augmented(steps, {}, 'webdataset'));
    const rows = new Map(readCsv(packed).map((row) => [row.tile!, row]));
    const members: string[] = [];
    for (const shard of readdirSync(join(packed, 'shards'))) {
      for await (const entry of createReadStream(join(packed, 'shards', shard)).pipe(extract())) {
        const chunks: Buffer[] = [];
        for await (const chunk of entry) chunks.push(chunk as Buffer);
        const { name } = entry.header;
        members.push(`shards/${shard}/${name}`);
        const bytes = Buffer.concat(chunks);
        const id = name.slice(0, name.indexOf('.'));
        if (name.endsWith('.mask2.png')) expect(bytes.equals(readFileSync(join(plain, 'masks2', `${id}.png`)))).toBe(true);
        if (name.endsWith('.json')) expect(JSON.parse(bytes.toString()).mask2 ?? '').toBe(rows.get(id)!.mask2);
      }
    }
    const named = [...rows.values()].flatMap(({ image, mask, mask2 }) => [image!, mask!, ...(mask2 ? [mask2] : [])]);
    expect(named.filter((path) => path.endsWith('.mask2.png')).length).toBeGreaterThan(3);
    expect(members.filter((path) => !path.endsWith('.json')).sort()).toEqual(named.sort());

    const folders = await make([slide], augmented(steps, {}, 'imagefolder'));
    const lines = readFileSync(join(folders, 'train/metadata.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.length).toBe(30);
    for (const line of lines) {
      const { mask_file_name, mask2_file_name, mix_ratio, partner } = JSON.parse(line) as Record<string, string>;
      expect(existsSync(join(folders, 'train', mask2_file_name!))).toBe(true);
      expect(mask_file_name === mask2_file_name).toBe(partner === '');
      expect(Number(mix_ratio) === 1 && /"mix_ratio":1\.0[,}]/.test(line)).toBe(partner === '');
    }
  });
});

describe('a slide that fails on its way', () => {
  it('leaves none of its copies, and none of their second masks', async () => {
    const slide = await scene('slide', size, labelAt);
    // The truth gives out when it is read for the last copies, after all tiles and some copies were written.
    let reads = 0;
    const failing: DatasetSlide = {
      ...slide,
      openTruth: async (full) => {
        const truth = await slide.openTruth(full);
        const view: typeof truth.view = (wanted): LabelView => {
          const labels = truth.view(wanted);
          return {
            ...labels,
            readBands: (...args) => {
              if (++reads === 5) throw new Error('the truth gave out');
              return labels.readBands(...args);
            },
          };
        };
        return { ...truth, view };
      },
    };
    const settings = augmented([{ kind: 'mixup' }], { copies: 2 });
    const root = folder();
    const { signal } = new AbortController();
    const errors: unknown[] = [];
    let most = 0;
    const watcher = {
      ...silent,
      cutting: (_: unknown, done: number, total: number) => {
        expect(total).toBe(45);
        most = Math.max(most, done);
      },
      failed: (_: unknown, error: unknown) => void errors.push(error),
    };
    const plan = await planDataset([failing], settings, watcher, signal);
    expect(await writeDataset(root, plan, [], settings, watcher, signal)).toBeUndefined();
    expect(errors.map(String)).toEqual(['Error: the truth gave out']);
    expect(most).toBeGreaterThan(15);
    expect(readdirSync(join(root, 'masks2'))).toEqual([]);
    expect([...contents(root).keys()]).toEqual([]);
  });
});
