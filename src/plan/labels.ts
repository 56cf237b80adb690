import type { RasterRows, ScoreBlock, ScoreRows } from '../types.js';

/**
 * How the scores of a pixel become one label.
 *
 * - `argmax`: the channel with the largest score (the first of equals)
 * - `thresholds`: among the channels whose score exceeds their threshold, the one with the largest `score / threshold`; background
 *   where none does. A channel without a threshold, such as a softmax's background channel, never wins.
 */
export type LabelRule = {
  /** Mask value of each channel; 0 is background. */
  readonly labels: readonly number[];
} & ({ readonly kind: 'argmax' } | { readonly kind: 'thresholds'; readonly thresholds: readonly (number | undefined)[] });

/** What a pass of {@link labelRows} found, in pixels. */
export interface LabelCount {
  /** Pixels that some window looked at. */
  covered: number;
  /** Pixels of each label, by mask value. */
  readonly perLabel: Float64Array;
}

/** A count of nothing yet. */
export function emptyLabelCount(): LabelCount {
  return { covered: 0, perLabel: new Float64Array(256) };
}

/** Turns final scores into labels and adds what it finds to `count`. A pixel that no window looked at is background, not covered. */
export function labelRows(rows: ScoreRows, width: number, rule: LabelRule, count: LabelCount): RasterRows {
  const data = new Uint8Array(width * rows.height);
  for (const block of rows.blocks) labelBlock(block, rows.y, width, data, rule, count);
  return { y: rows.y, width, height: rows.height, channels: 1, data };
}

function labelBlock(block: ScoreBlock, top: number, width: number, out: Uint8Array, rule: LabelRule, count: LabelCount): void {
  const winner = rule.kind === 'argmax' ? argmax(block) : passing(block, rule.thresholds);
  for (let r = 0; r < block.height; r++) {
    const to = (block.y - top + r) * width + block.x;
    for (let i = 0; i < block.width; i++) {
      const at = r * block.width + i;
      if (Number.isNaN(block.data[at]!)) continue;
      count.covered++;
      const channel = winner[at]!;
      const label = channel === NONE ? 0 : rule.labels[channel]!;
      count.perLabel[label]!++;
      out[to + i] = label;
    }
  }
}

/** No channel won. Channels are fewer than labels, of which there are 255. */
const NONE = 0xffff;

function argmax(block: ScoreBlock): Uint16Array {
  const plane = block.width * block.height;
  const winner = new Uint16Array(plane);
  const best = block.data.slice(0, plane);
  for (let c = 1; c < block.classes; c++) {
    const from = c * plane;
    for (let i = 0; i < plane; i++) {
      const score = block.data[from + i]!;
      if (score > best[i]!) {
        best[i] = score;
        winner[i] = c;
      }
    }
  }
  return winner;
}

function passing(block: ScoreBlock, thresholds: readonly (number | undefined)[]): Uint16Array {
  const plane = block.width * block.height;
  const winner = new Uint16Array(plane).fill(NONE);
  const best = new Float32Array(plane);
  for (let c = 0; c < block.classes; c++) {
    const exact = thresholds[c];
    if (exact === undefined) continue;
    // Scores are float32: compared with the float64 threshold, a score of "0.2" would exceed 0.2.
    const threshold = Math.fround(exact);
    const from = c * plane;
    const scale = 1 / Math.max(threshold, Number.MIN_VALUE);
    for (let i = 0; i < plane; i++) {
      const score = block.data[from + i]!;
      if (score > threshold && score * scale > best[i]!) {
        best[i] = score * scale;
        winner[i] = c;
      }
    }
  }
  return winner;
}
