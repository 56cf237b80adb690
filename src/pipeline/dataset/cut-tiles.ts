import { tileId } from '../../dataset/layout.js';
import type { Tile, TileRecord } from '../../dataset/tile.js';
import { rowsOfPlaces } from '../../plan/sampling/draw-rows.js';
import { type CutWindow, cutWindows } from '../../slide/view/cut.js';
import type { Box, Size } from '../../types.js';
import type { PlannedTile } from './split.js';
import type { OpenPair, Survey } from './survey-slide.js';

/**
 * Cuts tiles, image and mask side by side. Each row of slide and truth is read once.
 *
 * @param tiles from top to bottom, and left to right where `y` is the same
 */
export async function* cutTiles(
  { view, labels }: OpenPair,
  survey: Survey,
  tiles: readonly PlannedTile[],
  signal: AbortSignal,
): AsyncGenerator<Tile> {
  const rows = rowsOfPlaces(tiles, survey.window);
  const images = cutWindows(view, rows, signal);
  const masks = cutWindows(labels, rows, signal);
  const { width, height } = survey.window;
  try {
    for (;;) {
      const [image, mask] = await bothNext<CutWindow>(images, masks);
      if (!image || !mask) return;
      const tile = tiles[image.window.index]!;
      yield {
        image: { width, height, channels: 3, data: image.pixels },
        mask: { width, height, channels: 1, data: mask.pixels },
        mixedMask: undefined,
        record: recordOf(survey, tile),
      };
    }
  } finally {
    await Promise.all([images.return(), masks.return()]);
  }
}

/** The next item of both iterators, in lockstep. Waits for both even if one fails, so that neither is left running. */
export async function bothNext<Item>(
  first: AsyncIterator<Item>,
  second: AsyncIterator<Item>,
): Promise<readonly [Item | undefined, Item | undefined]> {
  const [one, other] = await Promise.allSettled([first.next(), second.next()]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'rejected') throw other.reason;
  return [one.value.done ? undefined : one.value.value, other.value.done ? undefined : other.value.value];
}

function recordOf({ slide, full, spans, window, downsample, mpp }: Survey, tile: PlannedTile): TileRecord {
  const { x, y, split, fold, sampler, tissue } = tile;
  return {
    id: tileId(slide.name, x, y),
    slide: slide.path,
    patient: slide.patient,
    group: slide.group,
    box: fullBox({ x, y, ...window }, spans, full),
    x,
    y,
    downsample,
    mpp,
    split,
    fold,
    sampler,
    tissue,
    copy: undefined,
  };
}

/**
 * A box of the working image in level-0 pixels. Its sides are rounded to the nearest pixel and end at the slide's
 * border.
 *
 * @param spans size of the whole slide, in working pixels
 */
export function fullBox(box: Box, spans: Size, full: Size): Box {
  const at = (value: number, working: number, length: number): number =>
    Math.min(Math.max(Math.round((value * length) / working), 0), length);
  const x = at(box.x, spans.width, full.width);
  const y = at(box.y, spans.height, full.height);
  return {
    x,
    y,
    width: at(box.x + box.width, spans.width, full.width) - x,
    height: at(box.y + box.height, spans.height, full.height) - y,
  };
}
