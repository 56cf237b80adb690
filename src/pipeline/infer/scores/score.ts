import pLimit from 'p-limit';
import { SegtileError, throwIfAborted } from '../../../errors.js';
import { mapOrdered } from '../../../io/ahead.js';
import type { Blend } from '../../../plan/windows/blend.js';
import { type Piece, pieceWindows, wholePiece } from '../../../plan/windows/piece.js';
import { cutWindows } from '../../../slide/view/cut.js';
import { createStitch } from '../../../stitch/stitch.js';
import type { WindowFacts } from '../../../strip/strip.js';
import type { Samples, ScoreRows, Scores, Size, Window } from '../../../types.js';
import type { SlidePlan } from '../../prepare/plan-slide.js';
import type { StageClock } from '../../records/stage-clock.js';

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
  /** The part of the working image that is made; all of it without. */
  readonly piece?: Piece | undefined;
  /** Looks at the scores of windows before they are blended. */
  readonly look?: WindowLook | undefined;
  /** What becomes of a window that the model answers with NaN: an error, or left out, as if it had been skipped. An error where it is left away. */
  readonly nan?: 'error' | 'skip' | undefined;
  /** Hears what is known of each row of windows, before the scores of rows that needed it; of rows without anything to tell it need not. */
  readonly onFacts?: ((facts: WindowFacts) => void) | undefined;
  /** Is told, in a sentence, where blending has to go a slower way. */
  readonly note?: ((sentence: string) => void) | undefined;
}

/** Looks at the scores of windows before they are blended. What it finds crosses to the files as bytes, in whatever pieces the image is made. */
export interface WindowLook {
  /**
   * Sees the scores of each window, in plan order; must be done with them when it returns.
   *
   * @param counts whether something is to be found in them, or they are only those of a neighbour
   */
  add(scores: Scores, counts: boolean): void;
  /** What was found since this was asked last. */
  take(): Uint8Array;
}

/**
 * The upper half of the main road: rows of the slide are read once, cut to windows, scored and stitched. Yields the final scores of a piece
 * of the working image from top to bottom; their memory is used again when more is asked for. Windows are read and scored meanwhile.
 *
 * @param onWindow is called after each window with how many are done
 * @throws {SegtileError} `aborted` when the signal fires, once the windows in hand are done; else whatever a room throws
 */
export async function* scoreSlide(
  { grid, input, selection }: Pick<SlidePlan, 'grid' | 'input' | 'selection'>,
  model: Inference,
  { channels, blend, piece, nan, look, onFacts, note }: ScoreSettings,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): AsyncGenerator<ScoreRows> {
  const wanted = pieceWindows(grid, selection, blend, piece ?? wholePiece(grid.size), look !== undefined);
  const stitch = createStitch(grid, channels, blend, { note, piece });
  let done = 0;
  let missed = 0;
  let nextRow = wanted.first;

  /** Tells what is known of a row of windows. What was seen of neighbours above it counts elsewhere. */
  function settle(row: number): void {
    const found = look?.take();
    if (missed > 0 || (found && wanted.ownsRow(row))) onFacts?.({ kind: 'windows', grid: 0, row, nan: missed, found });
    missed = 0;
  }

  function* completeRows(end: number): Generator<ScoreRows> {
    while (nextRow < Math.min(end, wanted.end)) {
      settle(nextRow);
      const rows = stitch.complete(nextRow++);
      for (let next = clock.sync('stitch', () => rows.next()); !next.done; next = clock.sync('stitch', () => rows.next())) {
        yield next.value;
      }
    }
  }

  // As many windows again as the workers have in hand wait here, and are dropped when the user stops the run.
  const inHand = pLimit(model.capacity);
  const windows = clock.stream('read', cutWindows(input, wanted, signal, model.pixels));
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
    const { window } = scores;
    yield* completeRows(window.row);
    if (scores.missing) missed += Number(wanted.owns(window));
    else {
      if (look) clock.sync('compare', () => look.add(scores, wanted.owns(window)));
      if (wanted.fills(window)) clock.sync('stitch', () => stitch.add(scores));
    }
    model.recycle?.(scores.data);
    onWindow(++done);
  }
  yield* completeRows(grid.rows);
  if (done !== wanted.total) {
    throw new SegtileError('model', `ran ${done} windows where ${wanted.total} were planned`);
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
