import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Augmentation } from '../../augment/steps.js';
import { encodeImage, extensionOf, type TileImageFormat } from '../../dataset/image.js';
import { type Form, tilePaths } from '../../dataset/layout.js';
import { type ManifestRow, manifestRow, rowPaths } from '../../dataset/manifest.js';
import { palettePng } from '../../dataset/png.js';
import type { Tile } from '../../dataset/tile.js';
import { addCopy, addTile, emptyCopies, emptyTotals, type Totals } from '../../dataset/totals.js';
import type { RecordHead, WorkFolder } from '../../dataset/work.js';
import { mapOrdered } from '../../io/ahead.js';
import { labelCounts, sumsOf } from '../../plan/sampling/tile-stats.js';
import type { MaskClass } from '../../types.js';
import { mapsOf, readActivations } from './activations.js';
import { augmentTiles } from './augment-tiles.js';
import { cutTiles } from './cut-tiles.js';
import type { PlannedTile, SlideTiles } from './split.js';
import { type SurveySettings, withPair } from './survey-slide.js';

/** How tiles are written to files. */
export interface TileSettings {
  readonly form: Form;
  readonly image: TileImageFormat;
  readonly classes: readonly MaskClass[];
  /** How changed copies of tiles are made, if at all. */
  readonly augmentation: Augmentation | undefined;
}

/** The most bytes of pixels, and the most tiles, that may be in the process of being written at the same time. */
const IN_FLIGHT_BYTES = 2 ** 27;
const IN_FLIGHT_TILES = 8;

/**
 * A hash of everything that decides which tiles a slide gives and what their files contain. For the slide and its
 * truth, if they are local files, it includes size and time of the last change instead of the contents.
 */
export async function planHash(
  { survey, tiles }: SlideTiles,
  { form, image, classes, augmentation }: TileSettings,
  more: unknown,
): Promise<string> {
  const { slide, full, size, window } = survey;
  const facts = await Promise.all(
    [slide.source, slide.truthPath, ...mapsOf(augmentation, survey)].map(async (path) => {
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
      patient: slide.patient ?? null,
      group: slide.group,
      options: slide.options ?? null,
      full,
      size,
      window,
      form,
      image,
      classes,
      augmentation: augmentation ?? null,
      more,
    }),
  );
  for (const { x, y, sampler, split, fold } of tiles) hash.update(`${x},${y},${sampler},${split},${fold};`);
  return hash.digest('hex');
}

/**
 * Cuts the tiles of a slide, makes their copies, and writes them. Marks the slide as finished when all files are in
 * place. After a failure all of its files are deleted.
 *
 * @param onTile called after each tile with the number of finished tiles
 */
export async function cutSlide(
  slideTiles: SlideTiles,
  plan: string,
  work: WorkFolder,
  settings: TileSettings,
  open: Pick<SurveySettings, 'resolution'>,
  onTile: (done: number) => void,
  signal: AbortSignal,
): Promise<RecordHead> {
  const { survey } = slideTiles;
  const { classes, image: format, form, augmentation } = settings;
  const written: string[] = [];
  const rows: ManifestRow[] = [];
  const totals: Record<string, Totals> = {};
  const copies = emptyCopies();

  async function save({ image, mask, mixedMask, record }: Tile): Promise<ManifestRow> {
    const paths = tilePaths(form, record.id, record.split, extensionOf(format));
    const sums = sumsOf(image);
    const counts = labelCounts(mask);
    const row = manifestRow(record, paths, counts, sums, classes);
    if (record.copy) {
      addCopy(
        copies,
        record.copy.steps.map(({ kind }) => kind),
      );
    } else {
      totals[record.split] ??= emptyTotals();
      addTile(totals[record.split]!, sums, counts);
    }
    const [imageFile, maskFile, mixedFile] = await Promise.all([
      encodeImage(image, format),
      palettePng(mask, classes),
      mixedMask && palettePng(mixedMask, classes),
    ]);
    written.push(...rowPaths(row));
    await work.put(paths.image, imageFile);
    await work.put(paths.mask, maskFile);
    if (mixedFile) await work.put(paths.mask2, mixedFile);
    return row;
  }

  try {
    await withPair(survey.slide, open, async (pair) => {
      const cut = (places: readonly PlannedTile[]): AsyncGenerator<Tile> => cutTiles(pair, survey, places, signal);
      const [maps] = mapsOf(augmentation, survey);
      const activations = maps === undefined ? undefined : await readActivations(maps, slideTiles, classes, signal);
      const tiles = augmentation ? augmentTiles(augmentation, slideTiles, cut, activations) : cut(slideTiles.tiles);
      const tileBytes = survey.window.width * survey.window.height * 4;
      const limit = Math.min(IN_FLIGHT_TILES, Math.max(2, Math.floor(IN_FLIGHT_BYTES / tileBytes)));
      for await (const row of mapOrdered(tiles, limit, save, signal)) {
        rows.push(row);
        onTile(rows.length);
      }
    });
    const head = { plan, tiles: rows.length - copies.copies, copies, totals };
    await work.record(survey.slide.name, head, rows);
    return head;
  } catch (error) {
    await work.remove(written);
    throw error;
  }
}
