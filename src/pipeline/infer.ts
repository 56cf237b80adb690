import { SegtileError } from '../errors.js';
import type { Blend } from '../plan/blend.js';
import { emptyLabelCount, type LabelCount, type LabelRule, labelRows } from '../plan/labels.js';
import { probabilities, type Squash } from '../plan/squash.js';
import { stretcher } from '../plan/stretch.js';
import { cutWindows } from '../slide/cut.js';
import { createStitch } from '../stitch/stitch.js';
import type { RasterRows, Scores, Sink, Size } from '../types.js';
import { mapOrdered } from './ordered.js';
import type { SlidePlan } from './plan-slide.js';
import type { StageClock } from './stage-clock.js';

/** What runs a window: pixels in (interleaved RGB, the buffer is given away), planes of scores out. */
export interface Inference {
  /** Windows that may be under way at once and are enough to keep every worker busy. */
  readonly capacity: number;
  run(pixels: Uint8Array<ArrayBuffer>): Promise<Float32Array>;
}

/** How scores become labels. */
export interface InferSettings {
  /** Channels of the scores. */
  readonly channels: number;
  readonly blend: Blend;
  /** What is still to be applied after blending: present when logits are blended. */
  readonly squash: Squash | undefined;
  readonly rule: LabelRule;
}

/** What a run did. */
export interface InferResult extends LabelCount {
  readonly windowsRun: number;
}

/**
 * The main road: rows of the slide are read once, cut to windows, scored, stitched, labelled and handed to the sinks, top to bottom.
 * Nothing the size of the slide is held at any moment. Writing goes on while the next windows are scored.
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
  const { grid, view, selection } = plan;
  const stitch = createStitch(grid, settings.channels, settings.blend);
  const stretch = stretcher(grid.size, output);
  const count = emptyLabelCount();
  const limit = 2 * model.capacity;
  let windowsRun = 0;
  let nextRow = 0;
  let writing: Promise<void> = Promise.resolve();

  async function completeRows(end: number): Promise<void> {
    for (; nextRow < end; nextRow++) {
      for (const scores of stitch.complete(nextRow)) {
        const labels = clock.sync('stitch', () => {
          if (settings.squash) probabilities(scores, settings.squash);
          return labelRows(scores, grid.size.width, settings.rule, count);
        });
        for (const rows of stretch(labels)) await write(rows);
      }
    }
  }

  async function write(rows: RasterRows): Promise<void> {
    await clock.wait('write', writing);
    writing = Promise.all(sinks.map((sink) => sink.write(rows))).then(() => {});
    // Awaited before the next write; until then a failure must not count as unhandled.
    writing.catch(() => {});
  }

  const windows = clock.stream('read', cutWindows(view, selection, signal));
  const scored = mapOrdered(
    windows,
    limit,
    async ({ window, pixels }): Promise<Scores> => ({ window, data: await model.run(pixels) }),
    signal,
  );
  for await (const scores of clock.stream('infer', scored)) {
    await completeRows(scores.window.row);
    clock.sync('stitch', () => stitch.add(scores));
    onWindow(++windowsRun);
  }
  await completeRows(grid.rows);
  await clock.wait('write', writing);
  if (windowsRun !== selection.keptCount) {
    throw new SegtileError('model', `ran ${windowsRun} windows where ${selection.keptCount} were planned`);
  }
  return { ...count, windowsRun };
}
