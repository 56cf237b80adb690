import { emptyLabelCount, type LabelRule, labelRows } from '../plan/labels/labels.js';
import type { ScoreBlock } from '../types.js';

/** How much two ways to score the same pixels differ. All are whole numbers, so that they can be added in any order. */
export interface ScoreDifference {
  /** Pixels that both ways scored. */
  readonly pixels: number;
  /** Those among them whose labels differ. */
  readonly labels: number;
  /** The number of probabilities that were compared: a pixel has one for each channel. */
  readonly probabilities: number;
  /** The sum of their differences and the largest of them, in {@link DIFFERENCE_UNIT}. */
  readonly sum: number;
  readonly largest: number;
}

/** The unit of differences in probability. */
export const DIFFERENCE_UNIT: number = 2 ** -24;

/** No pixels. */
export const noDifference: ScoreDifference = { pixels: 0, labels: 0, probabilities: 0, sum: 0, largest: 0 };

/** The differences in two sets of pixels together. */
export function addDifference(a: ScoreDifference, b: ScoreDifference): ScoreDifference {
  return {
    pixels: a.pixels + b.pixels,
    labels: a.labels + b.labels,
    probabilities: a.probabilities + b.probabilities,
    sum: a.sum + b.sum,
    largest: Math.max(a.largest, b.largest),
  };
}

/**
 * Compares the probabilities and labels of two ways to score a rectangle. Pixels that one of them did not score do not
 * count.
 *
 * @param one probabilities, NaN where there are none
 * @param other those of the same rectangle in the other way
 */
export function scoreDifference(one: ScoreBlock, other: ScoreBlock, rule: LabelRule): ScoreDifference {
  const plane = one.width * one.height;
  const labelled = (block: ScoreBlock): Uint8Array =>
    labelRows({ y: block.y, height: block.height, blocks: [block] }, block.width, rule, emptyLabelCount(), block.x).data;
  const [first, second] = [labelled(one), labelled(other)];
  let [pixels, labels, probabilities, sum, largest] = [0, 0, 0, 0, 0];
  for (let i = 0; i < plane; i++) {
    if (Number.isNaN(one.data[i]!) || Number.isNaN(other.data[i]!)) continue;
    pixels++;
    if (first[i] !== second[i]) labels++;
    for (let at = i; at < one.data.length; at += plane) {
      const units = Math.round(Math.abs(one.data[at]! - other.data[at]!) / DIFFERENCE_UNIT);
      probabilities++;
      sum += units;
      largest = Math.max(largest, units);
    }
  }
  return { pixels, labels, probabilities, sum, largest };
}
