import { isCopy, type Manifest, type ManifestTile, partOf } from '../../dataset/manifest-read.js';
import { SegtileError } from '../../errors.js';
import type { TileComparison } from './compare-tiles.js';

/** The tiles to drop from a manifest, and how many there are of each kind. */
export interface Dropped {
  readonly below: number;
  /** Names of the tiles, the worst first, then those of their changed copies. */
  readonly tiles: readonly string[];
  /** How many of them are changed copies. */
  readonly copies: number;
  readonly byPart: Readonly<Record<string, number>>;
  readonly bySlide: Readonly<Record<string, number>>;
  /** Dropped tiles by class of their truth; a tile may have several classes. */
  readonly byClass: Readonly<Record<string, number>>;
}

/**
 * Chooses the tiles to drop: those with a mean IoU below a limit, and every copy that was made from such a tile or
 * mixed with one.
 *
 * @throws {SegtileError} `input` if no tile would be left
 */
export function chooseDropped(
  { tiles: manifestTiles, path }: Manifest,
  { tiles, classes }: TileComparison,
  below: number,
): Dropped {
  const noisy = tiles.filter(({ meanIou }) => meanIou < below);
  const names = new Set(noisy.map(({ tile }) => tile.tile));
  const copies = manifestTiles.filter(
    (tile) => isCopy(tile) && (names.has(tile.row.source!) || names.has(tile.row.partner ?? '')),
  );
  const gone: ManifestTile[] = [...noisy.map(({ tile }) => tile), ...copies];
  if (gone.length === manifestTiles.length) {
    throw new SegtileError('input', `no tile of ${path} has a mean IoU of ${below} or more`, 'give a lower --drop-below');
  }
  return {
    below,
    tiles: gone.map(({ tile }) => tile),
    copies: copies.length,
    byPart: counted(gone.map(partOf)),
    bySlide: counted(gone.map(({ slide }) => slide)),
    byClass: counted(noisy.flatMap(({ areas }) => classes.filter((_, i) => areas[i]!.truth > 0).map(({ name }) => name))),
  };
}

function counted(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}
