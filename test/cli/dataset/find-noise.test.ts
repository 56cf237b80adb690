import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { palettePng } from '../../../dist/dataset/png.js';
import { writeLabelMask } from '../../../dist/mask/label-mask.js';
import { readLabelTile } from '../../../dist/truth/images/label-tile.js';
import type { Pixels } from '../../../dist/types.js';
import { type CsvRow, readCsv, rowsOf } from '../../dataset/csv.js';
import { filesIn, folder, save, segtile, segtileWell } from '../door.js';

const names = ['glomerulus', 'sclerosed glomerulus', 'tubule', 'vessel'];
const where = folder();
/** A part of the sample slide, or of its truth, with three rows of eight tiles. */
const part = (name: string): string => join(where, name);
const roots: Record<string, string> = {};

beforeAll(async () => {
  for (const name of ['kidney.tif', 'kidney.truth.tif']) {
    const whole = sharp(fileURLToPath(new URL(`../../../samples/${name}`, import.meta.url)));
    const cropped = whole.extract({ left: 0, top: 0, width: 4096, height: 1536 });
    const own = name.includes('truth') ? cropped.toColourspace('b-w') : cropped;
    await own.tiff({ compression: 'deflate', tile: true, tileWidth: 512, tileHeight: 512 }).toFile(part(name));
  }
  const classes = save(where, 'classes.json', JSON.stringify({ classes: names.map((name, i) => ({ name, label: i + 1 })) }));
  const args = ['make-dataset', part('kidney.tif'), '--truth', part('kidney.truth.tif'), '--classes', classes];
  const split = ['--split', 'train=0.8,test=0.2', '--folds', '2', '--split-by', 'region', '--region', '1024'];
  for (const form of ['folders', 'imagefolder', 'webdataset']) {
    roots[form] = join(where, form);
    await segtileWell([...args, ...split, '--window', '512', '--format', form, '--quiet', '-o', roots[form]]);
  }
});

/** A copy of a dataset, and a folder of predictions that equal its truth. */
async function study(form: string): Promise<{ root: string; manifest: string; predictions: string; rows: CsvRow[] }> {
  const own = folder();
  const root = join(own, 'dataset');
  cpSync(roots[form]!, root, { recursive: true });
  // What stands in shards stands alone in folders.
  cpSync(join(roots.folders!, 'masks'), join(own, 'predictions'), { recursive: true });
  return { root, manifest: join(root, 'manifest.csv'), predictions: join(own, 'predictions'), rows: readCsv(root) };
}

const labelsOf = (path: string): Promise<Pixels> => readLabelTile(path, readFileSync(path));

async function change(path: string, label: (old: Pixels, x: number, y: number) => number): Promise<void> {
  const old = await labelsOf(path);
  const data = old.data.map((_, i) => label(old, i % old.width, Math.floor(i / old.width)));
  writeFileSync(path, await palettePng({ ...old, data }, []));
}

/** The mean IoU of a tile over the classes that are in one of two masks, from places one by one. */
function meanIou(truth: Pixels, predicted: Pixels): number {
  const each = [1, 2, 3, 4].flatMap((label) => {
    let [both, either] = [0, 0];
    truth.data.forEach((is, i) => {
      const [a, b] = [is === label, predicted.data[i] === label];
      both += a && b ? 1 : 0;
      either += a || b ? 1 : 0;
    });
    return either === 0 ? [] : [both / either];
  });
  return each.length === 0 ? 1 : each.reduce((sum, value) => sum + value, 0) / each.length;
}

/** Tiles that hold tubules, of which there are many. */
const holding = (rows: readonly CsvRow[]): string[] =>
  rows.filter((row) => Number(row.pixels_tubule) > 20000).map((row) => row.tile!);

describe('segtile find-noise', () => {
  for (const form of ['folders', 'imagefolder', 'webdataset']) {
    it(`puts exactly the tiles on top whose labels are wrong, and drops them (${form})`, async () => {
      const { root, manifest, predictions, rows } = await study(form);
      const [one, two, three, shifted] = holding(rows) as [string, string, string, string];
      for (const tile of [one, two, three]) await change(join(predictions, `${tile}.png`), () => 0);
      await change(join(predictions, `${shifted}.png`), ({ width, data }, x, y) => data[y * width + Math.max(0, x - 9)]!);
      const args = ['find-noise', manifest, '--predictions', predictions];
      const { stdout } = await segtileWell([...args, '--drop-below', '0.2', '--pictures', '9', '--json', '--quiet']);

      const found = readCsv(join(root, 'noise'), 'noise.csv');
      expect(new Set(found.slice(0, 3).map((row) => row.tile))).toEqual(new Set([one, two, three]));
      expect(found.slice(0, 3).map((row) => [row.mean_iou, row.iou_tubule, row.dropped])).toEqual(
        Array(3).fill(['0', '0', 'yes']),
      );
      const truth = await labelsOf(join(roots.folders!, 'masks', `${shifted}.png`));
      const expected = meanIou(truth, await labelsOf(join(predictions, `${shifted}.png`)));
      expect(found[3]!.tile).toBe(shifted);
      expect(Number(found[3]!.mean_iou)).toBeCloseTo(expected, 6);
      expect(found.slice(4).every((row) => row.mean_iou === '1' && row.dropped === 'no' && row.wrong_pixels === '0')).toBe(
        true,
      );
      expect(found.length).toBe(rows.length);
      for (const row of found) expect(row.split).toBe(rows.find(({ tile }) => tile === row.tile)!.split);

      const lines = readFileSync(manifest, 'utf8').trimEnd().split('\n');
      const kept = lines.filter((line) => ![one, two, three].some((tile) => line.startsWith(`${tile},`)));
      expect(readFileSync(join(root, 'manifest.clean.csv'), 'utf8')).toBe(`${kept.join('\n')}\n`);

      const record = JSON.parse(stdout) as {
        dropped: { tiles: string[]; byPart: Record<string, number>; bySlide: object; byClass: Record<string, number> };
        summary: { part: string; class?: string; tiles?: { count: number; mean: number }; pooled: number }[];
        files: { pictures: string[] };
      };
      expect(new Set(record.dropped.tiles)).toEqual(new Set([one, two, three]));
      expect(record.dropped.bySlide).toEqual({ [part('kidney.tif')]: 3 });
      expect(record.dropped.byClass.tubule).toBe(3);
      expect(Object.values(record.dropped.byPart).reduce((sum, n) => sum + n, 0)).toBe(3);
      const all = record.summary.filter(({ part }) => part === 'all');
      expect(all.map((each) => each.class)).toEqual([...names, undefined]);
      const tubules = rows.filter((row) => Number(row.pixels_tubule) > 0).length;
      expect(all[2]!.tiles!.count).toBe(tubules);
      expect(all[2]!.tiles!.mean).toBeCloseTo((tubules - 4 + Number(found[3]!.iou_tubule)) / tubules, 5);
      expect(new Set(record.summary.map(({ part }) => part))).toEqual(
        new Set(['all', ...rows.map((row) => (row.fold === '' ? row.split! : `${row.split}, fold ${row.fold}`))]),
      );

      expect(record.files.pictures.map((path) => basename(path))).toEqual(['worst-01.png', 'worst-02.png']);
      expect(filesIn(join(root, 'noise'))).toEqual(['noise.csv', 'worst-01.png', 'worst-02.png']);
    });
  }

  it('puts a large wrong area before a small thing that is wholly missed, by the score that it states', async () => {
    const { root, manifest, predictions, rows } = await study('folders');
    const [small, large] = holding(rows) as [string, string];
    // In a tile of background alone, 58 px of a vessel that the truth has not: IoU 0.
    await change(join(root, 'masks', `${small}.png`), () => 0);
    await change(join(predictions, `${small}.png`), (_, x, y) => (y === 10 && x < 58 ? 4 : 0));
    let wrong = 0;
    await change(join(predictions, `${large}.png`), ({ width, data }, x, y) => {
      const label = data[y * width + x]!;
      return label === 3 && wrong++ < 29_541 && wrong > 0 ? 0 : label;
    });
    await segtileWell(['find-noise', manifest, '--predictions', predictions, '--quiet']);
    const [first, second, third] = readCsv(join(root, 'noise'), 'noise.csv');
    expect([first!.tile, second!.tile, second!.mean_iou, second!.score]).toEqual([large, small, '0', '58']);
    expect(Number(first!.wrong_pixels)).toBeGreaterThan(15_000);
    for (const row of [first!, second!, third!]) {
      expect(Number(row.score)).toBeCloseTo(Number(row.wrong_pixels) * (1 - Number(row.mean_iou)), 0);
    }
  });

  for (const [form, downsample] of [
    ['folders', 1],
    ['webdataset', 2],
  ] as const) {
    it(`takes the mask of a whole slide for its tiles' predictions (${form}, at 1/${downsample})`, async () => {
      const own = folder();
      const root = join(own, 'dataset');
      const masks = join(own, 'masks');
      mkdirSync(masks);
      const classes = join(where, 'classes.json');
      const cut = ['make-dataset', part('kidney.tif'), '--truth', part('kidney.truth.tif'), '--classes', classes];
      const how = ['--window', '400', '--sample', 'grid,half-shift', '--downsample', String(downsample), '--format', form];
      await segtileWell([...cut, ...how, '--quiet', '-o', root]);
      const { data, info } = await sharp(part('kidney.truth.tif'))
        .toColourspace('b-w')
        .raw()
        .toBuffer({ resolveWithObject: true });
      const { width, height } = info;
      // The classes of the mask have other labels than those of the dataset, and a square of it is another class.
      const relabelled = data.map((label, at) => {
        const [x, y] = [at % width, Math.floor(at / width)];
        const noisy = x >= 800 && x < 1600 && y >= 800 && y < 1600;
        return noisy ? 4 : label === 0 ? 0 : label + 2;
      });
      const listed = names.map((name, i) => ({ name, label: i + 3, color: [i, 2, 3] as const }));
      const path = join(masks, 'kidney.mask.ome.tif');
      const sink = await writeLabelMask(path, { size: { width, height }, classes: listed, values: 'labels' });
      await sink.write({ y: 0, width, height, channels: 1, data: relabelled });
      await sink.finish();
      await segtileWell(['find-noise', join(root, 'manifest.csv'), '--predictions', masks, '--pictures', '3', '--quiet']);
      const found = new Map(readCsv(join(root, 'noise'), 'noise.csv').map((row) => [row.tile, row]));
      const tiles = readCsv(root);
      expect(found.size).toBe(tiles.length);
      let touched = 0;
      for (const { tile, x, y, width: wide, height: high } of tiles) {
        const [left, top] = [Number(x), Number(y)];
        const across = Math.min(1600, left + Number(wide)) - Math.max(800, left);
        const down = Math.min(1600, top + Number(high)) - Math.max(800, top);
        const row = found.get(tile)!;
        if (across <= 0 || down <= 0) expect([tile, row.wrong_pixels]).toEqual([tile, '0']);
        else if (Number(row.wrong_pixels) > 0) touched++;
      }
      expect(touched).toBeGreaterThan(2);
      expect(existsSync(join(root, 'noise', 'worst-01.png'))).toBe(true);
      cpSync(path, join(masks, 'kidney.tif'));
      const twice = await segtile(['find-noise', join(root, 'manifest.csv'), '--predictions', masks, '--overwrite']);
      expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining('has two predictions')]);
    });
  }

  it('draws the worst with outlines and differences in their colours', async () => {
    const { root, manifest, predictions, rows } = await study('folders');
    const [tile] = holding(rows) as [string];
    await change(join(predictions, `${tile}.png`), () => 0);
    await segtileWell(['find-noise', manifest, '--predictions', predictions, '--pictures', '1', '--quiet']);
    const { data, info } = await sharp(join(root, 'noise/worst-01.png')).raw().toBuffer({ resolveWithObject: true });
    // Four panels of 256 px with gaps of 6 and a margin of 20; two lines of 26 above.
    expect([info.width, info.channels]).toEqual([4 * 256 + 3 * 6 + 40, 3]);
    const mask = await labelsOf(join(root, 'masks', `${tile}.png`));
    const half = (x: number, y: number) => mask.data[(2 * y + 1) * 512 + 2 * x + 1]!;
    const pixel = (panel: number, x: number, y: number): string => {
      const at = ((20 + 26 + 26 + y) * info.width + 20 + panel * 262 + x) * 3;
      return data.subarray(at, at + 3).join();
    };
    let [outline, differing] = [0, 0];
    const wrong: string[] = [];
    for (let y = 0; y < 256; y++) {
      for (let x = 1; x < 256; x++) {
        // Class 3 has the third of the default colours.
        if (half(x, y) === 3 && half(x - 1, y) !== 3) {
          outline++;
          if (pixel(1, x, y) !== '0,114,178') wrong.push(`outline at ${x},${y}`);
        }
        if (half(x, y) !== 0) {
          differing++;
          const [red, , blue] = pixel(3, x, y).split(',').map(Number) as [number, number, number];
          if (blue - red <= 100) wrong.push(`difference at ${x},${y}`);
        }
        if (pixel(2, x, y) !== pixel(0, x, y)) wrong.push(`prediction at ${x},${y}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(outline).toBeGreaterThan(100);
    expect(differing).toBeGreaterThan(5000);
  });

  it('leaves out what the truth ignores', async () => {
    const { root, manifest, predictions, rows } = await study('folders');
    const [tile] = holding(rows) as [string];
    await change(join(root, 'masks', `${tile}.png`), ({ width, data }, x, y) => (y < 100 ? 255 : data[y * width + x]!));
    await change(join(predictions, `${tile}.png`), ({ width, data }, x, y) => (y < 100 ? 1 : data[y * width + x]!));
    await segtileWell(['find-noise', manifest, '--predictions', predictions, '--quiet']);
    const found = readCsv(join(root, 'noise'), 'noise.csv').find((row) => row.tile === tile)!;
    expect([found.mean_iou, found.ignored_pixels, found.pixels]).toEqual(['1', String(512 * 100), String(512 * 412)]);
  });

  it('names every tile without a prediction, or with one that does not fit, ends with 1 and drops nothing', async () => {
    const { root, manifest, predictions, rows } = await study('folders');
    const [missing, small, colored, unknown, noisy] = rows.map((row) => join(predictions, `${row.tile}.png`)) as [
      string,
      string,
      string,
      string,
      string,
    ];
    rmSync(missing);
    writeFileSync(small, await palettePng({ width: 511, height: 512, channels: 1, data: new Uint8Array(511 * 512) }, []));
    cpSync(join(root, rows[2]!.image!), colored);
    await change(unknown, () => 255);
    await change(noisy, () => 2);
    save(predictions, 'elsewhere.png', 'of no tile');
    const args = ['find-noise', manifest, '--predictions', predictions, '--drop-below', '0.5'];
    const { code, stdout, stderr } = await segtile(args);
    expect(code).toBe(1);
    expect(stderr).toContain(`${rows[0]!.tile} has no prediction: ${missing} is missing`);
    expect(stderr).toContain(`${small} is 511 × 512 px, but the tile ${rows[1]!.tile} is 512 × 512 px`);
    expect(stderr).toContain(`${colored} has colours, not labels`);
    expect(stderr).toContain(`${unknown} has the value 255 at pixel (0, 0), which stands for no class`);
    expect(stderr).toContain('1 predictions belong to no tile, such as elsewhere.png');
    expect(stderr).toContain(`${rows.length - 4} of ${rows.length} tiles compared`);
    expect(stderr).toContain('manifest.clean.csv was not written, since tiles could not be compared');
    expect(stdout).toContain(`${rows.length - 4} compared`);
    expect(existsSync(join(root, 'manifest.clean.csv'))).toBe(false);
    const listed = readCsv(join(root, 'noise'), 'noise.csv');
    expect(listed.length).toBe(rows.length - 4);
    expect(listed[0]!.tile).toBe(rows[4]!.tile);
    const told = await segtile([...args, '--json', '--quiet', '--overwrite']);
    const { failures } = JSON.parse(told.stdout) as { failures: { tile: string }[] };
    expect(new Set(failures.map(({ tile }) => tile))).toEqual(new Set(rows.slice(0, 4).map((row) => row.tile)));
  });

  it('counts tiles as failures whose shard is cut off, or whose mask has gone', async () => {
    const packed = await study('webdataset');
    const shard = join(packed.root, 'shards/test-000000.tar');
    truncateSync(shard, 100_000);
    const inShard = packed.rows.filter((row) => row.mask!.includes('test-000000.tar'));
    const cut = await segtile(['find-noise', packed.manifest, '--predictions', packed.predictions]);
    expect(cut.code).toBe(1);
    expect(cut.stderr).toContain(`${shard} cannot be read`);
    expect(Number(/(\d+) of \d+ tiles compared/.exec(cut.stderr)![1])).toBeGreaterThanOrEqual(
      packed.rows.length - inShard.length,
    );
    const loose = await study('folders');
    const gone = join(loose.root, loose.rows[0]!.mask!);
    rmSync(gone);
    const ended = await segtile(['find-noise', loose.manifest, '--predictions', loose.predictions]);
    expect([ended.code, ended.stderr.includes(`${gone} is missing`)]).toEqual([1, true]);
  });

  it('judges changed copies by the tile they were made from, and drops them with it', async () => {
    const { root, manifest, predictions, rows } = await study('folders');
    const [noisy, clean] = holding(rows) as [string, string];
    await change(join(predictions, `${noisy}.png`), () => 0);
    const [head, ...lines] = readFileSync(manifest, 'utf8').trimEnd().split('\n') as [string, ...string[]];
    const has = head.split(',').includes('source');
    const columns = has ? head.split(',') : [...head.split(','), 'source', 'partner'];
    const copy = (name: string, source: string, partner: string): CsvRow => ({
      ...rows.find(({ tile }) => tile === source)!,
      tile: name,
      source,
      partner,
    });
    const copies = [copy('a', noisy, ''), copy('b', clean, noisy), copy('c', clean, '')];
    const originals = lines.map((_, i) => ({ ...rows[i]!, source: rows[i]!.source ?? '', partner: rows[i]!.partner ?? '' }));
    const all = [...originals, ...copies].map((row: CsvRow) => columns.map((name) => row[name]).join(','));
    writeFileSync(manifest, `${[columns.join(','), ...all].join('\n')}\n`);
    const { stdout } = await segtileWell([
      'find-noise',
      manifest,
      '--predictions',
      predictions,
      '--drop-below',
      '0.2',
      '--quiet',
    ]);
    expect(stdout).toContain(`${rows.length} compared (3 changed copies are judged by the tiles they were made from)`);
    const kept = rowsOf(readFileSync(join(root, 'manifest.clean.csv'), 'utf8')).map((row) => row.tile);
    expect(kept).toEqual([...rows.map((row) => row.tile).filter((tile) => tile !== noisy), 'c']);
  });

  it('replaces nothing unless it is told to', async () => {
    const { root, manifest, predictions } = await study('folders');
    const args = ['find-noise', manifest, '--predictions', predictions, '--drop-below', '0.2'];
    await segtileWell([...args, '--pictures', '9']);
    const before = filesIn(root);
    expect(before.filter((path) => path.startsWith('noise/'))).toEqual([
      'noise/noise.csv',
      'noise/worst-01.png',
      'noise/worst-02.png',
    ]);
    const refused = await segtile(args);
    expect([refused.code, refused.stderr.includes('noise.csv is there already')]).toEqual([1, true]);
    await segtileWell([...args, '--overwrite', '--pictures', '0']);
    expect(filesIn(root)).toEqual(before.filter((path) => !path.includes('worst')));
    const elsewhere = [...args.slice(0, 4), '--report', join(root, 'second'), '--drop-below', '0.2'];
    const clash = await segtile(elsewhere);
    expect([clash.code, clash.stderr.includes('manifest.clean.csv is there already')]).toEqual([1, true]);
    await segtileWell([...elsewhere, '-o', 'other.csv']);
    expect(existsSync(join(root, 'other.csv'))).toBe(true);
  });
});

describe('segtile find-noise refuses', () => {
  it('wrong use', async () => {
    const { root, manifest, predictions } = await study('folders');
    const given = ['find-noise', manifest, '--predictions', predictions];
    for (const [args, words] of [
      [['find-noise', manifest], 'no predictions were given'],
      [['find-noise', join(root, 'manifest.parquet'), '--predictions', predictions], 'give manifest.csv'],
      [
        [...given, '-o', 'x.csv'],
        '--output is the name of the manifest that --drop-below writes, but --drop-below is not given',
      ],
      [[...given, '--drop-below', '1.2'], 'expected a share between 0 and 1'],
      [[...given, '--drop-below', '0.2', '-o', '/elsewhere/x.csv'], 'the paths in a manifest are relative to its folder'],
      [[...given, '--drop-below', '0.2', '-o', 'manifest.csv'], '--output is the manifest itself'],
    ] as const) {
      const { code, stderr } = await segtile(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    }
    expect(filesIn(root).some((path) => path.includes('noise'))).toBe(false);
  });

  it('what is no manifest, a dataset without classes, and predictions that are not there', async () => {
    const { root, manifest, predictions } = await study('folders');
    const fails = async (args: readonly string[], words: string): Promise<void> => {
      const { code, stderr } = await segtile(['find-noise', ...args]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    };
    const other = save(root, 'other.csv', 'tile,image\na,b\n');
    await fails([other, '--predictions', predictions], 'it has no column mask');
    const empty = save(root, 'empty.csv', `${readFileSync(manifest, 'utf8').split('\n')[0]}\n`);
    await fails([empty, '--predictions', predictions], 'lists no tiles');
    await fails([manifest, '--predictions', join(root, 'nowhere')], 'cannot read the folder of predictions');
    mkdirSync(join(root, 'alone'));
    cpSync(manifest, join(root, 'alone/manifest.csv'));
    await fails([join(root, 'alone/manifest.csv'), '--predictions', predictions], 'cannot read the classes');
    for (const row of readCsv(root)) await change(join(predictions, `${row.tile}.png`), () => 2);
    await fails([manifest, '--predictions', predictions, '--drop-below', '1'], 'no tile of');
  });
});
