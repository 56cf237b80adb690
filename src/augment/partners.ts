import { createRandom } from '../plan/sampling/random.js';

/**
 * Which tiles of a slide are mixed with which: `partners[i]` is mixed into `tiles[i]`. Both are indices in the list
 * of tiles, in rising order.
 */
export interface MixRun {
  /** The number of the copy, from 1. */
  readonly copy: number;
  readonly tiles: readonly number[];
  readonly partners: readonly number[];
}

/** The part and fold of a tile. */
interface TileHome {
  readonly split: string;
  readonly fold: number | undefined;
}

/**
 * For each tile of a slide, whether there is another one in the same part and fold. Mixing tiles of different parts
 * would leak data.
 */
export function havePartners(tiles: readonly TileHome[]): boolean[] {
  const members = groups(tiles);
  return tiles.map((tile) => members.get(nameOf(tile))!.length > 1);
}

/**
 * Decides which tile each copy is mixed with. Within the list of tiles of the same part and fold, the partner is a
 * fixed number of places further on, continuing at the start of the list after its end. That number is drawn for each
 * copy, so every other tile is equally likely. Tiles and partners can then be read side by side from top to bottom,
 * in two runs, without keeping any tile.
 *
 * @param isMixed tells whether a copy of a tile, counted from 1, is mixed
 * @param stream names the slide
 */
export function mixRuns(
  tiles: readonly TileHome[],
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

function nameOf({ split, fold }: TileHome): string {
  return `${split}/${fold ?? ''}`;
}

function groups(tiles: readonly TileHome[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  tiles.forEach((tile, index) => {
    const members = found.get(nameOf(tile));
    if (members) members.push(index);
    else found.set(nameOf(tile), [index]);
  });
  return found;
}
