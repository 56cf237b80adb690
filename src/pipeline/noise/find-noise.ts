import { join } from 'node:path';
import { type ManifestColumn, type ManifestRow, writeCsv } from '../../dataset/manifest.js';
import { isCopy, type Manifest, partOf, readClasses, readManifest } from '../../dataset/manifest-read.js';
import { type CommitOptions, refuseExisting } from '../../io/partial-file.js';
import { readTable } from '../../truth/table.js';
import type { MaskClass } from '../../types.js';
import { type SharedPatients, sharedIn } from '../dataset/split.js';
import { inClaimedFolder } from '../outputs/claimed-folder.js';
import { compareTiles, type TileComparison, type TileFailure } from './compare-tiles.js';
import { chooseDropped, type Dropped } from './drop.js';
import { drawNoise, noisePictures } from './pictures.js';
import { type NoiseSummary, summarizeNoise } from './summary.js';
import { openPredictions, type TilePredictions } from './tile-predictions.js';

/** The settings of {@link findNoise}. */
export interface NoiseSettings {
  readonly predictions: string;
  /** The folder for the results. */
  readonly report: string;
  /** The number of tiles to show in pictures. */
  readonly pictures: number;
  /** Drop tiles with a mean IoU below this, and write the remaining manifest to `path`. */
  readonly drop: { readonly below: number; readonly path: string } | undefined;
  readonly overwrite: boolean;
}

/** The record of a search for noise. */
export interface NoiseRecord {
  readonly manifest: string;
  readonly predictions: string;
  readonly classes: readonly MaskClass[];
  /** The number of compared tiles, and the number of changed copies, which are not compared. */
  readonly tiles: number;
  readonly copies: number;
  readonly summary: readonly NoiseSummary[];
  /**
   * Patients with tiles in several parts or folds: a model trained on one part has seen them. Null if no patients are
   * known.
   */
  readonly patients: SharedPatients | null;
  /** Tiles that could not be compared. */
  readonly failures: readonly TileFailure[];
  /** Tiles that were compared, but could not be drawn. */
  readonly undrawn: readonly TileFailure[];
  /** Prediction files that belong to no tile. */
  readonly strays: readonly string[];
  /** How files were read that can be read in more than one way, as sentences for the user. */
  readonly notes: readonly string[];
  readonly dropped: Dropped | undefined;
  /** The files that were written. */
  readonly files: { readonly noise: string; readonly pictures: readonly string[]; readonly clean: string | undefined };
}

/**
 * Finds tiles whose truth may be wrong, by comparing it with predictions. Writes `noise.csv`, the worst tile first,
 * pictures of the worst tiles, and, if asked for, a manifest without the worst tiles. The manifest is not written if
 * some tiles could not be compared, because nobody knows whether these are good or bad.
 *
 * @throws {SegtileError} `output` if files exist already or cannot be written; `input` if the manifest or the folder of
 *   predictions cannot be read, or no tile would be left; `aborted` when the signal fires
 */
export async function findNoise(
  path: string,
  settings: NoiseSettings,
  onTile: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<NoiseRecord> {
  const { predictions, report, drop, overwrite } = settings;
  const noise = join(report, 'noise.csv');
  if (!overwrite) await refuseExisting([noise, ...(await noisePictures(report)), ...(drop ? [drop.path] : [])]);
  const manifest = await readManifest(path, readTable(path, signal));
  const classes = await readClasses(manifest.root);
  const predicted = await openPredictions(predictions, manifest, classes, signal);
  try {
    return await judge(path, manifest, classes, predicted, settings, onTile, signal);
  } finally {
    await predicted.close();
  }
}

async function judge(
  path: string,
  manifest: Manifest,
  classes: readonly MaskClass[],
  predicted: TilePredictions,
  { predictions, report, drop, pictures, overwrite }: NoiseSettings,
  onTile: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<NoiseRecord> {
  const noise = join(report, 'noise.csv');
  const copies = manifest.tiles.filter(isCopy).length;
  const total = manifest.tiles.length - copies;
  const comparison = await compareTiles(manifest, classes, predicted, (done) => onTile(done, total), signal);
  const { strays, tiles } = comparison;
  const dropped = drop && comparison.failures.length === 0 ? chooseDropped(manifest, comparison, drop.below) : undefined;
  const shared = sharedIn(
    manifest.tiles.flatMap((tile) => (tile.row.patient ? [{ patient: tile.row.patient, place: partOf(tile) }] : [])),
  );
  const placement = { replace: overwrite };
  const write = async (signal: AbortSignal): Promise<Awaited<ReturnType<typeof drawNoise>>> => {
    await writeNoise(noise, comparison, new Set(dropped?.tiles), placement);
    const drawn = await drawNoise(report, manifest, comparison, predicted, pictures, placement, signal);
    if (drop && dropped) await writeClean(drop.path, manifest, new Set(dropped.tiles), placement);
    return drawn;
  };
  const drawn = await inClaimedFolder(report, write, signal);
  return {
    manifest: path,
    predictions,
    classes,
    tiles: tiles.length,
    copies,
    summary: summarizeNoise(comparison),
    patients: shared.patients === 0 ? null : shared,
    failures: comparison.failures,
    undrawn: drawn.failures,
    strays,
    notes: comparison.notes,
    dropped,
    files: { noise, pictures: drawn.sheets, clean: dropped && drop?.path },
  };
}

/** Writes one line per tile, the worst first. */
async function writeNoise(
  path: string,
  { classes, tiles }: TileComparison,
  dropped: ReadonlySet<string>,
  placement: CommitOptions,
): Promise<void> {
  const columns = (type: ManifestColumn['type'], names: readonly string[]): ManifestColumn[] =>
    names.map((name) => ({ name, type }));
  const names = classes.map(({ name }) => `iou_${name}`);
  async function* rows(): AsyncGenerator<ManifestRow> {
    for (const { tile, score, iou, meanIou, pixels, wrong, ignored } of tiles) {
      yield {
        tile: tile.tile,
        slide: tile.slide,
        split: tile.split,
        fold: tile.fold,
        score: rounded(score),
        mean_iou: rounded(meanIou),
        pixels,
        wrong_pixels: wrong,
        ignored_pixels: ignored,
        dropped: dropped.has(tile.tile) ? 'yes' : 'no',
        ...Object.fromEntries(names.map((name, i) => [name, rounded(iou[i]!)])),
      };
    }
  }
  await writeCsv(
    path,
    [
      ...columns('STRING', ['tile', 'slide', 'split', 'fold']),
      ...columns('DOUBLE', ['score', 'mean_iou', ...names]),
      ...columns('INT32', ['pixels', 'wrong_pixels', 'ignored_pixels']),
      ...columns('STRING', ['dropped']),
    ],
    rows(),
    placement,
  );
}

/** Writes the manifest without the dropped tiles. */
async function writeClean(
  path: string,
  { columns, tiles }: Manifest,
  dropped: ReadonlySet<string>,
  placement: CommitOptions,
): Promise<void> {
  async function* rows(): AsyncGenerator<ManifestRow> {
    for (const { tile, row } of tiles) if (!dropped.has(tile)) yield row;
  }
  await writeCsv(
    path,
    columns.map((name) => ({ name, type: 'STRING' })),
    rows(),
    placement,
  );
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
