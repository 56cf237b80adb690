import type { Size } from '../../types.js';

/** The scores of one window: planes of `width * height` floats. */
export interface ScorePlanes extends Size {
  readonly data: Float32Array;
}

/** Side of the patch that is changed, in px. */
export const PATCH = 32;

/** Differences between scores up to this are rounding: onnxruntime may add in a different order at another place. */
const ROUNDING = 1e-5;

/**
 * How far a change of a patch in the middle of a window reaches: the largest distance from the patch, in px along an axis, at
 * which a score changes.
 *
 * @param before scores of the window
 * @param after scores of the window with another patch of {@link PATCH} px, whose first column and row are at
 *   {@link middleOf}
 * @returns 0 if nothing outside the patch changes; undefined if scores change up to the border of the window, so that the
 *   reach cannot be seen
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

/** The first px of the patch along an axis of a window of some length. */
export function middleOf(length: number): number {
  return Math.floor(length / 2) - PATCH / 2;
}

/**
 * The largest difference between the scores of one window and of a second one that begins `shift` px further right and
 * down. Compares only places that both windows see at least `reach` px from their borders.
 *
 * @returns undefined if there is no such place
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

/** Whether two scores of the same place differ by no more than rounding. */
export function isSameScore(difference: number): boolean {
  return difference <= ROUNDING;
}

/**
 * How often labels of two windows that see the same place differ, by the distance of the place to the nearer of the two
 * windows' borders: for each distance in px, the number of pixels that were compared and of those with different labels.
 */
export interface FlipCounts {
  readonly compared: Float64Array;
  readonly flipped: Float64Array;
}

/** Empty counts for windows of a size. */
export function noFlips({ width, height }: Size): FlipCounts {
  const length = Math.ceil(Math.min(width, height) / 2) + 1;
  return { compared: new Float64Array(length), flipped: new Float64Array(length) };
}

/**
 * Compares the labels of two windows, the second of which begins `shift` px further right and down, and adds to the
 * counts.
 *
 * @param base labels of the first window, one per pixel
 * @param shifted labels of the second window, which has the same size
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

/** The share of labels that differ at places at least `margin` px from both borders; undefined if none were compared there. */
export function flippedBeyond({ compared, flipped }: FlipCounts, margin: number): number | undefined {
  let [pixels, others] = [0, 0];
  for (let distance = margin; distance < compared.length; distance++) {
    pixels += compared[distance]!;
    others += flipped[distance]!;
  }
  return pixels === 0 ? undefined : others / pixels;
}

/**
 * The smallest margin, in multiples of 8 px, beyond which at most the given share of labels differs; undefined if there is
 * none.
 */
export function marginFor(counts: FlipCounts, share: number): number | undefined {
  for (let margin = 0; margin < counts.compared.length; margin += 8) {
    const flipped = flippedBeyond(counts, margin);
    if (flipped === undefined) return undefined;
    if (flipped <= share) return margin;
  }
  return undefined;
}
