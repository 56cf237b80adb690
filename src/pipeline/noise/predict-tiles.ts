import { basename, join } from 'node:path';
import { isCopy, type Manifest, type ManifestTile, readClasses, readManifest } from '../../dataset/manifest-read.js';
import { palettePng } from '../../dataset/png.js';
import { readTileFiles, type TileFiles } from '../../dataset/tile-files.js';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { mapOrdered } from '../../io/ahead.js';
import { refuseExisting, writeWhole } from '../../io/partial-file.js';
import { sharp } from '../../io/sharp.js';
import { bundledModel } from '../../model/card/bundled.js';
import type { Model } from '../../model/card/model.js';
import { openModel } from '../../model/measured/open-model.js';
import { openPool, type Pool } from '../../model/sessions/pool.js';
import { defaultWorkers } from '../../model/sessions/pool-options.js';
import { emptyLabelCount, type LabelRule, labelRows } from '../../plan/labels/labels.js';
import { readTable } from '../../truth/table.js';
import type { MaskClass, Pixels, Size } from '../../types.js';
import { inClaimedFolder } from '../outputs/claimed-folder.js';
import { labelRule, readThresholds, type ThresholdOption } from '../prepare/thresholds.js';
import type { TileFailure } from './compare-tiles.js';

/** The settings of {@link predictTiles}. */
export interface PredictSettings {
  readonly model: string;
  readonly card?: string | undefined;
  readonly device: string;
  readonly workers?: number | undefined;
  readonly threshold?: ThresholdOption | undefined;
  /** Only tiles of this fold or of this part of the dataset. */
  readonly fold?: string | undefined;
  readonly split?: string | undefined;
  /** The folder for the predictions. */
  readonly output: string;
  readonly overwrite: boolean;
}

/** What was predicted. */
export interface PredictRecord {
  readonly manifest: string;
  readonly model: { readonly path: string; readonly sha256: string };
  readonly classes: readonly MaskClass[];
  /** The number of tiles that were predicted. */
  readonly tiles: number;
  readonly failures: readonly TileFailure[];
  readonly output: string;
}

/** How far apart µm/px may be and still count as the same, as a share. */
const SAME_MPP = 0.01;

/**
 * Writes a prediction for every tile of a dataset but its changed copies: a PNG of labels with the name of the tile's
 * mask and the labels of the dataset. A tile is one window of the model.
 *
 * @param onTile called with the number of finished tiles and of all
 * @throws {SegtileError} `usage` if the model does not fit the tiles; `input` for a manifest or a model that cannot be
 *   read; `output` if predictions exist already or cannot be written; `aborted` when the signal fires
 */
export async function predictTiles(
  path: string,
  settings: PredictSettings,
  onTile: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<PredictRecord> {
  const { output, overwrite } = settings;
  const manifest = await readManifest(path, readTable(path, signal));
  const classes = await readClasses(manifest.root);
  const tiles = chosen(manifest, settings);
  const pathOf = ({ mask }: ManifestTile): string => join(output, basename(mask));
  if (!overwrite) await refuseExisting(tiles.map(pathOf));
  const { model } = await openModel(bundledModel(settings.model), {}, { cardPath: settings.card, windows: [], signal });
  requireFit(model, tiles);
  const rule = labelRule(model, model.path, await readThresholds(settings.threshold));
  const table = translation(model, classes);
  const failures: TileFailure[] = [];

  async function predict(pools: Pools, { tile, files, error }: TileFiles, signal: AbortSignal): Promise<void> {
    if (error) throw error;
    const image = await rgbOf(join(manifest.root, tile.image), files.get('image')!);
    const labels = await labelsOf(await pools.of(image), image, rule, table);
    const png = await palettePng(labels, classes);
    await writeWhole(pathOf(tile), (file) => file.append(Buffer.from(png)), { replace: overwrite });
    throwIfAborted(signal);
  }

  await inClaimedFolder(
    output,
    async (signal) => {
      const pools = createPools(model, settings, signal);
      try {
        onTile(0, tiles.length);
        let done = 0;
        const workers = settings.workers ?? defaultWorkers();
        const each = async (files: TileFiles): Promise<void> => {
          await predict(pools, files, signal).catch((error: unknown) => {
            throwIfAborted(signal);
            if (!(error instanceof SegtileError) || ['output', 'model', 'device'].includes(error.code)) throw error;
            failures.push({ tile: files.tile.tile, error });
          });
        };
        for await (const _ of mapOrdered(readTileFiles(manifest.root, tiles, ['image'], signal), 2 * workers, each, signal))
          onTile(++done, tiles.length);
      } finally {
        await pools.close();
      }
    },
    signal,
  );
  const { sha256 } = model;
  const tilesDone = tiles.length - failures.length;
  return { manifest: path, model: { path: model.path, sha256 }, classes, tiles: tilesDone, failures, output };
}

function chosen(manifest: Manifest, { fold, split }: PredictSettings): readonly ManifestTile[] {
  const tiles = manifest.tiles.filter(
    (tile) => !isCopy(tile) && (fold === undefined || tile.fold === fold) && (split === undefined || tile.split === split),
  );
  if (tiles.length > 0) return tiles;
  const listed = (of: 'fold' | 'split'): string =>
    [...new Set(manifest.tiles.map((tile) => tile[of]).filter((name) => name !== ''))].sort().join(', ') || 'none';
  throw new SegtileError(
    'usage',
    `${manifest.path} has no tile of ${[split, fold === undefined ? undefined : `fold ${fold}`].filter(Boolean).join(', ')}`,
    `its parts are ${listed('split')}, its folds ${listed('fold')}`,
  );
}

/** Refuses models that cannot label a tile as it is. */
function requireFit(model: Model, tiles: readonly ManifestTile[]): void {
  const { path, mpp, task, crop = 0, color } = model;
  const refuse = (what: string, hint: string): never => {
    throw new SegtileError('usage', what, hint);
  };
  if (task === 'classification') refuse(`${path} gives one score for a tile, not labels`, 'give a network that labels pixels');
  if (color === 'channels')
    refuse(`${path} takes channels as the slide keeps them, but tiles are RGB`, 'run segtile infer on the slides');
  if (crop > 0) refuse(`${path} gives no scores for ${crop} px on a side of its window`, 'run segtile infer on the slides');
  if (mpp === undefined) return;
  const unknown = tiles.find(({ row }) => !row.mpp);
  if (unknown)
    refuse(
      `${path} works at ${mpp} µm/px, but that of the tile ${unknown.tile} is not known`,
      'cut tiles with --slide-mpp, or give a --card without mpp',
    );
  const other = tiles.find(({ row }) => Math.abs(Number(row.mpp) / mpp - 1) > SAME_MPP);
  if (other)
    refuse(
      `${path} works at ${mpp} µm/px, but the tile ${other.tile} has ${Number(other.row.mpp)}`,
      `cut tiles with --mpp ${mpp}, or run segtile infer on the slides`,
    );
}

/** The dataset's label for each label of a model, by the names of classes; a single class may be called otherwise. */
function translation({ classes: own, path }: Model, classes: readonly MaskClass[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const { label, name } of own) {
    const meant = own.length === 1 && classes.length === 1 ? classes[0] : classes.find((each) => each.name === name);
    if (!meant) {
      const listed = classes.map((each) => each.name).join(', ');
      throw new SegtileError('usage', `the dataset has no class "${name}", which ${path} finds`, `its classes are: ${listed}`);
    }
    table[label] = meant.label;
  }
  return table;
}

/** Threads that run a model, for each size of tiles. */
interface Pools {
  of(size: Size): Promise<Pool>;
  close(): Promise<void>;
}

function createPools(model: Model, { device, workers }: PredictSettings, signal: AbortSignal): Pools {
  const open = new Map<string, Promise<Pool>>();
  return {
    of({ width, height }) {
      const key = `${width}x${height}`;
      const found = open.get(key);
      if (found) return found;
      const pool = openPool(model, { window: { width, height }, workers, device, output: 'probabilities', signal });
      open.set(key, pool);
      return pool;
    },
    async close() {
      for (const pool of open.values()) await pool.then((each) => each.close()).catch(() => undefined);
    },
  };
}

async function rgbOf(path: string, bytes: Uint8Array): Promise<Pixels> {
  try {
    const image = sharp(bytes, { failOn: 'error', ignoreIcc: true, limitInputPixels: false });
    const { data, info } = await image.removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: 3, data: new Uint8Array(data) };
  } catch (error) {
    throw new SegtileError('input', `${path} is not an image: ${reason(error)}`, 'make the dataset again', error);
  }
}

async function labelsOf(pool: Pool, { width, height, data }: Pixels, rule: LabelRule, table: Uint8Array): Promise<Pixels> {
  const scores = await pool.run(new Uint8Array(data) as Uint8Array<ArrayBuffer>);
  const classes = scores.length / (width * height);
  const block = { x: 0, y: 0, width, height, classes, data: scores };
  const labels = labelRows({ y: 0, height, blocks: [block] }, width, rule, emptyLabelCount());
  return { width, height, channels: 1, data: labels.data.map((label) => table[label]!) };
}
