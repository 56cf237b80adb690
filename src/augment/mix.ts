import { IGNORED } from '../plan/labels/ignored.js';
import type { Box, Pixels, Size } from '../types.js';
import { type Draws, drawBeta } from './draws.js';

/** Ratios of mixup are multiples of 1 / PARTS, so that a manifest can state them exactly. */
const PARTS = 10_000;

/**
 * Draws the share of the tile itself in a mixture, from 1/2 to 1: a draw from Beta(alpha, alpha) or 1 minus that
 * draw, whichever is larger (Berthelot et al. 2019, "MixMatch"). So a copy mostly shows the tile that it is named
 * after.
 */
export function drawRatio(alpha: number, draws: Draws): number {
  const drawn = drawBeta(alpha, draws);
  return Math.round(Math.max(drawn, 1 - drawn) * PARTS) / PARTS;
}

/**
 * Two RGB images blended, `ratio own + (1 - ratio) other`, rounded half up (Zhang, Cisse, Dauphin and Lopez-Paz 2018,
 * "mixup: beyond empirical risk minimization").
 *
 * @param ratio as {@link drawRatio} gives it
 */
export function blend(own: Pixels, other: Pixels, ratio: number): Pixels {
  const weight = Math.round(ratio * PARTS);
  const rest = PARTS - weight;
  const data = new Uint8Array(own.data.length);
  for (let i = 0; i < data.length; i++) data[i] = (weight * own.data[i]! + rest * other.data[i]! + PARTS / 2) / PARTS;
  return { ...own, data };
}

/**
 * Draws the box that is replaced by another tile (Yun et al. 2019, "CutMix: regularization strategy to train strong
 * classifiers with localizable features"). Its sides are those of the tile times the square root of `1 - ratio`, its
 * centre is any pixel, and it is cut at the border. Because of that cut and of rounding to whole pixels,
 * {@link ownShare} gives the actual ratio.
 */
export function drawPatch({ width, height }: Size, ratio: number, draws: Draws): Box {
  const side = Math.sqrt(1 - ratio);
  const [x, right] = cut(draws.below(width), Math.max(1, Math.round(side * width)), width);
  const [y, bottom] = cut(draws.below(height), Math.max(1, Math.round(side * height)), height);
  return { x, y, width: right - x, height: bottom - y };
}

function cut(centre: number, side: number, length: number): readonly [start: number, end: number] {
  const start = centre - (side >> 1);
  return [Math.max(0, start), Math.min(length, start + side)];
}

/** The share of a tile that is outside the box. */
export function ownShare({ width, height }: Size, box: Box): number {
  return 1 - (box.width * box.height) / (width * height);
}

/** An image or mask in which the box is replaced by that part of another one of the same size. */
export function lay(own: Pixels, other: Pixels, { x, y, width, height }: Box): Pixels {
  const data = own.data.slice();
  const { channels } = own;
  for (let row = y; row < y + height; row++) {
    const first = (row * own.width + x) * channels;
    data.set(other.data.subarray(first, first + width * channels), first);
  }
  return { ...own, data };
}

/** A mask in which every pixel is ignored. */
export function nothingKnown({ width, height }: Size): Pixels {
  return { width, height, channels: 1, data: new Uint8Array(width * height).fill(IGNORED) };
}
