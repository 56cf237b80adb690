import { openSlide } from '../../../slide/open.js';
import { configOf, defaultConfig, type TruthConfig } from '../../../truth/config.js';
import { parseMaskClasses, readMaskHead } from '../../../truth/images/mask-classes.js';
import { openLabels, openTruth } from '../../../truth/open.js';
import type { Truth } from '../../../truth/truth.js';
import type { MaskClass, Size } from '../../../types.js';
import { halvedSize, mostHalvings, TILE } from '../../../view/pyramid.js';
import { valueTiles } from './slide-tiles.js';
import { halvingsToHold, heldFrom, nearestOf, type ReadTile, readBox, type TileReader } from './tile-reader.js';

/** Labels in tiles, and what they mean. */
export interface LabelTiles extends TileReader {
  readonly classes: readonly MaskClass[];
  readonly notes: readonly string[];
}

/**
 * A mask in tiles, with the labels of the file.
 *
 * @throws {SegtileError} `input` if it cannot be read
 */
export async function maskTiles(path: string, signal: AbortSignal): Promise<LabelTiles> {
  const head = await readMaskHead(path, signal);
  const classes = parseMaskClasses(head.description);
  if (classes === undefined) {
    const labels = await openLabels(path, defaultConfig(), signal);
    return truthTiles(labels, labels);
  }
  const slide = await openSlide(path, { signal });
  try {
    const { read } = slide.channelReader({ count: 1, samples: 'uint8', by: path });
    return { ...valueTiles(slide, read, 1, 'labels'), classes, notes: [] };
  } catch (error) {
    await slide.close();
    throw error;
  }
}

/**
 * The truth of a slide in tiles, at the size of level 0.
 *
 * @param classes of a result of the slide, for a truth that does not say what its labels mean
 * @throws {SegtileError} `input` if it cannot be read or does not fit the slide
 */
export async function openTruthTiles(
  path: string,
  size: Size,
  slideName: string,
  given: TruthConfig | undefined,
  classes: readonly MaskClass[] | undefined,
  signal: AbortSignal,
): Promise<LabelTiles> {
  const config = given ?? (classes === undefined ? defaultConfig() : configOf(classes, path));
  return truthTiles(await openTruth(path, { size, config, slideName, signal }), size);
}

/** Truth or a region in tiles, at the given size. */
export function truthTiles(truth: Truth, { width, height }: Size): LabelTiles {
  const size = { width, height };
  const direct: ReadTile = (halvings, box, signal) => {
    const halved = halvedSize(size, halvings);
    // Each pixel covers a whole number of level-0 pixels, except at the end.
    const spans = { width: width / 2 ** halvings, height: height / 2 ** halvings };
    return readBox(truth.view({ ...halved, spans }).readBands, box, signal);
  };
  const held = halvingsToHold(size);
  const from = held < mostHalvings({ ...size, side: TILE }) ? held + 1 : Number.POSITIVE_INFINITY;
  const { classes, notes } = truth;
  const read = heldFrom(size, from, direct, nearestOf);
  return { ...size, side: TILE, spans: size, classes, notes, read, close: () => truth.close() };
}

/** Labels in memory that cover the whole slide, in tiles. */
export function heldLabels(
  { width, height, mask }: Size & { readonly mask: Uint8Array },
  classes: readonly MaskClass[],
): LabelTiles {
  const size = { width, height };
  const whole: ReadTile = async () => ({ ...size, channels: 1, data: mask });
  const read = heldFrom(size, 0, whole, nearestOf);
  return { ...size, side: TILE, spans: size, classes, notes: [], read, close: async () => undefined };
}
