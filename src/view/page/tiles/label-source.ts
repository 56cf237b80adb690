import { emptyLabelCount, type LabelRule, labelRows } from '../../../plan/labels/labels.js';
import { PROBABILITY_OF_BYTE } from '../../../plan/scores/score-planes.js';
import type { LabelLayer, ScoreLayer, TiledImage } from '../../messages.js';
import { halvedSize, type TilePlace } from '../../pyramid.js';
import type { TileStore, TileValues } from './tile-store.js';

/** Labels in tiles: those of a mask, or made from probabilities. */
export interface LabelSource {
  readonly image: TiledImage;
  /** Differs for different labels, such as those of another image or rule. */
  readonly version: string;
  labels(place: TilePlace): Promise<Uint8Array>;
}

/** The labels of a file. */
export function fileLabels(store: TileStore, image: LabelLayer): LabelSource {
  return { image, version: image.id, labels: async (place) => (await store.get(image, place)).data as Uint8Array };
}

/** The labels that a rule makes from probabilities. They equal those of `segtile threshold`, which uses the same function. */
export function ruledLabels(store: TileStore, image: ScoreLayer, rule: LabelRule): LabelSource {
  return {
    image,
    version: `${image.id} ${JSON.stringify(rule)}`,
    labels: async (place) => labelsOf(await store.get(image, place), image.exclusive, rule),
  };
}

/** Makes labels from a tile of probabilities. */
export function labelsOf(values: TileValues, exclusive: boolean, rule: LabelRule): Uint8Array {
  const { width, height, planes: classes } = values;
  const block = { x: 0, y: 0, width, height, classes, data: floats(values, exclusive) };
  return labelRows({ y: 0, height, blocks: [block] }, width, rule, emptyLabelCount()).data;
}

/**
 * Turns the values of a tile into probabilities, as `segtile threshold` does. If classes exclude each other, their
 * probabilities add up to 1. A pixel where all are 0 was therefore not covered by any window, and becomes NaN.
 */
function floats({ width, height, planes, data }: TileValues, exclusive: boolean): Float32Array {
  if (data instanceof Float32Array) return data;
  const plane = width * height;
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = PROBABILITY_OF_BYTE[data[i]!]!;
  if (!exclusive) return out;
  for (let i = 0; i < plane; i++) {
    let most = 0;
    for (let c = 0; c < planes; c++) most = Math.max(most, data[c * plane + i]!);
    if (most === 0) for (let c = 0; c < planes; c++) out[c * plane + i] = Number.NaN;
  }
  return out;
}

/** A rectangle, in pixels of an image after its halvings. */
export interface Patch {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Collects the labels of a rectangle from all tiles that it touches, row by row. Labels outside the image are 0. */
export async function gatherLabels(source: LabelSource, halvings: number, part: Patch): Promise<Uint8Array> {
  const size = halvedSize(source.image, halvings);
  const out = new Uint8Array(part.width * part.height);
  const [left, top] = [Math.max(0, part.x), Math.max(0, part.y)];
  const [right, bottom] = [Math.min(size.width, part.x + part.width), Math.min(size.height, part.y + part.height)];
  const { side } = source.image;
  const places: TilePlace[] = [];
  for (let row = Math.floor(top / side); row * side < bottom; row++)
    for (let column = Math.floor(left / side); column * side < right; column++) places.push({ halvings, column, row });
  await Promise.all(
    places.map(async (place) => {
      const labels = await source.labels(place);
      const [x, y] = [place.column * side, place.row * side];
      const width = Math.min(side, size.width - x);
      const [from, to] = [Math.max(left, x), Math.min(right, x + width)];
      for (let row = Math.max(top, y); row < Math.min(bottom, y + side); row++) {
        const start = (row - y) * width - x;
        out.set(labels.subarray(start + from, start + to), (row - part.y) * part.width + from - part.x);
      }
    }),
  );
  return out;
}
