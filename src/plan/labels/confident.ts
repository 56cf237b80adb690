import type { RasterRows, ScoreBlock, ScoreRows } from '../../types.js';
import type { ScoreMeaning } from '../scores/score-map.js';

/** Which predictions are confident enough to be used as training labels. */
export interface ConfidenceRule extends Pick<ScoreMeaning, 'labels' | 'exclusive'> {
  /** The least confidence, above 0.5 and at most 1; with `background` anything above that. */
  readonly confidence: number;
  /** The highest probability that any class may have where background is sure; undefined for the rule of confidence alone. */
  readonly background: number | undefined;
  /** Mask value of all other pixels. */
  readonly ignore: number;
}

/** Pixels by mask value. */
export interface ConfidentCount {
  /**
   * All predictions, confident or not. Exclusive classes: the class with the largest probability. Otherwise, and with a
   * level of background: the class with the largest probability above 0.5 (moved between both levels, if it is not), or
   * background.
   */
  readonly predicted: Float64Array;
  /** The confident ones among them. */
  readonly kept: Float64Array;
  /** Pixels that no window covered, if the scores show it: they are missing or NaN. */
  unseen: number;
}

/** Counts of zero. */
export function emptyConfidentCount(): ConfidentCount {
  return { predicted: new Float64Array(256), kept: new Float64Array(256), unseen: 0 };
}

/**
 * The labels of the pixels whose prediction is confident, at confidence `c`. All other pixels get the value
 * `rule.ignore`, including those that no window covered.
 *
 * - If classes exclude each other (softmax): the class, or background, with the largest probability `p`, if `p >= c`.
 * - If they do not (sigmoid): the class with the largest `p`, if `p >= c`; background, if `p <= 1 - c` for every
 *   class.
 *
 * With `rule.background` = `b` both kinds of scores are treated alike, for maps that are not calibrated: the class other
 * than background with the largest `p`, if `p >= c`; background, if `p <= b` for every such class.
 *
 * On a tie, the first class wins. The pixels are added to `count`.
 *
 * @param width of the rows, in px
 */
export function confidentRows(rows: ScoreRows, width: number, rule: ConfidenceRule, count: ConfidentCount): RasterRows {
  const data = new Uint8Array(width * rows.height).fill(rule.ignore);
  let seen = 0;
  for (const block of rows.blocks) {
    const labels = confident(block, rule, count);
    for (let row = 0; row < block.height; row++) {
      const line = labels.subarray(row * block.width, (row + 1) * block.width);
      data.set(line, (block.y - rows.y + row) * width + block.x);
    }
    seen += block.width * block.height;
  }
  count.unseen += data.length - seen;
  return { y: rows.y, width, height: rows.height, channels: 1, data };
}

function confident(block: ScoreBlock, rule: ConfidenceRule, count: ConfidentCount): Uint8Array {
  return rule.background === undefined ? byConfidence(block, rule, count) : byLevels(block, rule, rule.background, count);
}

function byLevels(
  { width, height, data }: ScoreBlock,
  { labels, confidence, ignore }: ConfidenceRule,
  background: number,
  count: ConfidentCount,
): Uint8Array {
  const [sure, none] = [Math.fround(confidence), Math.fround(background)];
  const half = Math.min(Math.max(0.5, none), sure);
  const plane = width * height;
  const channels = [...labels.keys()].filter((channel) => labels[channel] !== 0);
  const out = new Uint8Array(plane).fill(ignore);
  for (let i = 0; i < plane; i++) {
    let best = channels[0]!;
    for (const channel of channels) if (data[channel * plane + i]! > data[best * plane + i]!) best = channel;
    const score = data[best * plane + i]!;
    if (Number.isNaN(score)) {
      count.unseen++;
      continue;
    }
    count.predicted[score > half || score >= sure ? labels[best]! : 0]!++;
    if (score < sure && score > none) continue;
    out[i] = score >= sure ? labels[best]! : 0;
    count.kept[out[i]!]!++;
  }
  return out;
}

function byConfidence({ width, height, data }: ScoreBlock, rule: ConfidenceRule, count: ConfidentCount): Uint8Array {
  const { labels, exclusive, ignore } = rule;
  // Scores are float32, so they are compared with the confidence rounded to float32: a score of 0.95 passes at 0.95.
  const sure = Math.fround(rule.confidence);
  const none = Math.fround(1 - rule.confidence);
  const plane = width * height;
  const out = new Uint8Array(plane).fill(ignore);
  for (let i = 0; i < plane; i++) {
    let best = 0;
    let score = data[i]!;
    for (let c = 1, at = i + plane; c < labels.length; c++, at += plane) {
      if (!(data[at]! > score)) continue;
      best = c;
      score = data[at]!;
    }
    if (Number.isNaN(score)) {
      count.unseen++;
      continue;
    }
    const label = exclusive || score > 0.5 ? labels[best]! : 0;
    count.predicted[label]!++;
    if (score >= sure || (!exclusive && score <= none)) {
      count.kept[label]!++;
      out[i] = label;
    }
  }
  return out;
}
