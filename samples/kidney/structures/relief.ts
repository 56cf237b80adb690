import type { Ground, Tile } from '../ground.js';
import { noise } from '../random.js';

/**
 * Fields that change slowly over a tile. They are computed at the corners of square blocks of pixels that are aligned with
 * the slide, and interpolated in between. Node `(column, row)` has the index `row * nodes + column`. Lengths in µm.
 */
export interface Relief {
  /** Side of a block in px, about 8 µm. */
  readonly block: number;
  readonly firstColumn: number;
  readonly firstRow: number;
  readonly columns: number;
  readonly rows: number;
  readonly nodes: number;
  /** Distance to the outline of the tissue: positive inside. */
  readonly depth: Float64Array;
  /** The place that is drawn at a node. It is shifted a little, so that the tissue looks deformed and nothing is straight. */
  readonly warpX: Float64Array;
  readonly warpY: Float64Array;
  /** Thickness of the section, about 1. */
  readonly thickness: Float64Array;
  /** How scarred the tissue is, 0 to 1. */
  readonly scars: Float64Array;
  /** Positive in the kidney's fibrous capsule. */
  readonly sheath: Float64Array;
}

/** The farthest that a place is drawn from where it is, in µm, along each axis. */
export const WARP = 13;

/** Farther outside the tissue than this, in µm, there is only glass. */
export const FRINGE = 12;

/** How far a place is moved along an axis, in µm. */
export function pull(seed: number, x: number, y: number, axis: 0 | 1): number {
  return 8.5 * noise(seed + 401 + axis, x / 75, y / 75) + 3 * noise(seed + 403 + axis, x / 27, y / 27);
}

/** The relief of a tile, or undefined if the tile is only glass. */
export function reliefOf({ section, seed, mpp }: Ground, tile: Tile): Relief | undefined {
  const block = Math.max(2, Math.min(32, Math.round(8 / mpp)));
  const firstColumn = Math.floor(tile.x / block);
  const firstRow = Math.floor(tile.y / block);
  const columns = Math.ceil((tile.x + tile.width) / block) - firstColumn;
  const rows = Math.ceil((tile.y + tile.height) / block) - firstRow;
  const nodes = columns + 1;
  const count = nodes * (rows + 1);
  const field = (at: (x: number, y: number, i: number) => number): Float64Array => {
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      values[i] = at((firstColumn + (i % nodes)) * block * mpp, (firstRow + Math.floor(i / nodes)) * block * mpp, i);
    }
    return values;
  };
  const depth = field(section.depth);
  if (depth.every((d) => d < -FRINGE)) return undefined;
  return {
    block,
    firstColumn,
    firstRow,
    columns,
    rows,
    nodes,
    depth,
    warpX: field((x, y) => x + pull(seed, x, y, 0)),
    warpY: field((x, y) => y + pull(seed, x, y, 1)),
    thickness: field((x, y) => 1 + 0.1 * noise(seed + 405, x / 500, y / 500) + 0.06 * noise(seed + 406, x / 70, y / 70)),
    scars: field(section.fibrosis),
    sheath: field((x, y, i) => {
      const width = 34 + 14 * noise(seed + 407, x / 300, y / 300);
      return width - Math.max(depth[i]!, section.below(x, y) - section.reach * 0.5);
    }),
  };
}
