import { join } from 'node:path';
import { isCopy, type Manifest, type ManifestTile, partOf } from '../../dataset/manifest-read.js';
import { readTileFiles, type TileFiles } from '../../dataset/tile-files.js';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { mapOrdered } from '../../io/ahead.js';
import {
  type Areas,
  addConfusion,
  addLabels,
  areasOf,
  type Confusion,
  countedPixels,
  emptyConfusion,
  iou,
  slotTable,
} from '../../score/confusion.js';
import { readLabelTile } from '../../truth/images/label-tile.js';
import type { MaskClass, Pixels } from '../../types.js';
import type { TilePredictions } from './tile-predictions.js';

/**
 * How the truth and the prediction of a tile agree. Lists are in the order of the classes, without background. Areas
 * are in pixels.
 */
export interface TileNoise {
  readonly tile: ManifestTile;
  readonly areas: readonly Areas[];
  /** IoU of each class; 1 if the class is in neither. */
  readonly iou: readonly number[];
  /**
   * Mean over the classes that are in truth or prediction; 1 if there are none. Absent classes are left out because
   * their IoU of 1 would hide wrong classes.
   */
  readonly meanIou: number;
  /**
   * The score by which tiles are ranked: the number of pixels that differ, times `1 - meanIou`. A wrong label costs the
   * area that it covers. Of two tiles with equally many wrong pixels, the one with less overlap of truth and prediction
   * comes first, because small differences along all borders are no mistake.
   */
  readonly score: number;
  /** The number of compared pixels, how many of them differ, and how many pixels the truth ignores. */
  readonly pixels: number;
  readonly wrong: number;
  readonly ignored: number;
}

/** A tile that could not be compared. */
export interface TileFailure {
  readonly tile: string;
  readonly error: SegtileError;
}

/** The comparison of all tiles of a manifest. */
export interface TileComparison {
  readonly classes: readonly MaskClass[];
  /** The worst first: by highest score, then most differing pixels, then lowest mean IoU, then name. */
  readonly tiles: readonly TileNoise[];
  readonly failures: readonly TileFailure[];
  /** The confusion of all pixels of each part of the dataset, see {@link partOf}. */
  readonly parts: ReadonlyMap<string, Confusion>;
  /** Prediction files that belong to no tile. */
  readonly strays: readonly string[];
  /** How files were read that can be read in more than one way, as sentences for the user. */
  readonly notes: readonly string[];
}

/** The most tiles in progress at a time. */
const IN_FLIGHT = 8;

/**
 * Compares the truth of every tile with its prediction. Changed copies are left out, because a mistake in their truth
 * is also in the tile that they were made from.
 *
 * @param onTile called after each tile with the number of finished tiles
 * @throws {SegtileError} `aborted` when the signal fires
 */
export async function compareTiles(
  manifest: Manifest,
  classes: readonly MaskClass[],
  predictions: TilePredictions,
  onTile: (done: number) => void,
  signal: AbortSignal,
): Promise<TileComparison> {
  const table = slotTable(classes.map(({ label }) => label));
  const tiles: TileNoise[] = [];
  const failures: TileFailure[] = [];
  const parts = new Map<string, Confusion>();
  const notes: string[] = [];
  let done = 0;

  async function compare(files: TileFiles): Promise<{ readonly tile: ManifestTile; readonly found: Confusion | SegtileError }> {
    const { tile } = files;
    try {
      if (files.error) throw files.error;
      const truth = await readLabelTile(join(manifest.root, tile.mask), files.files.get('mask')!, signal);
      const { path, labels: predicted, notes: told } = await predictions.of(tile, truth);
      notes.push(...truth.notes.map((note) => `${join(manifest.root, tile.mask)}: ${note}`), ...told);
      return { tile, found: confusionOf(tile, truth, path, predicted, table, classes) };
    } catch (error) {
      throwIfAborted(signal);
      const known = error instanceof SegtileError;
      return { tile, found: known ? error : new SegtileError('input', `${tile.tile} cannot be compared: ${reason(error)}`) };
    }
  }

  const originals = manifest.tiles.filter((tile) => !isCopy(tile));
  const files = readTileFiles(manifest.root, originals, ['mask'], signal);
  for await (const { tile, found } of mapOrdered(files, IN_FLIGHT, compare, signal)) {
    if (found instanceof SegtileError) {
      failures.push({ tile: tile.tile, error: found });
    } else {
      tiles.push(noiseOf(tile, found, classes));
      const part = partOf(tile);
      if (!parts.has(part)) parts.set(part, emptyConfusion(classes.length));
      addConfusion(parts.get(part)!, found);
    }
    onTile(++done);
  }
  tiles.sort((a, b) => b.score - a.score || b.wrong - a.wrong || a.meanIou - b.meanIou || (a.tile.tile < b.tile.tile ? -1 : 1));
  return { classes, tiles, failures, parts, strays: predictions.strays, notes: [...new Set(notes)].sort() };
}

function confusionOf(
  { tile, mask }: ManifestTile,
  truth: Pixels,
  path: string,
  predicted: Pixels,
  table: Uint8Array,
  classes: readonly MaskClass[],
): Confusion {
  if (truth.width !== predicted.width || truth.height !== predicted.height) {
    throw new SegtileError(
      'input',
      `${path} is ${predicted.width} × ${predicted.height} px, but the tile ${tile} is ${truth.width} × ${truth.height} px`,
      'give predictions of the same size as their tiles',
    );
  }
  const confusion = emptyConfusion(classes.length);
  const bad = addLabels(confusion, table, truth.data, predicted.data);
  if (bad === undefined) return confusion;
  const knownTruth = table[truth.data[bad]!]! <= classes.length;
  const [where, label] = knownTruth ? [path, predicted.data[bad]!] : [mask, truth.data[bad]!];
  throw new SegtileError(
    'input',
    `${where} has the value ${label} at pixel (${bad % truth.width}, ${Math.floor(bad / truth.width)}), which stands for no class`,
    `the labels are 0 and ${classes.map((each) => `${each.label} (${each.name})`).join(', ')}`,
  );
}

function noiseOf(tile: ManifestTile, confusion: Confusion, classes: readonly MaskClass[]): TileNoise {
  const areas = classes.map((_, i) => areasOf(confusion, i + 1));
  const each = areas.map(iou);
  const seen = each.filter((_, i) => isSeen(areas[i]!));
  const { counted, wrong } = countedPixels(confusion);
  const meanIou = seen.length === 0 ? 1 : seen.reduce((sum, value) => sum + value, 0) / seen.length;
  return {
    tile,
    areas,
    iou: each,
    meanIou,
    score: wrong * (1 - meanIou),
    pixels: counted,
    wrong,
    ignored: confusion.ignored,
  };
}

/** Whether a class is in truth or prediction. */
export function isSeen({ truth, predicted }: Areas): boolean {
  return truth + predicted > 0;
}
