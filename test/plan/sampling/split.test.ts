import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, blocksAround, createRegions } from '../../../dist/plan/sampling/regions.js';
import { splitGroups } from '../../../dist/plan/sampling/split.js';

const groupsOf = (amounts: readonly (readonly number[])[]) => amounts.map((each, i) => ({ name: `g${i}`, amounts: each }));
const thirds = [
  { name: 'train', share: 0.6 },
  { name: 'val', share: 0.2 },
  { name: 'test', share: 0.2 },
];
const words = { what: 'slides', remedy: 'give more' };

describe('splitGroups', () => {
  const amounts = fc.array(fc.tuple(fc.nat(1000), fc.nat(10), fc.integer({ min: 1, max: 50 })), {
    minLength: 8,
    maxLength: 40,
  });

  it('gives every group one part and, unless it is for testing, one fold; no part and no fold is empty', () => {
    fc.assert(
      fc.property(amounts, fc.nat(), (each, seed) => {
        const groups = groupsOf(each);
        const places = splitGroups(groups, { parts: thirds, folds: 3, seed }, words);
        expect([...places.keys()]).toEqual(groups.map(({ name }) => name));
        const all = [...places.values()];
        expect(new Set(all.map(({ split }) => split))).toEqual(new Set(['train', 'val', 'test']));
        for (const { split, fold } of all) expect(fold === undefined).toBe(split === 'test');
        const folds = new Set(all.flatMap(({ fold }) => (fold === undefined ? [] : [fold])));
        if (all.length - all.filter(({ split }) => split === 'test').length >= 3) expect([...folds].sort()).toEqual([0, 1, 2]);
        expect(splitGroups(groups, { parts: thirds, folds: 3, seed }, words)).toEqual(places);
      }),
    );
  });

  it('spreads a class that few groups have, and does not let one group more than its share decide', () => {
    // Ten groups of one class, four of them with a rare second one.
    const groups = groupsOf(Array.from({ length: 20 }, (_, i) => [100, i % 5 === 0 ? 50 : 0, 10]));
    for (let seed = 0; seed < 20; seed++) {
      const places = splitGroups(groups, { parts: [{ name: 'train', share: 1 }], folds: 4, seed }, words);
      for (let fold = 0; fold < 4; fold++) {
        const own = groups.filter(({ name }) => places.get(name)!.fold === fold);
        expect(own.length).toBe(5);
        expect(own.filter((group) => group.amounts[1]! > 0).length).toBe(1);
      }
    }
  });

  it('comes as close to the shares as the largest group allows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 10, maxLength: 60 }), fc.nat(), (each, seed) => {
        const groups = groupsOf(each.map((amount) => [amount]));
        const places = splitGroups(groups, { parts: thirds, folds: 1, seed }, words);
        const total = each.reduce((a, b) => a + b, 0);
        for (const { name, share } of thirds) {
          const held = groups.reduce((sum, group) => sum + (places.get(group.name)!.split === name ? group.amounts[0]! : 0), 0);
          expect(Math.abs(held / total - share)).toBeLessThanOrEqual(Math.max(...each) / total + 1e-9);
        }
      }),
    );
  });

  it('refuses fewer groups than parts or folds', () => {
    const two = groupsOf([[1], [2]]);
    expect(() => splitGroups(two, { parts: thirds, folds: 1, seed: 0 }, words)).toThrow(
      '2 slides to deal out to 3 parts (train, val, test)',
    );
    expect(() => splitGroups(two, { parts: [{ name: 'train', share: 1 }], folds: 3, seed: 0 }, words)).toThrow('to 3 folds');
  });
});

describe('regions', () => {
  it('cover an image evenly, and keep tiles of different blocks apart', () => {
    const length = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(
        length,
        length,
        fc.integer({ min: 20, max: 80 }),
        fc.nat(9),
        fc.nat(299),
        fc.nat(299),
        (width, height, side, guard, x, y) => {
          const regions = createRegions({ width, height }, side, guard);
          const box = {
            x: x % width,
            y: y % height,
            width: Math.min(10, width - (x % width)),
            height: Math.min(10, height - (y % height)),
          };
          const around = new Set(blocksAround(regions, box));
          expect(around.has(blockOf(regions, box))).toBe(true);
          // Every pixel nearer than the guard band lies in a block around.
          for (let py = Math.max(0, box.y - guard); py < Math.min(height, box.y + box.height + guard); py++) {
            for (let px = Math.max(0, box.x - guard); px < Math.min(width, box.x + box.width + guard); px++) {
              expect(around.has(blockOf(regions, { x: px, y: py, width: 0, height: 0 }))).toBe(true);
            }
          }
          for (const block of around) expect(block >= 0 && block < regions.columns * regions.rows).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
