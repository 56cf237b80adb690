import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from '../../dataset/csv.js';
import { folder, save, segtile, segtileWell, speckled, writeSlide } from '../door.js';

/** Six slides of three patients, two each, and their truth. */
const where = folder();
const patients = ['ann', 'ben', 'cyd'];
const slides = Array.from({ length: 6 }, (_, i) => ({ name: `s${i}`, patient: patients[i % 3]! }));

const pairs = (column: string, more = ''): string =>
  save(
    where,
    `${column.replace(/\W/g, '')}.csv`,
    [
      `slide,truth,${column}${more && ',stain,sample'}`,
      ...slides.map(({ name, patient }) => `slides/${name}.tif,truth/${name}.png,${patient}${more}`),
      '',
    ].join('\n'),
  );

const make = (truth: string, root: string, more: readonly string[]) =>
  segtileWell(['make-dataset', '--truth', truth, '--window', '64', '--tissue', 'none', '--quiet', ...more, '-o', root]);

/** The parts and folds that each patient's tiles lie in. */
function placesOf(root: string): Map<string, Set<string>> {
  const places = new Map<string, Set<string>>();
  for (const { patient, split, fold } of readCsv(root)) {
    places.set(patient!, (places.get(patient!) ?? new Set()).add(`${split} ${fold}`));
  }
  return places;
}

beforeAll(async () => {
  for (const name of ['slides', 'truth']) mkdirSync(join(where, name));
  for (const [i, { name }] of slides.entries()) {
    await writeSlide(join(where, 'slides', `${name}.tif`), 192, 128, speckled);
    const labels = Buffer.alloc(192 * 128).map((_, at) => (at % 192 < 30 * i ? 1 : 0));
    await sharp(labels, { raw: { width: 192, height: 128, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(where, 'truth', `${name}.png`));
  }
});

describe('patients that the truth names', () => {
  it('stay together in parts and in folds unless it is said otherwise', async () => {
    for (const [i, column] of ['patient', 'Patient ID', 'case_id'].entries()) {
      for (const [j, ask] of [
        ['--split', 'train=0.5,val=0.25,test=0.25'],
        ['--folds', '3'],
      ].entries()) {
        const root = join(where, `together-${i}-${j}`);
        const { stderr } = await make(pairs(column, ',HE,7'), root, [...ask, '--seed', String(i)]);
        expect(stderr).toBe('');
        const places = placesOf(root);
        expect([...places.keys()].sort()).toEqual(patients);
        for (const [patient, own] of places) expect([patient, own.size]).toEqual([patient, 1]);
        expect(new Set([...places.values()].flatMap((own) => [...own])).size).toBe(3);
        const record = JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8'));
        expect(record).toMatchObject({ patients: { patients: 3, shared: [] }, settings: { split: { by: 'patient' } } });
      }
    }
  });

  it('stand in the manifest beside the group, in both forms', async () => {
    for (const [by, groupOf] of [
      [[], ({ patient }: { patient?: unknown }) => patient],
      [['--split-by', 'slide'], ({ slide }: { slide?: unknown }) => String(slide).replace(/^.*\/|\.tif$/g, '')],
    ] as const) {
      const root = join(where, `columns-${by.length}`);
      await make(pairs('patient'), root, by);
      const rows = readCsv(root);
      expect(rows.length).toBe(36);
      for (const row of rows) {
        const { patient } = slides.find(({ name }) => row.slide!.endsWith(`${name}.tif`))!;
        expect([row.patient, row.group]).toEqual([patient, groupOf(row)]);
      }
      const packed = await parquetReadObjects({ file: await asyncBufferFromFile(join(root, 'manifest.parquet')) });
      expect(packed.map(({ tile, patient, group }) => [tile, patient, group])).toEqual(
        rows.map(({ tile, patient, group }) => [tile, patient, group]),
      );
    }
  });

  it('that parts share are counted in a warning, where slides or regions are divided', async () => {
    const shared = /warning: (\d) of 3 patients have tiles in several parts or folds/;
    for (const [i, by] of [['slide'], ['region', '--region', '64']].entries()) {
      const root = join(where, `shared-${i}`);
      const { stderr } = await make(pairs('patient'), root, ['--folds', '6', '--split-by', ...by]);
      const several = [...placesOf(root)].filter(([, own]) => own.size > 1).map(([patient]) => patient);
      expect(several.length).toBeGreaterThan(0);
      expect(shared.exec(stderr)?.[1]).toBe(String(several.length));
      const record = JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8')) as { patients: { shared: string[] } };
      expect(record.patients.shared.sort()).toEqual(several.sort());

      const noise = [
        'find-noise',
        join(root, 'manifest.csv'),
        '--predictions',
        join(root, 'masks'),
        '--pictures',
        '0',
        '--quiet',
      ];
      expect(shared.exec((await segtileWell(noise)).stderr)?.[1]).toBe(String(several.length));
    }
  });

  it('are asked for where two columns may name them', async () => {
    const both = save(where, 'both.csv', 'slide,truth,case,donor\nslides/s0.tif,truth/s0.png,1,2\n');
    const { code, stderr } = await segtile(['make-dataset', '--truth', both, '-o', join(where, 'both')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('several columns that may hold the patient: case and donor')]);
  });
});
