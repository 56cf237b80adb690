import type { Size } from '../../types.js';

/** Scores of one window: planes of `width * height` floats. */
export interface ScorePlanes extends Size {
  readonly data: Float32Array;
}

/** Steps by which an image is shifted to find the phase, the largest first: strides of networks are powers of two. */
export const SHIFTS = [64, 32, 16, 8, 4, 2, 1] as const;

/** Side of the patch that is changed, in px. */
export const PATCH = 32;

/** Differences of scores below this are rounding: onnxruntime adds in another order at another place. */
const ROUNDING = 1e-5;

/**
 * How far scores change around a patch in the middle of a window that is changed: the largest distance of a score from the patch, in px along an axis.
 *
 * @param before scores of the window
 * @param after scores of the window with another patch of {@link PATCH} px, its first column and row at half of the window less half of its side
 * @returns 0 where nothing beyond the patch changes; undefined where scores change up to the window's border, so that no reach is seen
 */
export function reachOf(before: ScorePlanes, after: ScorePlanes): number | undefined {
  const { width, height } = before;
  const [left, top] = [middleOf(width), middleOf(height)];
  let reach = 0;
  for (let i = 0; i < before.data.length; i++) {
    if (before.data[i] === after.data[i]) continue;
    const at = i % (width * height);
    const x = at % width;
    const y = Math.floor(at / width);
    reach = Math.max(reach, left - x, x - (left + PATCH - 1), top - y, y - (top + PATCH - 1));
  }
  return reach >= Math.min(left, top) ? undefined : reach;
}

/** Where the patch begins along an axis. */
export function middleOf(length: number): number {
  return Math.floor(length / 2) - PATCH / 2;
}

/**
 * The largest difference between scores of one window and of another that begins `shift` px to the right and below, where both look at the same place and
 * neither border is nearer than `reach`.
 *
 * @returns undefined where there is no such place
 */
export function shiftedDifference(base: ScorePlanes, shifted: ScorePlanes, shift: number, reach: number): number | undefined {
  const { width, height, data } = base;
  const plane = width * height;
  let most: number | undefined;
  for (let from = 0; from < data.length; from += plane) {
    for (let y = shift + reach; y < height - reach; y++) {
      const row = from + y * width;
      const other = from + (y - shift) * width - shift;
      for (let x = shift + reach; x < width - reach; x++)
        most = Math.max(most ?? 0, Math.abs(data[row + x]! - shifted.data[other + x]!));
    }
  }
  return most;
}

/** Whether two scores of one place are the same but for rounding. */
export function isSameScore(difference: number): boolean {
  return difference <= ROUNDING;
}

/**
 * By how much labels of two windows that see the same place differ, by the distance to the nearer of their borders: at each distance, how many pixels
 * were compared, and how many of them had another label.
 */
export interface FlipCounts {
  readonly compared: Float64Array;
  readonly flipped: Float64Array;
}

/** Counts of nothing yet, for windows of a size. */
export function noFlips({ width, height }: Size): FlipCounts {
  const length = Math.ceil(Math.min(width, height) / 2) + 1;
  return { compared: new Float64Array(length), flipped: new Float64Array(length) };
}

/**
 * Adds the labels of two windows, the second of which begins `shift` px to the right and below.
 *
 * @param base labels of the first, one a pixel
 */
export function countFlips(
  counts: FlipCounts,
  base: Uint8Array,
  shifted: Uint8Array,
  { width, height }: Size,
  shift: number,
): void {
  for (let y = shift; y < height; y++) {
    for (let x = shift; x < width; x++) {
      const [dx, dy] = [x - shift, y - shift];
      const distance = Math.min(dx, dy, width - 1 - x, height - 1 - y);
      counts.compared[distance]!++;
      if (base[y * width + x] !== shifted[dy * width + dx]) counts.flipped[distance]!++;
    }
  }
}

/** The share of labels that differ where both borders are at least so far away; undefined where nothing was compared there. */
export function flippedBeyond({ compared, flipped }: FlipCounts, margin: number): number | undefined {
  let [pixels, others] = [0, 0];
  for (let distance = margin; distance < compared.length; distance++) {
    pixels += compared[distance]!;
    others += flipped[distance]!;
  }
  return pixels === 0 ? undefined : others / pixels;
}

/** The smallest margin, a multiple of 8 px, beyond which at most a share of labels differs; undefined where none was seen. */
export function marginFor(counts: FlipCounts, share: number): number | undefined {
  for (let margin = 0; margin < counts.compared.length; margin += 8) {
    const flipped = flippedBeyond(counts, margin);
    if (flipped === undefined) return undefined;
    if (flipped <= share) return margin;
  }
  return undefined;
}
