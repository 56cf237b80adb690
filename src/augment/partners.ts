import { createRandom } from '../plan/sampling/random.js';

/** Tiles of a slide that are mixed, and what with: `partners[i]` goes over `tiles[i]`. Both are places in the list of tiles, and rise. */
export interface MixRun {
  /** Which copy of the tiles, from 1. */
  readonly copy: number;
  readonly tiles: readonly number[];
  readonly partners: readonly number[];
}

/** Where a tile belongs. */
interface Place {
  readonly split: string;
  readonly fold: number | undefined;
}

/** For each tile of a slide whether there is another in the same part and fold: tiles are mixed with their like alone, or parts would leak. */
export function havePartners(tiles: readonly Place[]): boolean[] {
  const members = groups(tiles);
  return tiles.map((tile) => members.get(nameOf(tile))!.length > 1);
}

/**
 * Which tile of a slide each copy is mixed with: the one so many places further in the list of those of the same part and fold, from its end on
 * to its start. How many is drawn for each copy; any other tile is as likely. So tiles and partners can be read side by side, from top to
 * bottom, in two runs, and no tile has to be kept.
 *
 * @param isMixed whether a copy of a tile, from 1, is mixed
 * @param stream names the slide
 */
export function mixRuns(
  tiles: readonly Place[],
  copies: number,
  isMixed: (tile: number, copy: number) => boolean,
  seed: number,
  stream: string,
): MixRun[] {
  const runs: MixRun[] = [];
  for (const [name, members] of groups(tiles)) {
    const count = members.length;
    if (count < 2) continue;
    const random = createRandom(seed, `augment/partners/${stream}/${name}`);
    for (let copy = 1; copy <= copies; copy++) {
      const step = 1 + Math.floor(random.pair(copy)[0] * (count - 1));
      const run = (from: number, to: number): void => {
        const places = Array.from({ length: to - from }, (_, i) => from + i).filter((at) => isMixed(members[at]!, copy));
        if (places.length === 0) return;
        runs.push({
          copy,
          tiles: places.map((at) => members[at]!),
          partners: places.map((at) => members[(at + step) % count]!),
        });
      };
      run(0, count - step);
      run(count - step, count);
    }
  }
  return runs;
}

function nameOf({ split, fold }: Place): string {
  return `${split}/${fold ?? ''}`;
}

function groups(tiles: readonly Place[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  tiles.forEach((tile, index) => {
    const members = found.get(nameOf(tile));
    if (members) members.push(index);
    else found.set(nameOf(tile), [index]);
  });
  return found;
}
