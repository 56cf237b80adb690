import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { encodeImage, extensionOf, type ImageFormat } from '../dataset/image.js';
import { type Form, tilePaths } from '../dataset/layout.js';
import { type ManifestRow, manifestRow } from '../dataset/manifest.js';
import { palettePng } from '../dataset/png.js';
import type { Tile, TileRecord } from '../dataset/tile.js';
import { addTile, emptyTotals, type Totals } from '../dataset/totals.js';
import type { RecordHead, WorkFolder } from '../dataset/work.js';
import { rowsOfPlaces } from '../plan/draw-rows.js';
import { labelsOf, sumsOf } from '../plan/tile-stats.js';
import type { WindowRows } from '../plan/windows.js';
import { type CutWindow, cutWindows } from '../slide/cut.js';
import type { Box, MaskClass } from '../types.js';
import { mapOrdered } from './ordered.js';
import type { PlannedTile, SlideTiles } from './split-dataset.js';
import { type OpenPair, type SurveySettings, withPair } from './survey-slide.js';

/** How tiles become files. */
export interface TileSettings {
  readonly form: Form;
  readonly image: ImageFormat;
  readonly classes: readonly MaskClass[];
  /** What is done to tiles between slide and file, such as augmentation. May drop tiles, and add some with names of their own. What it
   * does must be told among the facts of the dataset's settings: they decide whether an earlier run's tiles are kept. */
  readonly change: ((tiles: AsyncIterable<Tile>) => AsyncIterable<Tile>) | undefined;
}

/** Bytes of pixels that may be under way to files at a time, and how many tiles at most. */
const IN_FLIGHT_BYTES = 2 ** 27;
const IN_FLIGHT_TILES = 8;

/**
 * A hash of everything that decides which tiles a slide gives and what is in their files, the contents of the slide and its truth excepted: of
 * those, size and time of the last change where they are local files.
 */
export async function planHash(
  { survey, tiles }: SlideTiles,
  { form, image, classes }: TileSettings,
  more: unknown,
): Promise<string> {
  const { slide, full, size, window } = survey;
  const facts = await Promise.all(
    [slide.source, slide.truthPath].map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return { size: found?.size, changed: found?.mtimeMs };
    }),
  );
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify({
      facts,
      path: slide.path,
      truth: slide.truthPath,
      group: slide.group,
      full,
      size,
      window,
      form,
      image,
      classes,
      more,
    }),
  );
  for (const { x, y, sampler, split, fold } of tiles) hash.update(`${x},${y},${sampler},${split},${fold};`);
  return hash.digest('hex');
}

/**
 * Cuts the tiles of a slide, image and mask side by side, each row of slide and truth read once, and writes them. Says that the slide is
 * done when all of them are in place; after a failure none of them is left.
 *
 * @param onTile is called after each tile with how many are done
 */
export async function cutSlide(
  slideTiles: SlideTiles,
  plan: string,
  work: WorkFolder,
  settings: TileSettings,
  open: Pick<SurveySettings, 'resolution' | 'slideMpp'>,
  onTile: (done: number) => void,
  signal: AbortSignal,
): Promise<RecordHead> {
  const { survey } = slideTiles;
  const { classes, image: format, form } = settings;
  const written: string[] = [];
  const rows: ManifestRow[] = [];
  const totals: Record<string, Totals> = {};

  async function save({ image, mask, record }: Tile): Promise<ManifestRow> {
    const paths = tilePaths(form, record.id, record.split, extensionOf(format));
    const sums = sumsOf(image);
    const counts = labelsOf(mask);
    const row = manifestRow(record, paths, counts, sums, classes);
    totals[record.split] ??= emptyTotals();
    addTile(totals[record.split]!, sums, counts);
    const [imageFile, maskFile] = await Promise.all([encodeImage(image, format), palettePng(mask, classes)]);
    written.push(paths.image, paths.mask);
    await work.put(paths.image, imageFile);
    await work.put(paths.mask, maskFile);
    return row;
  }

  try {
    await withPair(survey.slide, open, async (pair) => {
      const cut = cutTiles(pair, slideTiles, signal);
      const tiles = settings.change?.(cut) ?? cut;
      const tileBytes = survey.window.width * survey.window.height * 4;
      const limit = Math.min(IN_FLIGHT_TILES, Math.max(2, Math.floor(IN_FLIGHT_BYTES / tileBytes)));
      for await (const row of mapOrdered(tiles, limit, save, signal)) {
        rows.push(row);
        onTile(rows.length);
      }
    });
    const head = { plan, tiles: rows.length, totals };
    await work.record(survey.slide.name, head, rows);
    return head;
  } catch (error) {
    await work.remove(written);
    throw error;
  }
}

async function* cutTiles({ view, labels }: OpenPair, { survey, tiles }: SlideTiles, signal: AbortSignal): AsyncGenerator<Tile> {
  const rows: WindowRows = rowsOfPlaces(tiles, survey.window);
  const images = cutWindows(view, rows, signal);
  const masks = cutWindows(labels, rows, signal);
  const { width, height } = survey.window;
  try {
    for (;;) {
      const [image, mask] = await bothNext(images, masks);
      if (!image || !mask) return;
      const tile = tiles[image.window.index]!;
      yield {
        image: { width, height, channels: 3, data: image.pixels },
        mask: { width, height, channels: 1, data: mask.pixels },
        record: recordOf(survey, tile),
      };
    }
  } finally {
    await Promise.all([images.return(), masks.return()]);
  }
}

/** The next window of both, in lockstep. Waits for both even where one fails, so that neither is left running. */
async function bothNext(
  images: AsyncIterator<CutWindow>,
  masks: AsyncIterator<CutWindow>,
): Promise<readonly [CutWindow | undefined, CutWindow | undefined]> {
  const [image, mask] = await Promise.allSettled([images.next(), masks.next()]);
  if (image.status === 'rejected') throw image.reason;
  if (mask.status === 'rejected') throw mask.reason;
  return [image.value.done ? undefined : image.value.value, mask.value.done ? undefined : mask.value.value];
}

function recordOf({ slide, full, size, window, downsample, mpp }: SlideTiles['survey'], tile: PlannedTile): TileRecord {
  const { x, y, split, fold, sampler, tissue } = tile;
  const pad = (value: number): string => String(value).padStart(6, '0');
  return {
    id: `${slide.name}_x${pad(x)}_y${pad(y)}`,
    slide: slide.path,
    group: slide.group,
    box: fullBox({ x, y, ...window }, size, full),
    x,
    y,
    downsample,
    mpp,
    split,
    fold,
    sampler,
    tissue,
  };
}

/** A box of the working image in level-0 pixels: its sides go to the nearest pixel, and end at the slide's border. */
export function fullBox(box: Box, size: { width: number; height: number }, full: { width: number; height: number }): Box {
  const at = (value: number, working: number, length: number): number =>
    Math.min(Math.max(Math.round((value * length) / working), 0), length);
  const x = at(box.x, size.width, full.width);
  const y = at(box.y, size.height, full.height);
  return {
    x,
    y,
    width: at(box.x + box.width, size.width, full.width) - x,
    height: at(box.y + box.height, size.height, full.height) - y,
  };
}
