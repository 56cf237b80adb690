import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { shareIn } from '../../../dist/augment/snap.js';
import type { Pixels } from '../../../dist/types.js';
import { readCsv } from '../../dataset/csv.js';
import { redClassifier } from '../../model/classifiers.js';
import { filesIn, folder, program, readPlanes, save, segtile, segtileWell, speckled, writeSlide } from '../door.js';

/** Slides with a disc of label 1 each, and files of augmentation. */
async function study(count: number, side: number): Promise<{ args: string[]; where: string }> {
  const where = folder();
  for (const name of ['slides', 'truth']) mkdirSync(join(where, name));
  const slides: string[] = [];
  for (let i = 0; i < count; i++) {
    slides.push(await writeSlide(join(where, 'slides', `s${i}.tif`), side, side, speckled));
    const labels = Buffer.alloc(side * side);
    for (let at = 0; at < labels.length; at++)
      labels[at] = Math.hypot((at % side) - 200, Math.floor(at / side) - 200) < 90 ? 1 : 0;
    await sharp(labels, { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(where, 'truth', `s${i}.png`));
  }
  return { args: ['make-dataset', ...slides, '--truth', join(where, 'truth'), '--window', '64', '--tissue', 'none'], where };
}

const mixing = {
  seed: 4,
  copies: 2,
  steps: [
    { kind: 'non-empty-crop', probability: 0.5 },
    { kind: 'rotate90', probability: 0.5 },
    { kind: 'cutmix', probability: 0.4 },
    { kind: 'mixup', probability: 0.4 },
  ],
};
const turning = { steps: [{ kind: 'rotate90' }] };

/** The bytes of every file, by name. */
function contents(root: string): Record<string, string> {
  return Object.fromEntries(filesIn(root).map((path) => [path, readFileSync(join(root, path)).toString('base64')]));
}

describe('segtile make-dataset --augment', () => {
  it('says how many copies there will be, and what was done to them', async () => {
    const { args, where } = await study(1, 512);
    const augment = save(where, 'augment.json', JSON.stringify(mixing));
    const root = join(where, 'out');
    const planned = await segtileWell([...args, '--augment', augment, '-o', root, '--dry-run']);
    expect(planned.stdout).toMatch(/copies\s+128, as --augment asks/);
    expect(existsSync(root)).toBe(false);
    const { stdout } = await segtileWell([...args, '--augment', augment, '-o', root]);
    expect(stdout).toContain('64 from 1 slide');
    expect(stdout).toMatch(/copies\s+128: non-empty-crop \d+, rotate90 \d+, cutmix \d+, mixup \d+, none \d+/);
    const record = JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8')) as {
      tiles: number;
      settings: { augment: { path: string; sha256: string } };
      augmentation: { copies: number; steps: object[]; made: { copies: number } };
    };
    expect([record.tiles, record.augmentation.copies, record.augmentation.made.copies]).toEqual([64, 2, 128]);
    expect(record.settings.augment.path).toBe(augment);
    expect(record.settings.augment.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(readdirSync(join(root, 'images')).length).toBe(192);
  });

  it('mixes by snapmix with the maps of a classifier: weights by where the class of each tile is active', async () => {
    const { args, where } = await study(1, 384);
    const model = save(where, 'classifier.onnx', redClassifier(0.5));
    save(where, 'classifier.segtile.json', JSON.stringify({ window: 64, classes: [{ name: 'anything' }] }));
    const maps = [
      '--cam',
      '--probabilities',
      'float32',
      '--tissue',
      'none',
      '--no-history',
      '--quiet',
      '-o',
      join(where, 'maps'),
    ];
    await segtileWell(['infer', args[1]!, '-m', model, ...maps]);
    const steps = [{ kind: 'snapmix', maps: join(where, 'maps') }];
    const augment = save(where, 'augment.json', JSON.stringify({ steps }));
    const root = join(where, 'out');
    await segtileWell([...args, '--augment', augment, '--folds', '2', '--split-by', 'region', '--region', '128', '-o', root]);
    const { planes } = await readPlanes(join(where, 'maps/s0.probabilities.ome.tif'));
    const rows = readCsv(root);
    const tiles = new Map(rows.map((row) => [row.tile!, row]));
    const copies = rows.filter(({ partner }) => partner !== '');
    expect(copies.length).toBeGreaterThan(30);
    /** Activation of a tile in cells of 2 x 2 px, each with the value below its centre. */
    const active = ({ x, y, pixels_object }: Record<string, string>): Pixels => {
      const data = Uint8Array.from({ length: 1024 }, (_, cell) => {
        const at = (Number(y) + 2 * (cell >> 5) + 1) * 384 + Number(x) + 2 * (cell & 31) + 1;
        const value = Math.round(255 * planes[0]![at]!);
        return Number(pixels_object) > 0 ? value : 255 - value;
      });
      return { width: 32, height: 32, channels: 1, data };
    };
    const size = { width: 64, height: 64 };
    let unequal = 0;
    for (const row of copies) {
      const numbers = /^snapmix box=(\d+)x(\d+)\+(\d+)\+(\d+) from=(\d+)x(\d+)\+(\d+)\+(\d+)$/.exec(row.augmentation!)!;
      const [w, h, x, y, w2, h2, x2, y2] = numbers.slice(1).map(Number) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const [source, partner] = [tiles.get(row.source!)!, tiles.get(row.partner!)!];
      expect([partner.split, partner.fold]).toEqual([source.split, source.fold]);
      const own = 1 - shareIn(active(source), size, { x, y, width: w, height: h });
      const other = shareIn(active(partner), size, { x: x2, y: y2, width: w2, height: h2 });
      expect(Number(row.mix_ratio)).toBeCloseTo(own, 5);
      expect(Number(row.mix_ratio2)).toBeCloseTo(other, 5);
      if (Math.abs(own + other - 1) > 0.02) unequal++;
    }
    expect(unequal).toBeGreaterThan(10);
    const { tiles: count, augmentation } = JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8'));
    expect(count).toBe(36);
    expect(augmentation.made).toEqual({ copies: 36, steps: { snapmix: copies.length, none: 36 - copies.length } });
    const away = await segtile([
      ...args,
      '--augment',
      save(where, 'no.json', JSON.stringify({ steps: [{ ...steps[0], maps: 'no' }] })),
      '-o',
      join(where, 'no'),
    ]);
    expect([away.code, away.stderr]).toEqual([1, expect.stringContaining('no/s0.probabilities.ome.tif')]);
  });

  it('goes on after a kill -9 to the same dataset, second masks and all', async () => {
    const { args, where } = await study(3, 768);
    const augment = ['--augment', save(where, 'augment.json', JSON.stringify(mixing))];
    const [whole, root] = [join(where, 'whole'), join(where, 'out')];
    await segtileWell([...args, ...augment, '-o', whole]);
    await killedRun([...args, ...augment, '-o', root], root);
    const { stderr } = await segtileWell([...args, ...augment, '-o', root, '--resume']);
    expect(stderr).toContain('s0.tif: done before, kept');
    expect(contents(root)).toEqual(contents(whole));
  });

  it('cuts anew what was done with another file, and leaves no copies of that', async () => {
    const { args, where } = await study(2, 768);
    const first = ['--augment', save(where, 'first.json', JSON.stringify(mixing))];
    const other = ['--augment', save(where, 'other.json', JSON.stringify(turning))];
    const [fresh, root] = [join(where, 'fresh'), join(where, 'out')];
    await killedRun([...args, ...first, '-o', root], root);
    expect(readdirSync(join(root, 'masks2')).length).toBeGreaterThan(0);
    const { stderr } = await segtileWell([...args, ...other, '-o', root, '--resume']);
    expect(stderr).not.toContain('kept');
    await segtileWell([...args, ...other, '-o', fresh]);
    expect(contents(root)).toEqual(contents(fresh));
  });
});

/** A run that is killed when its first slide is done and tiles of the second are there. */
async function killedRun(args: readonly string[], root: string): Promise<void> {
  const child = spawn(process.execPath, [program, ...args], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const begun = (): boolean =>
    existsSync(join(root, '.segtile/slides/s0.jsonl')) &&
    readdirSync(join(root, 'images')).some((name) => name.startsWith('s1_') && name.includes('_aug2'));
  await expect.poll(begun, { interval: 5, timeout: 600_000 }).toBe(true);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(existsSync(join(root, 'dataset.json'))).toBe(false);
}

const refusals: readonly (readonly [what: string, file: unknown, more: readonly string[], words: string])[] = [
  ['a key that there is not', { steps: [{ kind: 'cutout', side: 3 }] }, [], 'augment.json: step 1: unknown key "side"'],
  [
    'quarter turns of a window that is not square',
    turning,
    ['--window', '64x32'],
    'augment.json: step 1 is rotate90, which would make tiles of 64x32 px into 32x64',
  ],
  ['a part that there is not', { ...turning, splits: ['val'] }, [], 'augment.json: there is no part val to copy tiles of'],
];

describe('segtile make-dataset --augment refuses', () => {
  for (const [what, file, more, words] of refusals) {
    it(what, async () => {
      const where = folder();
      save(where, 'augment.json', JSON.stringify(file));
      const args = ['s.tif', '--truth', 't.png', '--augment', 'augment.json', ...more];
      const { code, stderr } = await segtile(['make-dataset', ...args], { cwd: where });
      expect(stderr).toContain(words);
      expect(code).toBe(2);
    });
  }

  it('a file that is not there', async () => {
    const { code, stderr } = await segtile(['make-dataset', 's.tif', '--truth', 't.png', '--augment', 'no.json'], {
      cwd: folder(),
    });
    expect(stderr).toContain('there is no file no.json');
    expect(code).toBe(2);
  });
});
