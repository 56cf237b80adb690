import { type CleanedCount, type CleanUp, createCleaner } from '../../plan/labels/clean-up.js';
import { scoreEnlarger } from '../../plan/labels/enlarge.js';
import { emptyLabelCount, type LabelCount, type LabelRule, labelRows } from '../../plan/labels/labels.js';
import { stretcher } from '../../plan/labels/stretch.js';
import { probabilities, type Squash } from '../../plan/windows/squash.js';
import type { RasterRows, ScoreRows, Sink, Size, SpanningSize } from '../../types.js';
import type { StageClock } from '../records/stage-clock.js';

/** How final scores become labels. */
export interface LabelSettings {
  /** What is still to be applied to the scores: present where logits were blended. */
  readonly squash: Squash | undefined;
  readonly rule: LabelRule;
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
  { squash, rule, cleanUp, enlarge: what }: LabelSettings,
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
  let writing: Promise<unknown> = Promise.resolve();

  async function write<Rows>(to: readonly Sink<Rows>[], rows: Rows): Promise<void> {
    await clock.wait('write', writing);
    writing = Promise.all(to.map((sink) => sink.write(rows)));
    // Awaited before the next write; until then a failure must not count as unhandled.
    writing.catch(() => {});
  }

  let enlarge: ((rows: ScoreRows) => Iterable<ScoreRows>) | undefined;
  for await (const rows of scores) {
    if (squash) clock.sync('label', () => probabilities(rows, squash));
    if (sinks.scores.length > 0) await write(sinks.scores, rows);
    if (finer) enlarge ??= scoreEnlarger(size, output, rule.labels.length);
    for (const fine of enlarge?.(rows) ?? [rows]) {
      const labels = clock.sync('label', () => labelRows(fine, counted.width, rule, count));
      const clean = cleaner ? clock.sync('clean', () => [...cleaner.clean(labels)]) : [labels];
      for (const final of clean) for (const stretched of stretch(final)) await write(sinks.labels, stretched);
    }
  }
  await clock.wait('write', writing);
  cleaner?.count.change.forEach((pixels, label) => {
    count.perLabel[label]! += pixels;
  });
  return { ...count, cleaned: cleaner?.count, pixels: counted.width * counted.height };
}

/** The same rows, of which each is counted once whoever asked for it asks for the next. */
export async function* counted(rows: AsyncIterable<ScoreRows>, onRows: (done: number) => void): AsyncGenerator<ScoreRows> {
  for await (const each of rows) {
    yield each;
    onRows(each.y + each.height);
  }
}
