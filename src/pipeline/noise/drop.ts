import { isCopy, type Manifest, type ManifestTile, partOf } from '../../dataset/manifest-read.js';
import { SegtileError } from '../../errors.js';
import type { Comparison } from './compare-tiles.js';

/** Tiles that a manifest is better without, and how they are spread. */
export interface Dropped {
  readonly below: number;
  /** By name, the worst first; then changed copies of them. */
  readonly tiles: readonly string[];
  /** How many of them are changed copies. */
  readonly copies: number;
  readonly byPart: Readonly<Record<string, number>>;
  readonly bySlide: Readonly<Record<string, number>>;
  /** Tiles whose truth has the class; a tile may have several. */
  readonly byClass: Readonly<Record<string, number>>;
}

/**
 * Which tiles go: those whose mean IoU is below a limit, and every copy that one of them was made from or mixed into.
 *
 * @throws {SegtileError} `input` where no tile would be left
 */
export function chooseDropped(
  { tiles: manifestTiles, path }: Manifest,
  { tiles, classes }: Comparison,
  below: number,
): Dropped {
  const noisy = tiles.filter(({ meanIou }) => meanIou < below);
  const names = new Set(noisy.map(({ tile }) => tile.tile));
  const copies = manifestTiles.filter(
    (tile) => isCopy(tile) && (names.has(tile.row.source!) || names.has(tile.row.partner ?? '')),
  );
  const gone: ManifestTile[] = [...noisy.map(({ tile }) => tile), ...copies];
  if (gone.length === manifestTiles.length) {
    throw new SegtileError('input', `no tile of ${path} has a mean IoU of ${below} or more`, 'drop below less');
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
