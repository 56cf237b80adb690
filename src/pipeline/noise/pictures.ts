import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, partOf } from '../../dataset/manifest-read.js';
import { readTileFiles } from '../../dataset/tile-files.js';
import { SegtileError, throwIfAborted } from '../../errors.js';
import type { CommitOptions } from '../../io/partial-file.js';
import { difference, differenceColors, outlined } from '../../report/panels.js';
import { readLabelTile } from '../../truth/images/label-tile.js';
import { imagePanel, labelPanel, sheetPath, type TilePanels, writeSheet } from '../pictures/sheets.js';
import { isSeen, type TileComparison, type TileFailure, type TileNoise } from './compare-tiles.js';
import type { TilePredictions } from './tile-predictions.js';

/** Rows of tiles on a sheet. */
const ROWS = 8;

const differences = [
  { name: 'only in the truth', color: differenceColors.truthOnly },
  { name: 'only in the prediction', color: differenceColors.predictionOnly },
  { name: 'another class in each', color: differenceColors.otherClass },
  { name: 'ignored', color: differenceColors.ignored },
];

/** The paths of pictures of an earlier run in a folder. */
export async function noisePictures(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^worst-\d+\.png$/.test(name)).map((name) => join(folder, name));
}

/**
 * Draws the worst tiles on sheets `worst-01.png` and so on: for each tile image, truth, prediction and difference side
 * by side. Sheets of an earlier run are removed if they may be replaced.
 *
 * @returns the sheets, and the tiles that could not be drawn
 * @throws {SegtileError} `output` if a sheet cannot be written; `aborted` when the signal fires
 */
export async function drawNoise(
  folder: string,
  manifest: Manifest,
  { classes, tiles }: TileComparison,
  predictions: TilePredictions,
  count: number,
  placement: CommitOptions,
  signal: AbortSignal,
): Promise<{ readonly sheets: string[]; readonly failures: TileFailure[] }> {
  // If files may not be replaced, existing ones are from another process that wrote them after this run began.
  if (placement.replace) for (const path of await noisePictures(folder)) await rm(path, { force: true });
  const sheets: string[] = [];
  const failures: TileFailure[] = [];
  const worst = tiles.slice(0, count);
  for (let first = 0; first < worst.length; first += ROWS) {
    throwIfAborted(signal);
    const inSheet = worst.slice(first, first + ROWS);
    const drawn = new Map<string, TilePanels['panels']>();
    const found = readTileFiles(
      manifest.root,
      inSheet.map(({ tile }) => tile),
      ['image', 'mask'],
      signal,
    );
    for await (const files of found) {
      const { tile } = files;
      try {
        if (files.error) throw files.error;
        const mask = await readLabelTile(tile.mask, files.files.get('mask')!, signal);
        const prediction = labelPanel((await predictions.of(tile, mask)).labels);
        const truth = labelPanel(mask);
        const image = await imagePanel(tile.image, files.files.get('image')!, mask);
        const shown = [outlined(image, truth, classes), outlined(image, prediction, classes)];
        drawn.set(tile.tile, [image, ...shown, difference(image, truth, prediction)]);
      } catch (error) {
        if (!(error instanceof SegtileError) || error.code === 'aborted') throw error;
        failures.push({ tile: tile.tile, error });
      }
    }
    const panels = inSheet.flatMap((noise, i): TilePanels[] => {
      const own = drawn.get(noise.tile.tile);
      return own ? [{ caption: `${first + i + 1}.  ${captionOf(noise, classes)}`, panels: own }] : [];
    });
    if (panels.length === 0) continue;
    const path = sheetPath(join(folder, 'worst'), sheets.length + 1);
    await writeSheet(path, panels, {
      across: 1,
      panels: 4,
      titles: ['image', 'truth', 'prediction', 'difference'],
      legends: [classes, differences],
      ...placement,
    });
    sheets.push(path);
  }
  return { sheets, failures };
}

function captionOf({ tile, areas, iou, meanIou }: TileNoise, classes: TileComparison['classes']): string {
  const each = classes.flatMap(({ name }, i) => (isSeen(areas[i]!) ? [`${name} ${iou[i]!.toFixed(2)}`] : []));
  const figures = each.length > 1 ? `IoU ${meanIou.toFixed(2)}: ${each.join(', ')}` : `IoU ${each[0] ?? '1: no class'}`;
  return `${tile.tile}   ${figures}   (${partOf(tile)})`;
}
