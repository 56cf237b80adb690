import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { havePartners, mixRuns } from '../../dist/augment/partners.js';

const tile = fc.record({ split: fc.constantFrom('train', 'val'), fold: fc.constantFrom(undefined, 0, 1) });
const key = ({ split, fold }: { split: string; fold: number | undefined }): string => `${split}/${fold}`;

describe('partners', () => {
  it('are other tiles of the same part and fold, for each copy that is mixed one, in rising order', () => {
    fc.assert(
      fc.property(fc.array(tile, { maxLength: 40 }), fc.integer({ min: 0, max: 1e6 }), (tiles, seed) => {
        const isMixed = (index: number, copy: number): boolean => (index * 7 + copy * 3 + seed) % 3 !== 0;
        const runs = mixRuns(tiles, 2, isMixed, seed, 'slide');
        const partnered = havePartners(tiles);
        const seen: string[] = [];
        for (const run of runs) {
          expect(run.tiles.length).toBe(run.partners.length);
          for (const list of [run.tiles, run.partners]) expect(list).toEqual([...list].sort((a, b) => a - b));
          run.tiles.forEach((index, i) => {
            const partner = run.partners[i]!;
            expect(partner).not.toBe(index);
            expect(key(tiles[partner]!)).toBe(key(tiles[index]!));
            seen.push(`${index},${run.copy}`);
          });
        }
        const wanted = tiles.flatMap((each, index) => {
          const alone = tiles.filter((other) => key(other) === key(each)).length === 1;
          expect(partnered[index]).toBe(!alone);
          return [1, 2].filter((copy) => !alone && isMixed(index, copy)).map((copy) => `${index},${copy}`);
        });
        expect(seen.sort()).toEqual(wanted.sort());
      }),
    );
  });

  it('are any other tile as likely', () => {
    const tiles = Array.from({ length: 6 }, () => ({ split: 'train', fold: undefined }));
    const counts = new Map<number, number>();
    for (let seed = 0; seed < 2000; seed++) {
      for (const { tiles: own, partners } of mixRuns(tiles, 1, () => true, seed, 'slide')) {
        const partner = partners[own.indexOf(2)];
        if (partner !== undefined) counts.set(partner, (counts.get(partner) ?? 0) + 1);
      }
    }
    expect([...counts.keys()].sort()).toEqual([0, 1, 3, 4, 5]);
    for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(5 * Math.sqrt(400));
  });
});
