import { IGNORED } from '../plan/labels/ignored.js';
import { addSums, type ClassArea, classWeights, emptySums, momentsOf, type Sums } from '../plan/sampling/tile-stats.js';
import type { MaskClass } from '../types.js';

/** Sums over the tiles of a part of a dataset, as plain numbers that can be saved as JSON. */
export interface Totals {
  tiles: number;
  readonly image: Sums;
  /** For each label 0 to 255: its pixels, and all pixels of the tiles that have the label. */
  readonly pixels: number[];
  readonly pixelsWhereSeen: number[];
}

/** Totals of no tiles. */
export function emptyTotals(): Totals {
  const labels = (): number[] => Array<number>(256).fill(0);
  return { tiles: 0, image: emptySums(), pixels: labels(), pixelsWhereSeen: labels() };
}

/** Adds a tile, in place. `counts` are pixels by label. */
export function addTile(totals: Totals, image: Sums, counts: ArrayLike<number>): void {
  totals.tiles++;
  addSums(totals.image, image);
  for (let label = 0; label < 256; label++) {
    if (counts[label] === 0) continue;
    totals.pixels[label]! += counts[label]!;
    totals.pixelsWhereSeen[label]! += image.pixels;
  }
}

/** Adds totals to others, in place. */
export function addTotals(to: Totals, more: Totals): void {
  to.tiles += more.tiles;
  addSums(to.image, more.image);
  for (let label = 0; label < 256; label++) {
    to.pixels[label]! += more.pixels[label]!;
    to.pixelsWhereSeen[label]! += more.pixelsWhereSeen[label]!;
  }
}

/**
 * The number of changed copies and, for each kind of step, the number of copies it was done to. `none` counts copies
 * that no step changed.
 */
export interface CopyTotals {
  copies: number;
  readonly steps: Record<string, number>;
}

/** Totals of no copies. */
export function emptyCopies(): CopyTotals {
  return { copies: 0, steps: {} };
}

/** Adds a copy made by steps of these kinds, in place. */
export function addCopy(totals: CopyTotals, kinds: readonly string[]): void {
  addCopies(totals, { copies: 1, steps: Object.fromEntries((kinds.length > 0 ? kinds : ['none']).map((kind) => [kind, 1])) });
}

/** Adds totals to others, in place. */
export function addCopies(to: CopyTotals, more: CopyTotals): void {
  to.copies += more.copies;
  for (const [kind, count] of Object.entries(more.steps)) to.steps[kind] = (to.steps[kind] ?? 0) + count;
}

/** Totals for training scripts: samples scaled to 0 to 1; `frequency` is the share of the pixels that are not ignored. */
export interface Statistics {
  readonly tiles: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly classes: readonly {
    readonly label: number;
    readonly name: string;
    readonly pixels: number;
    readonly frequency: number;
    /** See {@link classWeights}. */
    readonly weight: number | null;
  }[];
  readonly ignoredPixels: number;
}

/** The statistics of totals, for background and every class. */
export function statisticsOf(totals: Totals, classes: readonly MaskClass[]): Statistics {
  const labels = [{ label: 0, name: 'background' }, ...classes];
  const areas = labels.map(({ label }): ClassArea => {
    return { pixels: totals.pixels[label]!, pixelsWhereSeen: totals.pixelsWhereSeen[label]! };
  });
  const weights = classWeights(areas);
  const known = areas.reduce((sum, { pixels }) => sum + pixels, 0);
  const round = (value: number): number => Number(value.toFixed(6));
  const { mean, std } = momentsOf(totals.image);
  return {
    tiles: totals.tiles,
    mean: mean.map(round),
    std: std.map(round),
    classes: labels.map(({ label, name }, i) => ({
      label,
      name,
      pixels: areas[i]!.pixels,
      frequency: known > 0 ? round(areas[i]!.pixels / known) : 0,
      weight: weights[i] === undefined ? null : round(weights[i]),
    })),
    ignoredPixels: totals.pixels[IGNORED]!,
  };
}
