import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { make, readCsv, scene, settingsOf } from './scene.js';

const size = { width: 256, height: 192 };
const halves = [
  { name: 'train', share: 0.6 },
  { name: 'test', share: 0.4 },
];

describe('splits', () => {
  it('never put a patient in two parts or folds', async () => {
    const slides = await Promise.all(
      Array.from({ length: 9 }, (_, i) => scene(`slide${i}`, size, (x) => (x < 20 * i ? 1 : 0), `patient${i % 5}`)),
    );
    const rows = readCsv(await make(slides, settingsOf({}, { divide: { parts: halves, folds: 2, seed: 1, by: 'group' } })));
    const places = new Map<string, Set<string>>();
    for (const { group, split, fold } of rows) places.set(group!, (places.get(group!) ?? new Set()).add(`${split} ${fold}`));
    expect(places.size).toBe(5);
    for (const each of places.values()) expect(each.size).toBe(1);
    expect(new Set(rows.map(({ split }) => split))).toEqual(new Set(['train', 'test']));
    expect(new Set(rows.filter(({ split }) => split === 'train').map(({ fold }) => fold))).toEqual(new Set(['0', '1']));
  });

  it('by region keep tiles of different parts of one slide apart by the guard band, and count what they leave out', async () => {
    const slide = await scene('slide', { width: 700, height: 500 }, (x, y) => (x + y < 300 ? 1 : 0));
    const guard = 10;
    const divide = { parts: halves, folds: 1, seed: 2, by: { side: 200, guard } };
    const root = await make([slide], settingsOf({ stride: { width: 30, height: 30 } }, { divide }));
    const rows = readCsv(root).map(({ tile, split, x, y }) => ({ tile, split, x: Number(x), y: Number(y) }));
    const { slides } = JSON.parse(readFileSync(join(root, 'dataset.json'), 'utf8')) as {
      slides: { guarded: number; samplers: { kept: number }[] }[];
    };
    expect(slides[0]!.guarded).toBeGreaterThan(0);
    expect(slides[0]!.guarded + rows.length).toBe(slides[0]!.samplers[0]!.kept);
    const [train, test] = ['train', 'test'].map((name) => rows.filter(({ split }) => split === name));
    expect(train!.length > 0 && test!.length > 0).toBe(true);
    for (const a of train!) {
      for (const b of test!) {
        const apart = Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) - 64;
        if (apart < guard) throw new Error(`${a.tile} and ${b.tile} are ${apart} px apart`);
      }
    }
  });
});
