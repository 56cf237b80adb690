import { levelFactor } from '../../../plan/resolution/level-factor.js';
import type { Level, ReadLevel, Slide } from '../../../slide/slide.js';
import { workingView } from '../../../slide/view/view.js';
import type { Box, Pixels, Samples, Size } from '../../../types.js';
import { halvedSize, mostHalvings, TILE } from '../../../view/pyramid.js';
import {
  cropped,
  halvingsToHold,
  heldFrom,
  meanOf,
  nearestOf,
  type ReadTile,
  readBox,
  type Shrink,
  type TileReader,
} from './tile-reader.js';

/** The most samples of an image that is held whole in memory, if the file can only be read whole or in rows. */
const HELD_SAMPLES = 2 ** 27;

/** A tile is made from at most this many times its own pixels on each side. */
const MOST_SHRINK = 8;

/** The sides in px of tiles of a file that are sent as they are. Smaller ones would be too many, larger ones take too long. */
const PASSED_SIDES = { least: 192, most: 1024 };

/**
 * The picture of a slide in tiles. If the file has JPEG tiles of a good size, they are the tiles. It owns the slide and
 * closes it.
 */
export function slideTiles(slide: Slide): TileReader {
  const { blockWidth: side, blockHeight, layout } = slide.levels[0]!;
  const { least, most } = PASSED_SIDES;
  const good = layout === 'tiles' && side === blockHeight && side >= least && side <= most;
  const { jpegTile } = slide;
  if (!good || jpegTile === undefined) return tilesOf(slide, slide.readBands, 3, meanOf, TILE);
  return {
    ...tilesOf(slide, slide.readBands, 3, meanOf, side),
    async jpeg(halvings, { x, y, width, height }, signal) {
      const level = halvedLevel(slide, halvings);
      if (level === undefined || level.blockWidth !== side || level.blockHeight !== side) return undefined;
      // Tiles at the edge are cut, because browsers would show what is beyond it.
      const whole = width === side && height === side && x + side <= level.width && y + side <= level.height;
      return whole ? jpegTile(level.index, x / side, y / side, signal) : undefined;
    },
  };
}

/** Values that a file has in levels, such as labels or probabilities, in tiles. It owns the slide and closes it. */
export function valueTiles(slide: Slide, read: ReadLevel<Samples>, channels: number, kind: 'labels' | 'amounts'): TileReader {
  return tilesOf(slide, read, channels, kind === 'labels' ? nearestOf : meanOf, TILE);
}

function tilesOf(slide: Slide, read: ReadLevel<Samples>, channels: number, shrink: Shrink, side: number): TileReader {
  const size = { width: slide.width, height: slide.height };
  const at = (halvings: number): ReadTile => {
    const level = halvedLevel(slide, halvings);
    if (level) return levelRead(level, read);
    if (shrink === nearestOf) return centresRead(slide, read);
    const view = workingView(slide, { kind: 'size', ...halvedSize(size, halvings) }, read);
    return (_, box, signal) => readBox(view.readBands, box, signal);
  };
  const views = new Map<number, ReadTile>();
  const direct: ReadTile = (halvings, box, signal) => {
    const found = views.get(halvings) ?? at(halvings);
    views.set(halvings, found);
    return found(halvings, box, signal);
  };
  const apart = inRows(slide) ? rowWise(size, direct) : direct;
  return {
    ...size,
    side,
    spans: size,
    read: heldFrom(size, heldHalvings(slide, channels, side), apart, shrink),
    close: () => slide.close(),
  };
}

/** The level of a slide that is level 0 after some halvings; undefined if it has none. */
function halvedLevel(slide: Slide, halvings: number): Level | undefined {
  return slide.levels.find((level) => {
    const { x, y } = levelFactor(slide, level);
    return x.by === 2 ** halvings && y.by === x.by && x.of === slide.width && y.of === slide.height;
  });
}

/** Reads a level. Where it was rounded down, and so lacks the last row or column, the one before it is repeated. */
function levelRead(level: Level, read: ReadLevel<Samples>): ReadTile {
  return async (_, box, signal) => {
    const [x, y] = [Math.min(box.x, level.width - 1), Math.min(box.y, level.height - 1)];
    const [right, bottom] = [Math.min(box.x + box.width, level.width), Math.min(box.y + box.height, level.height)];
    const part = { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
    const pixels = await readBox((...asked) => read(level.index, ...asked), part, signal);
    const whole = part.width === box.width && part.height === box.height;
    return whole ? pixels : nearestOf(pixels, { ...box, x: box.x - x, y: box.y - y }, 1);
  };
}

/** Reads labels, which cannot be averaged, from level 0: at the centre of each pixel. */
function centresRead(slide: Slide, read: ReadLevel<Samples>): ReadTile {
  return async (halvings, box, signal) => {
    const step = 2 ** halvings;
    const out = { width: box.width, height: box.height, channels: 1, data: new Uint8Array(box.width * box.height) };
    const rows = Math.max(1, Math.floor(SLICE_PIXELS / (box.width * step * step)));
    for (let top = 0; top < box.height; top += rows) {
      const part = { x: 0, y: 0, width: box.width, height: Math.min(rows, box.height - top) };
      const [x, y] = [box.x * step, (box.y + top) * step];
      const [width, height] = [Math.min(part.width * step, slide.width - x), Math.min(part.height * step, slide.height - y)];
      const finest = await readBox((...asked) => read(0, ...asked), { x, y, width, height }, signal);
      out.data.set(nearestOf(finest, part, step).data as Uint8Array, top * box.width);
    }
    return out;
  };
}

/** How many level-0 pixels are read at once. */
const SLICE_PIXELS = 2 ** 24;

/**
 * The number of halvings from which on an image is held in memory. Infinite if some level of the file is nearly as
 * coarse as the coarsest image.
 */
function heldHalvings(slide: Slide, channels: number, side: number): number {
  const { width, height, levels } = slide;
  if (levels.length === 1 && inRows(slide) && width * height * channels <= HELD_SAMPLES) return 0;
  const least = halvingsToHold(slide);
  const coarsest = Math.max(...levels.map(({ downsample }) => downsample));
  const reached = Math.floor(Math.log2(coarsest * MOST_SHRINK));
  const deepest = mostHalvings({ width, height, side });
  return reached >= deepest ? Number.POSITIVE_INFINITY : Math.min(least, deepest);
}

function inRows({ levels }: Slide): boolean {
  return levels[0]!.layout !== 'tiles';
}

/** Reads a whole row of tiles at once and keeps the last two rows, for files that can only be read in whole rows. */
function rowWise(size: Size, read: ReadTile): ReadTile {
  const rows = new Map<string, Promise<Pixels<Samples>>>();
  return async (halvings, box, signal) => {
    const { width } = halvedSize(size, halvings);
    if (box.width === width) return read(halvings, box, signal);
    const key = `${halvings} ${box.y} ${box.height}`;
    let row = rows.get(key);
    if (row === undefined) {
      row = read(halvings, { ...box, x: 0, width }, new AbortController().signal);
      row.catch(() => rows.delete(key));
      rows.set(key, row);
      for (const oldest of rows.keys()) if (rows.size > 2) rows.delete(oldest);
    }
    const { x, width: wide, height } = box satisfies Box;
    return cropped(await row, { x, y: 0, width: wide, height });
  };
}
