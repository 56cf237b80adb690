import { dirname, join } from 'node:path';
import { reason, SegtileError } from '../errors.js';
import { readRegularText } from '../io/regular-file.js';
import { IGNORED } from '../plan/labels/ignored.js';
import { color, listOf, objectOf, readShape, shape, side, words } from '../plan/text/shape.js';
import { isWhole } from '../plan/text/values.js';
import type { MaskClass, Size } from '../types.js';

/** A tile as listed in a manifest. */
export interface ManifestTile {
  /** The name of the tile. */
  readonly tile: string;
  /** Paths relative to the folder of the manifest; for a file in a shard, the path of the shard, then the name of the file. */
  readonly image: string;
  readonly mask: string;
  readonly slide: string;
  readonly split: string;
  /** Empty if it is in no fold. */
  readonly fold: string;
  /** All cells of the row, by column. */
  readonly row: Readonly<Record<string, string>>;
}

/** The contents of a manifest. */
export interface Manifest {
  readonly path: string;
  /** The folder that its paths are relative to. */
  readonly root: string;
  readonly columns: readonly string[];
  readonly tiles: readonly ManifestTile[];
}

/** The part of the dataset that a tile is in, in words. */
export function partOf({ split, fold }: ManifestTile): string {
  return fold === '' ? split : `${split}, fold ${fold}`;
}

/** Whether a tile is a changed copy of another one, made by augmentation. */
export function isCopy({ row }: ManifestTile): boolean {
  return (row.source ?? '') !== '';
}

const needed = ['tile', 'image', 'mask', 'slide', 'split', 'fold'] as const;

/**
 * Reads a manifest. All rows are kept in memory.
 *
 * @param rows of the CSV, the header included
 * @throws {SegtileError} `input` if it is not a manifest, lists no tiles, or lists a tile twice; whatever `rows` throws
 */
export async function readManifest(
  path: string,
  rows: AsyncIterable<{ readonly line: number; readonly cells: readonly string[] }>,
): Promise<Manifest> {
  let columns: readonly string[] | undefined;
  const tiles: ManifestTile[] = [];
  const lines = new Map<string, number>();
  for await (const { line, cells } of rows) {
    if (columns === undefined) {
      columns = cells;
      const missing = needed.find((name) => !cells.includes(name));
      if (missing === undefined) continue;
      const hint = 'give the manifest.csv of a dataset that segtile make-dataset wrote';
      throw new SegtileError('input', `${path} is not a manifest: it has no column ${missing}`, hint);
    }
    const row = Object.fromEntries(columns.map((name, i) => [name, cells[i]!]));
    const { tile, image, mask, slide, split, fold } = row as Record<(typeof needed)[number], string>;
    const before = lines.get(tile);
    if (before !== undefined) {
      throw new SegtileError('input', `${path} lists the tile ${tile} in line ${before} and again in line ${line}`);
    }
    lines.set(tile, line);
    tiles.push({ tile, image, mask, slide, split, fold, row });
  }
  if (columns === undefined || tiles.length === 0) throw new SegtileError('input', `${path} lists no tiles`);
  return { path, root: dirname(path), columns, tiles };
}

/**
 * The classes of a dataset, from its `dataset.json`.
 *
 * @throws {SegtileError} `input` if the file is missing, or does not name them
 */
export async function readClasses(root: string): Promise<readonly MaskClass[]> {
  const path = join(root, 'dataset.json');
  const hint = 'keep the manifest beside the dataset.json that was written with it';
  try {
    return readShape(await readRegularText(path), path, datasetClasses).classes;
  } catch (error) {
    throw new SegtileError('input', `cannot read the classes of the dataset: ${reason(error)}`, hint, error);
  }
}

/** Sizes of a slide in px: of level 0, and of the working image that tiles were cut from. */
export interface SlideSizes {
  readonly size: Size;
  readonly working: Size;
}

/**
 * The sizes of the slides of a dataset by their paths, from its `dataset.json`.
 *
 * @throws {SegtileError} `input` if the file is missing, or does not state them
 */
export async function readSlideSizes(root: string): Promise<ReadonlyMap<string, SlideSizes>> {
  const path = join(root, 'dataset.json');
  const hint = 'keep the manifest beside the dataset.json that was written with it';
  try {
    const { slides } = readShape(await readRegularText(path), path, datasetSlides);
    return new Map(slides.map(({ path: slide, size, working }) => [slide, { size, working }]));
  } catch (error) {
    throw new SegtileError('input', `cannot read the sizes of the slides: ${reason(error)}`, hint, error);
  }
}

const datasetSlides = objectOf<{ readonly slides: readonly (SlideSizes & { readonly path: string })[] }>({
  slides: listOf(
    objectOf<SlideSizes & { readonly path: string }>({
      path: words,
      size: objectOf<Size>({ width: side, height: side }),
      working: objectOf<Size>({ width: side, height: side }),
    }),
  ),
});

const ownLabel = shape<number>('a label from 1 to 254', (value) => isWhole(value, 1, IGNORED - 1));
const datasetClasses = objectOf<{ readonly classes: readonly MaskClass[] }>({
  classes: listOf(objectOf<MaskClass>({ label: ownLabel, name: words, color })),
});
