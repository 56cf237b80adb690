import { type CleanedCount, type CleanUp, createCleaner } from '../../plan/labels/clean-up.js';
import { scoreEnlarger } from '../../plan/labels/enlarge.js';
import { emptyLabelCount, type LabelCount, labelRows } from '../../plan/labels/labels.js';
import { stretcher } from '../../plan/labels/stretch.js';
import type { Crossing, WindowFacts } from '../../strip/strip.js';
import type { RasterRows, ScoreRows, Sink, Size, SpanningSize } from '../../types.js';
import type { StageClock } from '../records/stage-clock.js';
import { labelsWithin, regionRows, scoresWithin } from '../tissue/region.js';
import { labelStrips, type StripSettings } from './label-strips.js';

/** How final scores become labels. */
export interface LabelSettings extends StripSettings {
  /** What is cleaned away, in pixels of the scores. */
  readonly cleanUp: CleanUp | undefined;
  /** What is brought to the size of the output: labels, by nearest neighbour, which is what is taken where nothing is said; or scores, bilinear, without a clean-up. */
  readonly enlarge?: 'labels' | 'scores' | undefined;
}

/** What was labelled, after the clean-up, and what that did where there was one. */
export interface LabelResult extends LabelCount {
  readonly cleaned: CleanedCount | undefined;
  /** All pixels of the image that was counted: that of the scores, or the output where scores were brought to its size. */
  readonly pixels: number;
  /** Those of them that lie in the region, where there is one; else all. */
  readonly inside: number;
}

/** Where labels and the scores that they are made of go. */
export interface LabelSinks {
  /** Labels at the size of the output. */
  readonly labels: readonly Sink<RasterRows>[];
  /** Probabilities at the size of the scores. They are done with a row's memory once `write` has returned its promise. */
  readonly scores: readonly Sink<ScoreRows>[];
}

/** Whether labels are made at the size of the output, of scores that are brought to it. */
export function isFiner(size: SpanningSize, output: Size, enlarge: LabelSettings['enlarge']): boolean {
  return enlarge === 'scores' && !isSame(size, output);
}

function isSame(size: SpanningSize, output: Size): boolean {
  const { spans = size } = size;
  return [size, spans].every(({ width, height }) => width === output.width && height === output.height);
}

/**
 * Final scores become labels at the size of the output, and go to the sinks in step, top to bottom. Writing goes on while the next scores are
 * made.
 *
 * @param size of the image of scores, in px
 * @param output size of the labels that the sinks take, in px
 * @throws whatever scores and sinks throw; the caller aborts the sinks
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
 * The lower half of the main road: strips of the working image become files. A pure function of the strips: it never sees how rows came to be.
 *
 * @param size of the working image, in px
 * @param output size of the labels that the sinks take, in px
 * @param onFacts takes what is known of windows
 * @throws whatever strips and sinks throw; the caller aborts the sinks
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
  // One for each place where rows go by, which is not at the same time.
  const atFine = finer ? rowsAt(output) : undefined;
  const afterCleaning = cleaner && rowsAt(size);
  const atOutput = isSame(size, output) || finer ? undefined : rowsAt(output);
  let inside = 0;
  let writing: Promise<unknown> = Promise.resolve();

  async function write<Rows>(to: readonly Sink<Rows>[], rows: Rows): Promise<void> {
    await clock.wait('write', writing);
    writing = Promise.all(to.map((sink) => sink.write(rows)));
    // Awaited before the next write; until then a failure must not count as unhandled.
    writing.catch(() => {});
  }

  async function finish(labels: RasterRows): Promise<void> {
    const clean = cleaner ? clock.sync('clean', () => [...cleaner.clean(labels)]) : [labels];
    for (const final of clean) {
      // A hole that is filled may have lain outside.
      if (afterCleaning) labelsWithin(final, await afterCleaning.take(final.y, final.height), count.perLabel);
      for (const stretched of stretch(final)) {
        if (atOutput) labelsWithin(stretched, await atOutput.take(stretched.y, stretched.height));
        await write(sinks.labels, stretched);
      }
    }
  }

  /** Labels of scores that were brought to the size of the output. */
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

/** The same rows, of which each is counted once whoever asked for it asks for the next. */
export async function* counted(rows: AsyncIterable<ScoreRows>, onRows: (done: number) => void): AsyncGenerator<ScoreRows> {
  for await (const each of rows) {
    yield each;
    onRows(each.y + each.height);
  }
}
