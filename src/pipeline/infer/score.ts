import pLimit from 'p-limit';
import { SegtileError, throwIfAborted } from '../../errors.js';
import { mapOrdered } from '../../io/ahead.js';
import type { Blend } from '../../plan/windows/blend.js';
import { cutWindows } from '../../slide/view/cut.js';
import { createStitch } from '../../stitch/stitch.js';
import type { Samples, ScoreRows, Scores, Size, Window } from '../../types.js';
import type { SlidePlan } from '../prepare/plan-slide.js';
import type { StageClock } from '../records/stage-clock.js';

/** What runs a window: pixels in (interleaved, of the plan's input; the buffer is given away), planes of scores out. */
export interface Inference {
  /** Windows that may be under way at once and are enough to keep every worker busy. */
  readonly capacity: number;
  /** Memory for the pixels of one window, which may hold anything. Without it every window gets new memory. */
  pixels?(): Samples<ArrayBuffer>;
  run(pixels: Samples<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  /** Takes back the memory of scores that have been used. */
  recycle?(scores: Float32Array<ArrayBuffer>): void;
}

/** How windows become one image of scores. */
export interface ScoreSettings {
  /** Channels of the scores. */
  readonly channels: number;
  readonly blend: Blend;
  /** Sees the scores of each window, in plan order, before they are blended; must be done with them when it returns. */
  readonly onScores?: ((scores: Scores) => void) | undefined;
  /** What becomes of a window that the model answers with NaN: an error, or left out, as if it had been skipped. An error where it is left away. */
  readonly nan?: 'error' | 'skip' | undefined;
  /** Hears of each window that was left out for it. */
  readonly onNan?: (() => void) | undefined;
  /** Is told, in a sentence, where blending has to go a slower way. */
  readonly note?: ((sentence: string) => void) | undefined;
}

/**
 * The upper half of the main road: rows of the slide are read once, cut to windows, scored and stitched. Yields the final scores of the
 * working image from top to bottom; their memory is used again when more is asked for. Windows are read and scored meanwhile.
 *
 * @param onWindow is called after each window with how many are done
 * @throws {SegtileError} `aborted` when the signal fires, once the windows in hand are done; else whatever a room throws
 */
export async function* scoreSlide(
  { grid, input, selection }: Pick<SlidePlan, 'grid' | 'input' | 'selection'>,
  model: Inference,
  { channels, blend, nan, onNan, onScores, note }: ScoreSettings,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): AsyncGenerator<ScoreRows> {
  const stitch = createStitch(grid, channels, blend, { note });
  let done = 0;
  let nextRow = 0;

  function* completeRows(end: number): Generator<ScoreRows> {
    while (nextRow < end) {
      const rows = stitch.complete(nextRow++);
      for (let next = clock.sync('stitch', () => rows.next()); !next.done; next = clock.sync('stitch', () => rows.next())) {
        yield next.value;
      }
    }
  }

  // As many windows again as the workers have in hand wait here, and are dropped when the user stops the run.
  const inHand = pLimit(model.capacity);
  const windows = clock.stream('read', cutWindows(input, selection, signal, model.pixels));
  const scored = mapOrdered(
    windows,
    2 * model.capacity,
    ({ window, pixels }) =>
      inHand(async () => {
        throwIfAborted(signal);
        // Its memory moves to the model.
        const flat = isOneColour(pixels, grid.window);
        const data = await model.run(pixels);
        const missing = (flat || nan === 'skip') && data.some(Number.isNaN);
        if (missing && nan !== 'skip') throw oneColourError(window);
        return { window, data, missing };
      }),
    signal,
  );
  for await (const scores of clock.stream('infer', scored)) {
    yield* completeRows(scores.window.row);
    if (scores.missing) onNan?.();
    else {
      if (onScores) clock.sync('compare', () => onScores(scores));
      clock.sync('stitch', () => stitch.add(scores));
    }
    model.recycle?.(scores.data);
    onWindow(++done);
  }
  yield* completeRows(grid.rows);
  if (done !== selection.keptCount) {
    throw new SegtileError('model', `ran ${done} windows where ${selection.keptCount} were planned`);
  }
}

/** Whether all pixels of a window are alike; hardly more than two are looked at where they are not. */
function isOneColour(pixels: Samples, { width, height }: Size): boolean {
  const channels = pixels.length / (width * height);
  for (let i = channels; i < pixels.length; i++) if (pixels[i] !== pixels[i - channels]) return false;
  return true;
}

function oneColourError({ box }: Window): SegtileError {
  return new SegtileError(
    'model',
    `the model's scores of the window at working pixel (${box.x}, ${box.y}) are not numbers: that window is of one colour`,
    'a network that standardises in its graph divides by 0 there: --nan skip leaves such windows out; --tissue, too, where they are glass',
  );
}
