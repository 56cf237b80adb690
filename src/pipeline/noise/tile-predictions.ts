import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Manifest, type ManifestTile, readSlideSizes, type SlideSizes } from '../../dataset/manifest-read.js';
import { reason, SegtileError } from '../../errors.js';
import { readRegular } from '../../io/regular-file.js';
import { rowsOfPlaces } from '../../plan/sampling/draw-rows.js';
import { cutWindows } from '../../slide/view/cut.js';
import { requireSameShape, stretchNotes } from '../../truth/aspect.js';
import { configOf } from '../../truth/config.js';
import { readLabelTile } from '../../truth/images/label-tile.js';
import { readMaskHead } from '../../truth/images/mask-classes.js';
import { slideName } from '../../truth/match.js';
import { openLabels } from '../../truth/open.js';
import type { LabelView } from '../../truth/truth.js';
import type { MaskClass, Pixels, Size } from '../../types.js';
import { predictedName, translation } from '../evaluate/prediction.js';

/** The predictions for the tiles of a manifest. */
export interface TilePredictions {
  /**
   * The predicted labels of a tile, at the size of its truth if possible.
   *
   * @param size of the tile's truth, in px
   * @throws {SegtileError} `input` if there is no prediction, or two, or it cannot be read
   */
  of(tile: ManifestTile, size: Size): Promise<PredictedTile>;
  /** Files that belong to no tile. */
  readonly strays: readonly string[];
  close(): Promise<void>;
}

/** The predicted labels of a tile, and the file they are from. */
export interface PredictedTile {
  readonly path: string;
  readonly labels: Pixels;
  /** Notes on the file, as sentences for the user. */
  readonly notes: readonly string[];
}

/** The most masks of slides that are open at a time. */
const MOST_OPEN = 8;

/** Files that hold the mask of a whole slide. */
const SLIDE_MASK = /\.tiff?$/i;

/** An open mask of a slide, at the dataset's working resolution and with the dataset's labels. */
interface SlideMask {
  readonly path: string;
  readonly view: LabelView;
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/**
 * Opens a folder of predictions. It has a PNG of labels for each tile, named like the tile or its mask; or a mask for
 * each slide, as `segtile infer` writes it, from which tiles are cut at the positions in the manifest.
 *
 * @throws {SegtileError} `input` if the folder cannot be read
 */
export async function openPredictions(
  folder: string,
  manifest: Manifest,
  classes: readonly MaskClass[],
  signal: AbortSignal,
): Promise<TilePredictions> {
  const names = await filesIn(folder);
  const there = new Set(names);
  const masks = new Map<string, string[]>();
  for (const name of names.filter((each) => SLIDE_MASK.test(each))) {
    const slide = predictedName(name);
    masks.set(slide, [...(masks.get(slide) ?? []), name]);
  }
  const open = new Map<string, Promise<SlideMask>>();
  let sizes: Promise<ReadonlyMap<string, SlideSizes>> | undefined;

  async function maskOf(slide: string, name: string): Promise<SlideMask> {
    const kept = open.get(name);
    open.delete(name);
    // The first entry is the least recently used.
    if (!kept && open.size >= MOST_OPEN) {
      const [oldest, mask] = [...open][0]!;
      open.delete(oldest);
      await mask.then(({ close }) => close()).catch(() => undefined);
    }
    sizes ??= readSlideSizes(manifest.root);
    const opened = kept ?? sizes.then((all) => openMask(join(folder, name), slide, all, classes, signal));
    open.set(name, opened);
    return opened;
  }

  const wantedNames = (tile: ManifestTile): string[] => [...new Set([posix.basename(tile.mask), `${tile.tile}.png`])];
  const expected = new Set(
    manifest.tiles.flatMap((tile) => [...wantedNames(tile), ...(masks.get(slideName(tile.slide)) ?? [])]),
  );
  let turn: Promise<unknown> = Promise.resolve();

  return {
    strays: names.filter((name) => !expected.has(name)),
    async of(tile, size) {
      const found = [...wantedNames(tile).filter((name) => there.has(name)), ...(masks.get(slideName(tile.slide)) ?? [])];
      const [name, other] = found;
      if (name === undefined) throw missing(tile, join(folder, wantedNames(tile)[0]!));
      if (other !== undefined) {
        const both = found.map((each) => join(folder, each)).join(' and ');
        throw new SegtileError('input', `${tile.tile} has two predictions, ${both}`, 'delete one of them');
      }
      const path = join(folder, name);
      if (!SLIDE_MASK.test(name)) {
        const bytes = await readRegular(path).catch((error: unknown) => {
          throw new SegtileError('input', `${path} cannot be read: ${reason(error)}`, undefined, error);
        });
        const labels = await readLabelTile(path, bytes, signal);
        return { path, labels, notes: labels.notes.map((note) => `${path}: ${note}`) };
      }
      // One tile at a time, so that no mask is closed while a tile is cut from it.
      const cut = turn.then(async () => {
        const mask = await maskOf(tile.slide, name);
        return { path, labels: await cutTile(mask, tile, size, signal), notes: mask.notes };
      });
      turn = cut.catch(() => undefined);
      return cut;
    },
    async close() {
      for (const mask of open.values()) await mask.then(({ close }) => close()).catch(() => undefined);
    },
  };
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    const hint = 'give a folder with a PNG of labels for each tile, or with the mask of each slide';
    throw new SegtileError('input', `cannot read the folder of predictions: ${reason(error)}`, hint, error);
  }
}

function missing(tile: ManifestTile, path: string): SegtileError {
  const slide = slideName(tile.slide);
  return new SegtileError(
    'input',
    `${tile.tile} has no prediction: ${path} is missing`,
    `every tile needs a PNG of labels with the name of its mask, or its slide a mask such as ${slide}.mask.ome.tif`,
  );
}

async function openMask(
  path: string,
  slide: string,
  sizes: ReadonlyMap<string, SlideSizes>,
  classes: readonly MaskClass[],
  signal: AbortSignal,
): Promise<SlideMask> {
  const known = sizes.get(slide);
  if (known === undefined) {
    throw new SegtileError(
      'input',
      `dataset.json does not list the slide ${slide}`,
      'put the dataset.json of this manifest beside it',
    );
  }
  const own = (await readMaskHead(path, signal)).classes;
  const config = configOf(classes, path);
  const mask = await openLabels(path, own ? configOf(own, path) : config, signal);
  try {
    requireSameShape(path, mask, known.size, 'mask');
    // If both have a single class, its name does not matter: a dataset without a list of classes calls its class
    // "object".
    const single = own?.length === 1 && classes.length === 1;
    const table = single ? only(own[0]!.label, classes[0]!.label) : translation({ path, classes: own }, config);
    const notes = [...mask.notes, ...stretchNotes(path, mask, known.size)];
    return { path, notes, view: translated(mask.view(known.working), table), close: () => mask.close() };
  } catch (error) {
    await mask.close();
    throw error;
  }
}

/** A table that maps the label `from` to `to` and keeps all other labels. */
function only(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, label) => (label === from ? to : label));
}

/** A view with its labels mapped by a table. */
function translated(view: LabelView, table: Uint8Array): LabelView {
  return {
    ...view,
    async *readBands(rows, columns, signal) {
      for await (const band of view.readBands(rows, columns, signal)) {
        const runs = band.runs.map(({ x, pixels }) => ({
          x,
          pixels: { ...pixels, data: pixels.data.map((label) => table[label]!) },
        }));
        yield { ...band, runs };
      }
    },
  };
}

async function cutTile({ path, view }: SlideMask, tile: ManifestTile, size: Size, signal: AbortSignal): Promise<Pixels> {
  const [x, y] = [Number(tile.row.working_x), Number(tile.row.working_y)];
  const inside = Number.isInteger(x) && Number.isInteger(y) && x >= 0 && y >= 0 && x < view.width && y < view.height;
  if (!inside || tile.row.working_x === '' || tile.row.working_y === '') {
    throw new SegtileError(
      'input',
      `${tile.tile} cannot be cut out of ${path}: the manifest has it at (${tile.row.working_x}, ${tile.row.working_y}) of ${view.width} × ${view.height} px`,
      'give the manifest.csv of a dataset that segtile make-dataset wrote',
    );
  }
  for await (const { pixels } of cutWindows(view, rowsOfPlaces([{ x, y }], size), signal)) {
    return { ...size, channels: 1, data: pixels };
  }
  throw new SegtileError('input', `${path} gave no pixels for ${tile.tile}`);
}
