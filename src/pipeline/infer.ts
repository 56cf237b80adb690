import { emptyLabelCount, type LabelCount, type LabelRule, labelRows } from '../plan/labels.js';
import { probabilities, type Squash } from '../plan/squash.js';
import { stretcher } from '../plan/stretch.js';
import type { RasterRows, Sink, Size } from '../types.js';
import type { SlidePlan } from './plan-slide.js';
import { type Inference, type ScoreSettings, scoreSlide } from './score.js';
import type { StageClock } from './stage-clock.js';

export type { Inference };

/** How a slide becomes labels. */
export interface InferSettings extends ScoreSettings {
  /** What is still to be applied after blending: present when logits are blended. */
  readonly squash: Squash | undefined;
  readonly rule: LabelRule;
}

/** What a run did. */
export interface InferResult extends LabelCount {
  readonly windowsRun: number;
}

/**
 * The main road: a slide is scored, labelled and handed to the sinks, top to bottom. Nothing the size of the slide is held at any
 * moment. Writing goes on while the next windows are scored.
 *
 * @param sinks take labels at the size of the working image or of `output`, in step
 * @param onWindow is called after each window with how many are done
 * @throws whatever a room throws; the caller aborts the sinks
 */
export async function inferSlide(
  plan: SlidePlan,
  model: Inference,
  settings: InferSettings,
  sinks: readonly Sink<RasterRows>[],
  output: Size,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): Promise<InferResult> {
  const { squash, rule } = settings;
  const { size } = plan.grid;
  const stretch = stretcher(size, output);
  const count = emptyLabelCount();
  let windowsRun = 0;
  let writing: Promise<void> = Promise.resolve();

  async function write(rows: RasterRows): Promise<void> {
    await clock.wait('write', writing);
    writing = Promise.all(sinks.map((sink) => sink.write(rows))).then(() => {});
    // Awaited before the next write; until then a failure must not count as unhandled.
    writing.catch(() => {});
  }

  const counted = (done: number): void => {
    windowsRun = done;
    onWindow(done);
  };
  for await (const scores of scoreSlide(plan, model, settings, clock, counted, signal)) {
    const labels = clock.sync('label', () => {
      if (squash) probabilities(scores, squash);
      return labelRows(scores, size.width, rule, count);
    });
    for (const rows of stretch(labels)) await write(rows);
  }
  await clock.wait('write', writing);
  return { ...count, windowsRun };
}
