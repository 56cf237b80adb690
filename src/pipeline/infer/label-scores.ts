import { type CleanedCount, type CleanUp, createCleaner } from '../../plan/labels/clean-up.js';
import { scoreEnlarger } from '../../plan/labels/enlarge.js';
import { emptyLabelCount, type LabelCount, type LabelRule, labelRows } from '../../plan/labels/labels.js';
import { stretcher } from '../../plan/labels/stretch.js';
import { probabilities, type Squash } from '../../plan/windows/squash.js';
import type { Truth } from '../../truth/truth.js';
import type { RasterRows, ScoreRows, Sink, Size, SpanningSize } from '../../types.js';
import type { StageClock } from '../records/stage-clock.js';
import { labelsWithin, type RegionRows, regionRows, scoresWithin } from '../tissue/region.js';

/** How final scores become labels. */
export interface LabelSettings {
  /** What is still to be applied to the scores: present where logits were blended. */
  readonly squash: Squash | undefined;
  readonly rule: LabelRule;
  /** What is cleaned away, in pixels of the scores. */
  readonly cleanUp: CleanUp | undefined;
  /** What is brought to the size of the output: labels, by nearest neighbour, which is what is taken where nothing is said; or scores, bilinear, without a clean-up. */
  readonly enlarge?: 'labels' | 'scores' | undefined;
  /** Outside it nothing is said: labels are 0 and nothing is covered. Open; its view is 1 inside. */
  readonly region?: Truth | undefined;
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

/**
 * The lower half of the main road: final scores become labels at the size of the output, and go to the sinks in step, top to bottom. Writing
 * goes on while the next scores are made.
 *
 * @param size of the image of scores, in px
 * @param output size of the labels that the sinks take, in px
 * @throws whatever scores and sinks throw; the caller aborts the sinks
 */
export async function labelScores(
  scores: AsyncIterable<ScoreRows>,
  size: SpanningSize,
  { squash, rule, cleanUp, enlarge: what, region }: LabelSettings,
  sinks: LabelSinks,
  output: Size,
  clock: StageClock,
): Promise<LabelResult> {
  const { spans = size } = size;
  const same = [size, spans].every(({ width, height }) => width === output.width && height === output.height);
  const finer = what === 'scores' && !same;
  const counted = finer ? output : size;
  const stretch = stretcher(counted, output);
  const cleaner = cleanUp && createCleaner(size, cleanUp);
  const count = emptyLabelCount();
  const rowsAt = (at: SpanningSize) => region && regionRows(region.view(at));
  // One for each place where rows go by, which is not at the same time.
  const atScores = rowsAt(size);
  const atFine = finer ? rowsAt(output) : undefined;
  const afterCleaning = cleaner && rowsAt(size);
  const atOutput = same || finer ? undefined : rowsAt(output);
  let inside = 0;
  let writing: Promise<unknown> = Promise.resolve();

  async function write<Rows>(to: readonly Sink<Rows>[], rows: Rows): Promise<void> {
    await clock.wait('write', writing);
    writing = Promise.all(to.map((sink) => sink.write(rows)));
    // Awaited before the next write; until then a failure must not count as unhandled.
    writing.catch(() => {});
  }

  let enlarge: ((rows: ScoreRows) => Iterable<ScoreRows>) | undefined;
  const within = async (rows: ScoreRows, by: RegionRows | undefined, width: number): Promise<ScoreRows> => {
    if (by === undefined) return rows;
    const mask = await by.take(rows.y, rows.height);
    if (by === (atFine ?? atScores)) for (const value of mask) inside += value;
    return scoresWithin(rows, mask, width);
  };
  try {
    for await (const all of scores) {
      if (squash) clock.sync('label', () => probabilities(all, squash));
      const rows = await within(all, atScores, size.width);
      if (sinks.scores.length > 0) await write(sinks.scores, rows);
      if (finer) enlarge ??= scoreEnlarger(size, output, rule.labels.length);
      for (const enlarged of enlarge?.(rows) ?? [rows]) {
        const fine = await within(enlarged, atFine, counted.width);
        const labels = clock.sync('label', () => labelRows(fine, counted.width, rule, count));
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
    }
  } finally {
    for (const each of [atScores, atFine, afterCleaning, atOutput]) await each?.close();
  }
  await clock.wait('write', writing);
  cleaner?.count.change.forEach((pixels, label) => {
    count.perLabel[label]! += pixels;
  });
  const pixels = counted.width * counted.height;
  return { ...count, cleaned: cleaner?.count, pixels, inside: region ? inside : pixels };
}

/** The same rows, of which each is counted once whoever asked for it asks for the next. */
export async function* counted(rows: AsyncIterable<ScoreRows>, onRows: (done: number) => void): AsyncGenerator<ScoreRows> {
  for await (const each of rows) {
    yield each;
    onRows(each.y + each.height);
  }
}
