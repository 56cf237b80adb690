import type { RasterRows, ScoreBlock, ScoreRows, Size } from '../../types.js';

/**
 * How the scores of a pixel become one label.
 *
 * - `argmax`: the channel with the largest score (on a tie, the first)
 * - `thresholds`: among the channels whose score exceeds their threshold, the one with the largest
 *   `score / threshold`; background if none does. A channel without a threshold, such as a softmax's background
 *   channel, never wins.
 */
export type LabelRule = {
  /** Mask value of each channel; 0 is background. */
  readonly labels: readonly number[];
} & ({ readonly kind: 'argmax' } | { readonly kind: 'thresholds'; readonly thresholds: readonly (number | undefined)[] });

/** What a pass of {@link labelRows} found, in pixels. */
export interface LabelCount {
  /** Pixels that some window covered. */
  covered: number;
  /** Pixels of each label, by mask value. */
  readonly perLabel: Float64Array;
}

/** Counts of zero. */
export function emptyLabelCount(): LabelCount {
  return { covered: 0, perLabel: new Float64Array(256) };
}

/**
 * Turns final scores into labels and adds the pixels to `count`. A pixel that no window covered becomes background
 * and does not count as covered.
 *
 * @param width of the rows, in px
 * @param left first column of the rows in the image, in px
 */
export function labelRows(rows: ScoreRows, width: number, rule: LabelRule, count: LabelCount, left: number = 0): RasterRows {
  const data = new Uint8Array(width * rows.height);
  putLabelRows(rows, { data, x: left, width }, rule, count);
  return { y: rows.y, width, height: rows.height, channels: 1, data };
}

/** Memory for rows of labels. Their first column in the image, and their width in px. */
export interface LabelMemory {
  readonly data: Uint8Array;
  readonly x: number;
  readonly width: number;
}

/** {@link labelRows} in memory that is there already. Pixels outside the blocks of the scores are left as they are. */
export function putLabelRows(rows: ScoreRows, { data, x, width }: LabelMemory, rule: LabelRule, count: LabelCount): void {
  for (const block of rows.blocks) labelBlock(block, { x, y: rows.y }, width, data, rule, count);
}

function labelBlock(
  block: ScoreBlock,
  { x, y }: { readonly x: number; readonly y: number },
  width: number,
  out: Uint8Array,
  rule: LabelRule,
  count: LabelCount,
): void {
  const at = (block.y - y) * width + block.x - x;
  const perLabel = putLabels(block, rule, out, at, width);
  const pixels = block.width * block.height;
  const covered = block.whole ? pixels : countNumbers(block.data, pixels);
  count.covered += covered;
  perLabel[0]! -= pixels - covered;
  for (let label = 0; label < perLabel.length; label++) count.perLabel[label]! += perLabel[label]!;
}

/**
 * Writes the label of each pixel of a block into rows that are `stride` px long, from index `at` on; 0 if a pixel has
 * no score.
 *
 * @returns how many pixels have each label
 */
function putLabels(block: ScoreBlock, rule: LabelRule, out: Uint8Array, at: number, stride: number): Uint32Array {
  const { width, height } = block;
  const rivals = rule.kind === 'argmax' ? [] : rivalsOf(block, rule.labels, rule.thresholds);
  if (rivals.length === 1) return putPassing(rivals[0]!, block, out, at, stride);
  const labels = rule.kind === 'argmax' ? argmax(block, rule.labels) : passing(rivals, width * height);
  const perLabel = new Uint32Array(256);
  for (let i = 0; i < labels.length; i++) perLabel[labels[i]!]!++;
  for (let r = 0; r < height; r++) out.set(labels.subarray(r * width, (r + 1) * width), at + r * stride);
  return perLabel;
}

/** A channel that has a threshold, so that it may win a pixel. */
interface Rival {
  readonly scores: Float32Array;
  readonly threshold: number;
  readonly label: number;
}

function rivalsOf(
  { width, height, data }: ScoreBlock,
  labels: readonly number[],
  thresholds: readonly (number | undefined)[],
): Rival[] {
  const plane = width * height;
  return thresholds.flatMap((exact, channel): Rival[] => {
    if (exact === undefined) return [];
    // Scores are float32. Compared with the float64 threshold 0.2, a score of 0.2 would exceed it.
    const threshold = Math.fround(exact);
    return [{ scores: data.subarray(channel * plane, (channel + 1) * plane), threshold, label: labels[channel]! }];
  });
}

/** How many of the first `length` values are not NaN. */
function countNumbers(values: Float32Array, length: number): number {
  let numbers = 0;
  for (let i = 0; i < length; i++) numbers += Number(!Number.isNaN(values[i]!));
  return numbers;
}

/** The label of each pixel of a block; 0 if a pixel has no score. */
function argmax({ width, height, classes, data }: ScoreBlock, labels: readonly number[]): Uint8Array {
  const plane = width * height;
  const best = data.slice(0, plane);
  const out = new Uint8Array(plane).fill(labels[0]!);
  for (let c = 1; c < classes; c++) {
    const label = labels[c]!;
    const from = c * plane;
    for (let i = 0; i < plane; i++) {
      const score = data[from + i]!;
      if (score > best[i]!) {
        best[i] = score;
        out[i] = label;
      }
    }
  }
  if (labels[0] !== 0) for (let i = 0; i < plane; i++) if (Number.isNaN(best[i]!)) out[i] = 0;
  return out;
}

/**
 * {@link putLabels} for a rule in which only one channel has a threshold. It has no branch: at the borders of small
 * objects, branch mispredictions would take longer than everything else here. It handles four pixels at a time,
 * because V8 does not unroll loops.
 */
function putPassing(
  { scores, threshold, label }: Rival,
  { width, height }: Size,
  out: Uint8Array,
  at: number,
  stride: number,
): Uint32Array {
  // Created before the loop on purpose. After the loop, V8 would meet this line for the first time once the loop is
  // compiled, and would throw the compiled code away.
  const perLabel = new Uint32Array(256);
  let hits = 0;
  for (let r = 0; r < height; r++) {
    const to = at + r * stride;
    const from = r * width;
    let i = 0;
    for (; i + 4 <= width; i += 4) {
      const a = Number(scores[from + i]! > threshold);
      const b = Number(scores[from + i + 1]! > threshold);
      const c = Number(scores[from + i + 2]! > threshold);
      const d = Number(scores[from + i + 3]! > threshold);
      out[to + i] = a * label;
      out[to + i + 1] = b * label;
      out[to + i + 2] = c * label;
      out[to + i + 3] = d * label;
      hits += a + b + c + d;
    }
    for (; i < width; i++) {
      const hit = Number(scores[from + i]! > threshold);
      out[to + i] = hit * label;
      hits += hit;
    }
  }
  perLabel[0] = width * height - hits;
  perLabel[label]! += hits;
  return perLabel;
}

/** The label of each pixel; 0 if no channel exceeds its threshold or there is no score. */
function passing(rivals: readonly Rival[], plane: number): Uint8Array {
  const out = new Uint8Array(plane);
  const best = new Float32Array(plane);
  for (const { scores, threshold, label } of rivals) {
    const scale = 1 / Math.max(threshold, Number.MIN_VALUE);
    for (let i = 0; i < plane; i++) {
      const score = scores[i]!;
      if (!(score > threshold)) continue;
      // Rounded to float32, so that on a tie the first channel stays.
      const ratio = Math.fround(score * scale);
      if (ratio > best[i]!) {
        best[i] = ratio;
        out[i] = label;
      }
    }
  }
  return out;
}
