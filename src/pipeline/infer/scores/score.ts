import pLimit from 'p-limit';
import { SegtileError, throwIfAborted } from '../../../errors.js';
import { mapOrdered } from '../../../io/ahead.js';
import type { Blend } from '../../../plan/windows/blend.js';
import type { Grid } from '../../../plan/windows/grid.js';
import { type Piece, pieceWindows, wholePiece } from '../../../plan/windows/piece.js';
import type { Selection } from '../../../plan/windows/selection.js';
import { type BandSource, cutWindows } from '../../../slide/view/cut.js';
import { createStitch } from '../../../stitch/stitch.js';
import type { WindowFacts } from '../../../strip/strip.js';
import type { Samples, ScoreRows, Scores, Size, Window } from '../../../types.js';
import type { StageClock } from '../../records/stage-clock.js';

/**
 * Runs one window: takes interleaved pixels of the plan's input and gives planes of scores. The caller must not use the
 * pixel buffer afterwards.
 */
export interface Inference {
  /** How many windows at a time keep every worker busy. */
  readonly capacity: number;
  /**
   * Memory for the pixels of one window, with undefined contents. If this method is missing, every window gets new
   * memory.
   */
  pixels?(): Samples<ArrayBuffer>;
  run(pixels: Samples<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  /** Takes back the memory of scores that are no longer used. */
  recycle?(scores: Float32Array<ArrayBuffer>): void;
}

/** A grid over an image, and the windows of it that are run. */
export interface ScoredGrid {
  readonly grid: Grid;
  readonly input: BandSource<Samples>;
  readonly selection: Selection;
}

/** The settings that turn windows into one image of scores. */
export interface ScoreSettings {
  /** The number of channels of the scores. */
  readonly channels: number;
  readonly blend: Blend;
  /** The part of the working image to make; by default all of it. */
  readonly piece?: Piece | undefined;
  /** Gets the scores of windows before they are blended. */
  readonly look?: WindowLook | undefined;
  /**
   * What to do with a window for which the model gives NaN: fail with an error (the default), or skip it as if it had
   * not been run.
   */
  readonly nan?: 'error' | 'skip' | undefined;
  /**
   * Called with the facts on each row of windows, before the scores that depend on that row are yielded. May be left
   * out for rows without facts.
   */
  readonly onFacts?: ((facts: WindowFacts) => void) | undefined;
  /** Called with a sentence if blending must use a slower method. */
  readonly note?: ((sentence: string) => void) | undefined;
}

/**
 * Gets the scores of windows before they are blended. Its findings go to the files as bytes, whatever pieces the image
 * is made in.
 */
export interface WindowLook {
  /**
   * Gets the scores of each window, in plan order. Must not use them after it returns.
   *
   * @param counts whether these scores count for the findings, or are only needed as those of a neighbour
   */
  add(scores: Scores, counts: boolean): void;
  /** The findings since the last call. */
  take(): Uint8Array;
}

/**
 * The upper half of the pipeline up to final scores: reads the rows of the slide once, cuts windows from them, scores
 * the windows and stitches the scores. Yields the final scores of a piece of the working image from top to bottom.
 * Their memory is used again when the next scores are asked for. Windows are read and scored in the meantime.
 *
 * @param onWindow called after each window with the number of finished windows
 * @throws {SegtileError} `aborted` when the signal fires, after the current windows are done; otherwise any error of
 *   reading, scoring or stitching
 */
export async function* scoreSlide(
  { grid, input, selection }: ScoredGrid,
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

  /** Reports the facts on a row of windows. Findings on neighbours above the piece count in another piece and are dropped. */
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

  // As many windows as the workers have at hand wait here as well. They are dropped when the user stops the run.
  const inHand = pLimit(model.capacity);
  const windows = clock.stream('read', cutWindows(input, wanted, signal, model.pixels));
  const scored = mapOrdered(
    windows,
    2 * model.capacity,
    ({ window, pixels }) =>
      inHand(async () => {
        throwIfAborted(signal);
        // Checked first, because the pixel memory moves to the model.
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

/** Whether all pixels of a window are the same. Stops at the first pixel that differs. */
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
