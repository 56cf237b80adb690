import { type CleanedCount, type CleanUp, createCleaner } from '../../plan/labels/cleaning/clean-up.js';
import { scoreEnlarger } from '../../plan/labels/enlarge.js';
import { emptyLabelCount, type LabelCount, labelRows } from '../../plan/labels/labels.js';
import { stretcher } from '../../plan/labels/stretch.js';
import type { Crossing, WindowFacts } from '../../strip/strip.js';
import type { RasterRows, ScoreRows, Sink, Size, SpanningSize } from '../../types.js';
import type { StageClock } from '../records/stage-clock.js';
import { labelsWithin, regionRows, scoresWithin } from '../tissue/region.js';
import { labelStrips, type StripSettings } from './label-strips.js';

/** The settings that turn final scores into labels. */
export interface LabelSettings extends StripSettings {
  /** What the clean-up removes, with sizes in pixels of the scores. */
  readonly cleanUp: CleanUp | undefined;
  /**
   * What is resized to the size of the output: labels, by nearest neighbour (the default), or scores, bilinear and
   * without a clean-up.
   */
  readonly enlarge?: 'labels' | 'scores' | undefined;
}

/** The labelled pixels after the clean-up, and the effect of the clean-up if there was one. */
export interface LabelResult extends LabelCount {
  readonly cleaned: CleanedCount | undefined;
  /** The number of pixels of the image that was counted: the image of scores, or the output if scores were resized to it. */
  readonly pixels: number;
  /** How many of these pixels lie in the region of interest; all of them if there is no region. */
  readonly inside: number;
}

/** The sinks for labels and for the scores that labels are made from. */
export interface LabelSinks {
  /** Take labels at the size of the output. */
  readonly labels: readonly Pick<Sink<RasterRows>, 'write'>[];
  /**
   * Take probabilities at the size of the scores. They no longer use the memory of the rows after `write` has returned
   * its promise, even while that is pending.
   */
  readonly scores: readonly Sink<ScoreRows>[];
}

/** Whether scores are resized to the output before labels are made from them. */
export function isFiner(size: SpanningSize, output: Size, enlarge: LabelSettings['enlarge']): boolean {
  return enlarge === 'scores' && !isSame(size, output);
}

function isSame(size: SpanningSize, output: Size): boolean {
  const { spans = size } = size;
  return [size, spans].every(({ width, height }) => width === output.width && height === output.height);
}

/**
 * Turns final scores into labels at the size of the output and writes both to the sinks in step, from top to bottom.
 * Writing goes on while the next scores are made.
 *
 * @param size of the image of scores, in px
 * @param output size of the labels that the sinks take, in px
 * @throws any error of the scores and sinks; the caller aborts the sinks
 */
export function labelScores(
  scores: AsyncIterable<ScoreRows>,
  size: SpanningSize,
  settings: LabelSettings,
  sinks: LabelSinks,
  output: Size,
  clock: StageClock,
): Promise<LabelResult> {
  const needs = { finer: isFiner(size, output, settings.enlarge), scores: sinks.scores.length > 0 };
  const strips = labelStrips(scores, size, { start: 0, length: size.width }, settings, needs, clock);
  return finishStrips(strips, size, settings, sinks, output, clock, () => undefined);
}

/**
 * The lower half of the pipeline, from strips to files: writes strips of the working image to the sinks. It depends
 * only on the strips, not on how they were made.
 *
 * @param size of the working image, in px
 * @param output size of the labels that the sinks take, in px
 * @param onFacts called with the facts on windows
 * @throws any error of the strips and sinks; the caller aborts the sinks
 */
export async function finishStrips(
  strips: AsyncIterable<Crossing>,
  size: SpanningSize,
  { rule, cleanUp, enlarge: what, region }: LabelSettings,
  sinks: LabelSinks,
  output: Size,
  clock: StageClock,
  onFacts: (facts: WindowFacts) => void,
): Promise<LabelResult> {
  const finer = isFiner(size, output, what);
  const counted = finer ? output : size;
  const stretch = stretcher(counted, output);
  const enlarge = finer ? scoreEnlarger(size, output, rule.labels.length) : undefined;
  const cleaner = cleanUp && createCleaner(size, cleanUp);
  const count = emptyLabelCount();
  const rowsAt = (at: SpanningSize) => region && regionRows(region.view(at));
  // A reader of the region for each step that needs it, because the steps are at different rows at the same time.
  const atFine = finer ? rowsAt(output) : undefined;
  const afterCleaning = cleaner && rowsAt(size);
  const atOutput = isSame(size, output) || finer ? undefined : rowsAt(output);
  let inside = 0;
  let writing: Promise<unknown> = Promise.resolve();

  async function write<Rows>(to: readonly Pick<Sink<Rows>, 'write'>[], rows: Rows): Promise<void> {
    await clock.wait('write', writing);
    writing = Promise.all(to.map((sink) => sink.write(rows)));
    // Awaited before the next write. Until then a failure must not count as unhandled.
    writing.catch(() => {});
  }

  async function finish(labels: RasterRows): Promise<void> {
    const clean = cleaner ? clock.sync('clean', () => [...cleaner.clean(labels)]) : [labels];
    for (const final of clean) {
      // A hole that the clean-up filled may lie outside the region.
      if (afterCleaning) labelsWithin(final, await afterCleaning.take(final.y, final.height), count.perLabel);
      for (const stretched of stretch(final)) {
        if (atOutput) labelsWithin(stretched, await atOutput.take(stretched.y, stretched.height));
        await write(sinks.labels, stretched);
      }
    }
  }

  /** Makes labels from scores that were resized to the output. */
  async function labelled(rows: ScoreRows): Promise<RasterRows> {
    const mask = await atFine?.take(rows.y, rows.height);
    if (mask) for (const value of mask) inside += value;
    const seen = mask ? scoresWithin(rows, mask, counted.width) : rows;
    return clock.sync('label', () => labelRows(seen, counted.width, rule, count));
  }

  try {
    for await (const strip of strips) {
      if (strip.kind === 'windows') {
        onFacts(strip);
        continue;
      }
      const { scores, labels } = strip;
      if (scores && sinks.scores.length > 0) await write(sinks.scores, scores);
      if (labels) {
        addCount(count, strip.count);
        inside += strip.inside;
        await finish(labels);
      } else if (scores && enlarge) {
        for (const enlarged of enlarge(scores)) await finish(await labelled(enlarged));
      }
    }
  } finally {
    for (const each of [atFine, afterCleaning, atOutput]) await each?.close();
  }
  await clock.wait('write', writing);
  cleaner?.count.change.forEach((pixels, label) => {
    count.perLabel[label]! += pixels;
  });
  const pixels = counted.width * counted.height;
  return { ...count, cleaned: cleaner?.count, pixels, inside: region ? inside : pixels };
}

function addCount(total: LabelCount, { covered, perLabel }: LabelCount): void {
  total.covered += covered;
  for (const [label, pixels] of perLabel.entries()) total.perLabel[label]! += pixels;
}

/** Yields the same rows. Calls `onRows` with the number of finished rows when the consumer asks for the next ones. */
export async function* counted(rows: AsyncIterable<ScoreRows>, onRows: (done: number) => void): AsyncGenerator<ScoreRows> {
  for await (const each of rows) {
    yield each;
    onRows(each.y + each.height);
  }
}
