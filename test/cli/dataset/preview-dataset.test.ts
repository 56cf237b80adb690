import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { drawPreview } from '../../../dist/pipeline/dataset/preview.js';
import { type CsvRow, readCsv } from '../../dataset/csv.js';
import { filesIn, folder, segtile, segtileWell, writeSlide } from '../door.js';

/** A plain slide of 64 tiles of 64 px, in the upper half of which truth has a class. */
async function study(): Promise<{ args: string[]; where: string }> {
  const where = folder();
  const slide = await writeSlide(join(where, 's.tif'), 512, 512, () => [200, 160, 190]);
  const label = (i: number): number => (Math.floor(i / 512) < 256 && (i % 64) + ((i >> 9) % 64) >= 40 ? 1 : 0);
  const labels = Uint8Array.from({ length: 512 * 512 }, (_, i) => label(i));
  const truth = join(where, 's.png');
  await sharp(labels, { raw: { width: 512, height: 512, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(truth);
  const args = ['make-dataset', slide, '--truth', truth, '--window', '64', '--tissue', 'none', '--quiet', '-o'];
  return { args, where };
}

async function read(path: string): Promise<{ width: number; height: number; colors: Map<string, number> }> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  const colors = new Map<string, number>();
  for (let i = 0; i < data.length; i += 3) {
    const color = data.subarray(i, i + 3).join();
    colors.set(color, (colors.get(color) ?? 0) + 1);
  }
  return { width: info.width, height: info.height, colors };
}

const bytes = (path: string): string => readFileSync(path).toString('base64');

describe('segtile make-dataset --preview', () => {
  it('shows tiles with outlines in the colour of their class, the same for the same seed and in every form', async () => {
    const { args, where } = await study();
    const first = join(where, 'first');
    await segtileWell([...args, first, '--preview', '30']);
    expect(filesIn(join(first, 'preview'))).toEqual(['tiles-01.png', 'tiles-02.png']);
    const { width, colors } = await read(join(first, 'preview/tiles-01.png'));
    expect(width).toBe(4 * 256 + 3 * 18 + 40);
    // The default colour of class 1; the outline of a tile is 2 px wide and more than 100 px long.
    expect(colors.get('0,158,115')!).toBeGreaterThan(200 * 5);
    // 24 tiles of 256 px, more than half of each without the class.
    expect(colors.get('200,160,190')!).toBeGreaterThan(12 * 256 * 128);
    const other = join(where, 'other');
    await segtileWell([...args, other, '--preview', '30', '--format', 'webdataset']);
    for (const name of ['tiles-01.png', 'tiles-02.png']) {
      expect(bytes(join(other, 'preview', name))).toBe(bytes(join(first, 'preview', name)));
    }
    await segtileWell([...args, other, '--preview', '30', '--seed', '5', '--overwrite']);
    expect(bytes(join(other, 'preview/tiles-01.png'))).not.toBe(bytes(join(first, 'preview/tiles-01.png')));
    // Without a number it is 24 tiles, which is one sheet, and what was there before is gone.
    await segtileWell([...args, first, '--preview', '--overwrite']);
    expect(filesIn(join(first, 'preview'))).toEqual(['tiles-01.png']);
    await segtileWell([...args, first, '--overwrite']);
    expect(existsSync(join(first, 'preview'))).toBe(false);
  });

  it('is no part of what decides whether a slide is done', async () => {
    const { where } = await study();
    const root = join(where, 'out');
    // A slide that fails keeps what is needed to go on.
    const broken = join(where, 'broken.tif');
    writeFileSync(broken, 'no image');
    const pairs = join(where, 'pairs.csv');
    writeFileSync(pairs, 'slide,truth\ns.tif,s.png\nbroken.tif,s.png\n');
    const both = ['make-dataset', '--truth', pairs, '--window', '64', '--tissue', 'none', '-o', root];
    expect((await segtile(both)).code).toBe(1);
    const again = await segtile([...both, '--resume', '--preview', '4']);
    expect(again.stderr).toContain('s.tif: done before, kept');
    expect(filesIn(join(root, 'preview'))).toEqual(['tiles-01.png']);
    // Sheets of tiles that may have changed go, what somebody else put there stays.
    writeFileSync(join(root, 'preview/notes.txt'), 'mine');
    await segtile([...both, '--resume']);
    expect(filesIn(join(root, 'preview'))).toEqual(['notes.txt']);
  });

  it('refuses a folder that holds pictures of somebody else, and a number of tiles that is none', async () => {
    const { args, where } = await study();
    mkdirSync(join(where, 'out/preview'), { recursive: true });
    const clash = await segtile([...args, join(where, 'out'), '--preview']);
    expect([clash.code, clash.stderr]).toEqual([1, expect.stringContaining('is not part of a dataset')]);
    const none = await segtile([...args, join(where, 'out'), '--preview', '0']);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('expected a positive integer for --preview')]);
  });
});

describe('a preview', () => {
  it('shows changed copies beside the tiles they were made from', async () => {
    const { args, where } = await study();
    const root = join(where, 'out');
    await segtileWell([...args, root]);
    const rows = readCsv(root);
    // A copy whose source is in the lower half, without a class, and which has the pixels of a tile with one.
    const [source, shown] = [rows.at(-1)!, rows[0]!];
    const copy: CsvRow = { ...source, tile: 'copy', image: shown.image!, mask: shown.mask!, source: source.tile! };
    const orphan: CsvRow = { ...copy, tile: 'orphan', source: 'that was not kept' };
    const columns = [...new Set([...Object.keys(rows[0]!), 'source', 'augmentation'])];
    const lines = [...rows, { ...copy, augmentation: 'flip' }, orphan].map((row: CsvRow) =>
      columns.map((name) => row[name] ?? '').join(','),
    );
    writeFileSync(join(root, 'manifest.csv'), `${[columns.join(','), ...lines].join('\n')}\n`);
    const classes = [{ label: 1, name: 'class 1', color: [1, 2, 3] }] as const;
    await drawPreview(root, classes, 3, 7, new AbortController().signal);
    expect(filesIn(join(root, 'preview'))).toEqual(['copies-01.png', 'tiles-01.png']);
    const { data, info } = await sharp(join(root, 'preview/copies-01.png')).raw().toBuffer({ resolveWithObject: true });
    expect(info.width).toBe(2 * (2 * 256 + 6) + 18 + 40);
    const outlines = (left: number): number => {
      let found = 0;
      for (let y = 72; y < 72 + 256; y++) {
        for (let x = left; x < left + 256; x++) {
          if (data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3).join() === '1,2,3') found++;
        }
      }
      return found;
    };
    expect(outlines(20)).toBe(0);
    expect(outlines(20 + 262)).toBeGreaterThan(200);
  });
});
