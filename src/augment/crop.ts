import { IGNORED } from '../plan/labels/ignored.js';
import { nearest } from '../plan/labels/stretch.js';
import { placeAround } from '../plan/sampling/places.js';
import type { Box, Pixels, Size } from '../types.js';
import type { Draws } from './draws.js';
import type { NonEmptyCrop } from './steps.js';

/**
 * Draws a box that contains a labelled pixel. Every labelled pixel is equally likely to be chosen, and so is every
 * position of the box around it. The sides of the box are those of the tile times a number drawn from `scale`.
 *
 * @param known the part of the tile, from its top left, that lies on the slide; the pixel is chosen from it
 * @returns the box in pixels of the tile, or undefined if no pixel is labelled
 */
export function drawCrop(mask: Pixels, { scale }: Pick<NonEmptyCrop, 'scale'>, known: Size, draws: Draws): Box | undefined {
  const share = draws.between(scale[0], scale[1]);
  const width = Math.max(1, Math.round(share * mask.width));
  const height = Math.max(1, Math.round(share * mask.height));
  const count = labelled(mask, known, Number.POSITIVE_INFINITY).passed;
  if (count === 0) return undefined;
  const { x, y } = labelled(mask, known, draws.below(count));
  return { ...placeAround({ x, y, width: 1, height: 1 }, mask, { width, height }, [draws.one(), draws.one()]), width, height };
}

/**
 * The labelled pixel number `rank`, from 0, in row-major order, and how many were passed before it; with too high a
 * rank, the count of all.
 */
function labelled({ width, data }: Pixels, known: Size, rank: number): { x: number; y: number; passed: number } {
  let passed = 0;
  for (let y = 0; y < known.height; y++) {
    for (let x = 0; x < known.width; x++) {
      const label = data[y * width + x]!;
      if (label === 0 || label === IGNORED) continue;
      if (passed === rank) return { x, y, passed };
      passed++;
    }
  }
  return { x: 0, y: 0, passed };
}

/** A part of an image, enlarged: bilinear with half-pixel centres, edges repeated, rounded half up. */
export function enlargeImage({ width: stride, channels, data }: Pixels, box: Box, { width, height }: Size): Pixels {
  const across = steps(box.x, box.width, width);
  const down = steps(box.y, box.height, height);
  const out = new Uint8Array(width * height * channels);
  for (let y = 0, o = 0; y < height; y++) {
    const upper = down.first[y]! * stride;
    const lower = down.last[y]! * stride;
    const v = down.weight[y]!;
    for (let x = 0; x < width; x++) {
      const left = across.first[x]!;
      const right = across.last[x]!;
      const u = across.weight[x]!;
      for (let c = 0; c < channels; c++) {
        const top = (1 - u) * data[(upper + left) * channels + c]! + u * data[(upper + right) * channels + c]!;
        const bottom = (1 - u) * data[(lower + left) * channels + c]! + u * data[(lower + right) * channels + c]!;
        out[o++] = (1 - v) * top + v * bottom + 0.5;
      }
    }
  }
  return { width, height, channels, data: out };
}

/** A part of a mask, enlarged by nearest neighbour, pixel centre to pixel centre. */
export function enlargeLabels(mask: Pixels, box: Box, { width, height }: Size): Pixels {
  const columns = Int32Array.from({ length: width }, (_, x) => box.x + nearest(x, box.width, width));
  const data = new Uint8Array(width * height);
  for (let y = 0, o = 0; y < height; y++) {
    const row = (box.y + nearest(y, box.height, height)) * mask.width;
    for (let x = 0; x < width; x++) data[o++] = mask.data[row + columns[x]!]!;
  }
  return { width, height, channels: 1, data };
}

/** Which two source pixels each output pixel lies between, and the weight of the second. */
function steps(start: number, from: number, to: number): { first: Int32Array; last: Int32Array; weight: Float64Array } {
  const centres = Float64Array.from({ length: to }, (_, i) => ((i + 0.5) * from) / to - 0.5);
  const within = (index: number): number => start + Math.min(Math.max(index, 0), from - 1);
  return {
    first: Int32Array.from(centres, (centre) => within(Math.floor(centre))),
    last: Int32Array.from(centres, (centre) => within(Math.floor(centre) + 1)),
    weight: centres.map((centre) => centre - Math.floor(centre)),
  };
}
