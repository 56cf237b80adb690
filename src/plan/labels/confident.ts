import type { RasterRows, ScoreBlock, ScoreRows } from '../../types.js';
import type { ScoreMeaning } from './score-map.js';

/** Which predictions are sure enough to learn from. */
export interface ConfidenceRule extends Pick<ScoreMeaning, 'labels' | 'exclusive'> {
  /** Above 0.5, to 1. */
  readonly confidence: number;
  /** Mask value of all other pixels. */
  readonly ignore: number;
}

/** Pixels by mask value. */
export interface ConfidentCount {
  /** What is predicted, sure or not: the largest of classes that exclude each other; else the largest above 0.5, or background. */
  readonly predicted: Float64Array;
  /** Those of it that are sure. */
  readonly kept: Float64Array;
  /** Pixels that no window looked at, where that is known. */
  unseen: number;
}

/** A count of nothing yet. */
export function emptyConfidentCount(): ConfidentCount {
  return { predicted: new Float64Array(256), kept: new Float64Array(256), unseen: 0 };
}

/**
 * Labels of the pixels whose prediction is sure, at confidence `c`; all others get the value that is ignored, as do pixels that no window
 * looked at.
 *
 * - Where classes exclude each other (softmax): the one with the largest probability `p`, background among them, where `p >= c`.
 * - Where they do not (sigmoid): the class with the largest `p` where `p >= c`; background where `p <= 1 - c` for every class.
 *
 * On a tie, the first wins. Adds what it finds to `count`.
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

function confident({ width, height, data }: ScoreBlock, rule: ConfidenceRule, count: ConfidentCount): Uint8Array {
  const { labels, exclusive, ignore } = rule;
  // Scores are float32: 0.95 as such is not less than the float64 0.95.
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
