import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PREVIEW } from '../../dataset/layout.js';
import { isCopy, type ManifestTile, readManifest } from '../../dataset/manifest-read.js';
import { readTileFiles } from '../../dataset/tile-files.js';
import { outputError } from '../../io/partial-file.js';
import { createRandom, shuffled } from '../../plan/sampling/random.js';
import { outlined } from '../../report/panels.js';
import { readLabelTile } from '../../truth/images/label-tile.js';
import { readTable } from '../../truth/table.js';
import type { MaskClass, Pixels } from '../../types.js';
import { imagePanel, labelPanel, sheetPath, writeSheet } from '../pictures/sheets.js';
import { makeFolders } from './files.js';

/** Layout of a sheet: 6 rows of 4 tiles, or of 2 pairs if each copy is shown beside the tile it was made from. */
const ROWS = 6;
const ACROSS = 4;
const PAIRS_ACROSS = 2;

/** A tile on a sheet, and, for a changed copy, the tile it was made from. */
interface ShownTile {
  readonly tile: ManifestTile;
  readonly before: ManifestTile | undefined;
}

/**
 * Draws tiles of a dataset with the outlines of their masks: `preview/tiles-01.png` and so on. If there are changed
 * copies of tiles, it draws as many of them on `preview/copies-01.png` and so on, each beside the tile it was made
 * from. Sheets of an earlier run are removed.
 *
 * Half of the tiles are drawn at random from those that contain a class, as far as there are enough, the rest from all
 * that are left. The same tiles and seed give the same sheets.
 *
 * @param count number of tiles, and of copies; with 0 nothing is drawn
 * @throws {SegtileError} `output` if a sheet cannot be written; `aborted` when the signal fires
 */
export async function drawPreview(
  root: string,
  classes: readonly MaskClass[],
  count: number,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const folder = join(root, PREVIEW);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => /^(tiles|copies)-\d+\.png$/.test(each))) {
    const sheet = join(folder, name);
    await rm(sheet, { force: true }).catch((error: unknown) => {
      throw outputError(sheet, error);
    });
  }
  if (count === 0) return;
  await makeFolders(root, [PREVIEW]);
  const path = join(root, 'manifest.csv');
  const { tiles } = await readManifest(path, readTable(path, signal));
  const byName = new Map(tiles.map((tile) => [tile.tile, tile]));
  const originals = tiles.filter((tile) => !isCopy(tile));
  const copies = tiles.filter((tile) => byName.has(tile.row.source ?? ''));
  const choose = (from: readonly ManifestTile[], purpose: string): ShownTile[] =>
    chooseShown(from, classes, count, seed, purpose).map((tile) => ({ tile, before: byName.get(tile.row.source ?? '') }));
  await drawSheets(root, join(folder, 'tiles'), choose(originals, 'preview/tiles'), classes, signal);
  await drawSheets(root, join(folder, 'copies'), choose(copies, 'preview/copies'), classes, signal);
}

/** The tiles to show, in the order of the manifest. */
function chooseShown(
  tiles: readonly ManifestTile[],
  classes: readonly MaskClass[],
  count: number,
  seed: number,
  purpose: string,
): ManifestTile[] {
  const order = Array.from(shuffled(tiles.length, createRandom(seed, purpose)));
  const holdsClass = (at: number): boolean => classes.some(({ name }) => Number(tiles[at]!.row[`pixels_${name}`]) > 0);
  const first = order.filter(holdsClass).slice(0, Math.ceil(count / 2));
  const rest = order.filter((at) => !first.includes(at)).slice(0, count - first.length);
  return [...first, ...rest].sort((a, b) => a - b).map((at) => tiles[at]!);
}

async function drawSheets(
  root: string,
  stem: string,
  shown: readonly ShownTile[],
  classes: readonly MaskClass[],
  signal: AbortSignal,
): Promise<void> {
  const paired = shown.some(({ before }) => before !== undefined);
  const across = paired ? PAIRS_ACROSS : ACROSS;
  for (let first = 0, number = 1; first < shown.length; first += across * ROWS, number++) {
    const inSheet = shown.slice(first, first + across * ROWS);
    const all = new Set(inSheet.flatMap(({ tile, before }) => (before ? [before, tile] : [tile])));
    const panels = await panelsOf(root, [...all], classes, signal);
    const cells = inSheet.map(({ tile, before }) => ({
      caption: captionOf(tile),
      panels: (before ? [before, tile] : [tile]).map((each) => panels.get(each)!),
    }));
    const titles = paired ? ['before', 'after'] : [];
    await writeSheet(sheetPath(stem, number), cells, { across, panels: paired ? 2 : 1, titles, legends: [classes] });
  }
}

async function panelsOf(
  root: string,
  tiles: readonly ManifestTile[],
  classes: readonly MaskClass[],
  signal: AbortSignal,
): Promise<Map<ManifestTile, Pixels>> {
  const panels = new Map<ManifestTile, Pixels>();
  for await (const { tile, error, files } of readTileFiles(root, tiles, ['image', 'mask'], signal)) {
    if (error) throw error;
    const mask = await readLabelTile(tile.mask, files.get('mask')!, signal);
    const image = await imagePanel(tile.image, files.get('image')!, mask);
    panels.set(tile, outlined(image, labelPanel(mask), classes));
  }
  return panels;
}

function captionOf(tile: ManifestTile): string {
  const how = tile.row.augmentation;
  return how ? `${tile.tile}   ${how}` : tile.tile;
}
