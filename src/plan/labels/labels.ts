import type { RasterRows, ScoreBlock, ScoreRows } from '../../types.js';
import { type LabelLoops, plainLabelLoops, type Rival, type Winners } from './label-loops.js';

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

/**
 * {@link labelRows} in memory that is there already. Pixels outside the blocks of the scores are left as they are.
 *
 * @param loops that can work on the scores
 */
export function putLabelRows(
  rows: ScoreRows,
  memory: LabelMemory,
  rule: LabelRule,
  count: LabelCount,
  loops: LabelLoops = plainLabelLoops,
): void {
  for (const block of rows.blocks) {
    const pixels = block.width * block.height;
    const { labels, perLabel } = labelBlock(block, rule, loops);
    put(labels, block, rows.y, memory);
    const covered = block.whole ? pixels : loops.countNumbers(block.data.subarray(0, pixels));
    count.covered += covered;
    perLabel[0]! -= pixels - covered;
    for (let label = 0; label < perLabel.length; label++) count.perLabel[label]! += perLabel[label]!;
  }
}

/** The labels of the pixels of a block, and how many pixels have each. */
interface BlockLabels {
  readonly labels: Uint8Array;
  readonly perLabel: Uint32Array;
}

/** Writes the labels of a block into rows from row `y` of the image on. */
function put(labels: Uint8Array, block: ScoreBlock, y: number, { data, x, width }: LabelMemory): void {
  const at = (block.y - y) * width + block.x - x;
  for (let r = 0; r < block.height; r++) data.set(labels.subarray(r * block.width, (r + 1) * block.width), at + r * width);
}

/** The label of each pixel of a block, row by row; 0 if a pixel has no score. They may use memory of the loops. */
function labelBlock(block: ScoreBlock, rule: LabelRule, loops: LabelLoops): BlockLabels {
  const pixels = block.width * block.height;
  const labels = loops.labels(pixels);
  const rivals = rule.kind === 'argmax' ? [] : rivalsOf(block, rule.labels, rule.thresholds);
  if (rivals.length === 1) return { labels, perLabel: marked(rivals[0]!, labels, loops) };
  const winners = { labels, best: loops.best(pixels) };
  if (rule.kind === 'argmax') argmax(block, rule.labels, winners, loops);
  else {
    labels.fill(0);
    winners.best.fill(0);
    for (const rival of rivals) loops.contend(rival, winners);
  }
  return { labels, perLabel: loops.tally(labels, rule.labels) };
}

/** Labels the pixels of the only rival, and returns how many pixels have each label. */
function marked(rival: Rival, labels: Uint8Array, loops: LabelLoops): Uint32Array {
  const perLabel = new Uint32Array(256);
  const hits = loops.mark(rival, labels);
  perLabel[0] = labels.length - hits;
  perLabel[rival.label]! += hits;
  return perLabel;
}

function argmax(block: ScoreBlock, channelLabels: readonly number[], winners: Winners, loops: LabelLoops): void {
  const { labels, best } = winners;
  best.set(planeOf(block, 0));
  labels.fill(channelLabels[0]!);
  for (let c = 1; c < block.classes; c++) loops.rise(planeOf(block, c), channelLabels[c]!, winners);
  if (channelLabels[0] === 0 || block.whole) return;
  for (let i = 0; i < best.length; i++) if (Number.isNaN(best[i]!)) labels[i] = 0;
}

function rivalsOf(block: ScoreBlock, labels: readonly number[], thresholds: readonly (number | undefined)[]): readonly Rival[] {
  return thresholds.flatMap((exact, channel): Rival[] => {
    if (exact === undefined) return [];
    // Scores are float32. Compared with the float64 threshold 0.2, a score of 0.2 would exceed it.
    const threshold = Math.fround(exact);
    const scale = 1 / Math.max(threshold, Number.MIN_VALUE);
    return [{ scores: planeOf(block, channel), threshold, scale, label: labels[channel]! }];
  });
}

function planeOf({ width, height, data }: ScoreBlock, channel: number): Float32Array {
  return data.subarray(channel * width * height, (channel + 1) * width * height);
}
