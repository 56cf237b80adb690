import type { Box, Pixels, Size } from '../types.js';
import { enlargeImage, enlargeLabels } from './crop.js';
import { type Draws, drawBeta } from './draws.js';
import { drawPatch, nothingKnown } from './mix.js';
import type { SnapMix } from './steps.js';

/** An image and its labels, and where in it its class is active: cells of one byte, which cover the image evenly. */
export interface Active {
  readonly image: Pixels;
  readonly mask: Pixels;
  readonly activation: Pixels;
}

/** A mixture of two images. */
export interface Snapped {
  readonly image: Pixels;
  /** Labels of the first, 255 in its box; labels of the second in the box, 255 elsewhere. */
  readonly mask: Pixels;
  readonly other: Pixels;
  /** The weights of both labels. They need not add up to 1. */
  readonly ratio: number;
  readonly otherRatio: number;
  /** The box in the first image, and the box of the second that lies in it now, enlarged or shrunk. */
  readonly box: Box;
  readonly from: Box;
}

/** Weights are rounded to this many places, so that a manifest can state them exactly. */
const PLACES = 6;

/**
 * Mixes two images by SnapMix (Huang, Wang and Tao 2021, "SnapMix: semantically proportional mixing for augmenting
 * fine-grained data"): a box of the second replaces one of another size in the first, and labels count by what the
 * boxes mean, not by their area. With `S` the activation of an image, made to sum up to 1 (see {@link shareIn}), the
 * label of the first counts `1 - sum of S in its box`, and that of the second `sum of its own S in its own box`. Both
 * boxes are those of {@link drawPatch}, each with its own draw from Beta(alpha, alpha).
 */
export function snap(own: Active, other: Active, { alpha }: Pick<SnapMix, 'alpha'>, draws: Draws): Snapped {
  const [box, from] = [own, other].map(({ image }) => drawPatch(image, drawBeta(alpha, draws), draws)) as [Box, Box];
  const unknown = nothingKnown(own.image);
  return {
    image: pasted(own.image, enlargeImage(other.image, from, box), box),
    mask: pasted(own.mask, nothingKnown(box), box),
    other: pasted(unknown, enlargeLabels(other.mask, from, box), box),
    ratio: rounded(1 - shareIn(own.activation, own.image, box)),
    otherRatio: rounded(shareIn(other.activation, other.image, from)),
    box,
    from,
  };
}

/**
 * The share of an image's activation that lies in a box: the sum over the box of `S = (v - min v) / sum (v - min v)`,
 * where a cell that the box cuts counts by the part that it covers. Where all cells are alike it is the box's share of
 * the area.
 *
 * @param image the size that the box is given for
 */
export function shareIn({ width, height, data }: Pixels, image: Size, box: Box): number {
  const least = data.reduce((a, b) => Math.min(a, b), 255);
  const across = covered(box.x, box.width, image.width, width);
  const down = covered(box.y, box.height, image.height, height);
  let [all, inside] = [0, 0];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x]! - least;
      all += value;
      inside += value * across[x]! * down[y]!;
    }
  return all > 0 ? inside / all : (box.width * box.height) / (image.width * image.height);
}

/** The part of each cell that an interval of the image covers, 0 to 1. */
function covered(start: number, length: number, image: number, cells: number): Float64Array {
  const scale = cells / image;
  const [from, to] = [start * scale, (start + length) * scale];
  return Float64Array.from({ length: cells }, (_, cell) => Math.max(0, Math.min(to, cell + 1) - Math.max(from, cell)));
}

function pasted(image: Pixels, piece: Pixels, { x, y }: Box): Pixels {
  const data = image.data.slice();
  const { channels } = image;
  const line = piece.width * channels;
  for (let row = 0; row < piece.height; row++)
    data.set(piece.data.subarray(row * line, (row + 1) * line), ((y + row) * image.width + x) * channels);
  return { ...image, data };
}

function rounded(value: number): number {
  return Number(Math.min(1, Math.max(0, value)).toFixed(PLACES));
}
