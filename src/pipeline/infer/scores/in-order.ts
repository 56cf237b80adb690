import pLimit from 'p-limit';
import { SegtileError, throwIfAborted } from '../../../errors.js';
import { mapOrdered } from '../../../io/ahead.js';
import { CHUNK_HEIGHT } from '../../../plan/memory/ring.js';
import type { Blend } from '../../../plan/windows/blend.js';
import type { Grid } from '../../../plan/windows/grid.js';
import type { Piece, PieceWindows } from '../../../plan/windows/piece.js';
import { usedPart } from '../../../plan/windows/used.js';
import { finalAfter, untouchedAbove } from '../../../stitch/stitch.js';
import type { Crossing, Strip, WindowFacts } from '../../../strip/strip.js';
import type { Box, Size, Window } from '../../../types.js';
import type { StageClock } from '../../records/stage-clock.js';
import type { ReadWindow } from '../reading/reader.js';
import type { Stitchers } from '../stitching/stitchers.js';
import type { Inference, WindowLook } from './stages.js';

/** Those who do the work. Each may be slow, and may fail at any time. */
export interface Stages {
  /** The windows of the piece in plan order, with their pixels. */
  readonly windows: AsyncIterable<ReadWindow>;
  readonly model: Inference;
  readonly stitchers: Omit<Stitchers, 'close'>;
  /** The rows of the region of interest, see `seenScores`; undefined without a region. */
  mask(y: number, rows: number): Promise<Uint8Array | undefined>;
}

/** What is ordered. */
export interface OrderSettings {
  readonly grid: Grid;
  readonly blend: Blend;
  readonly piece: Piece;
  /** The windows of the piece. */
  readonly wanted: PieceWindows;
  readonly nan: 'error' | 'skip' | undefined;
  readonly look: WindowLook | undefined;
  /** How many strips may wait for the consumer while the next windows are scored. */
  readonly ahead: number;
  /** See `StripNeeds`. */
  readonly passing?: boolean | undefined;
}

/**
 * Gives every window to the model, its scores to the threads that stitch, in plan order, and yields the strips that are
 * final. Touches neither pixels nor scores, and never holds more windows than the model can use.
 *
 * If a stage fails, no further window is started; those that run are waited for, and the error is thrown in its turn:
 * after the strips of the windows before it, except those that were still waiting here.
 */
export async function* inOrder(
  { windows, model, stitchers, mask }: Stages,
  { grid, blend, piece, wanted, nan, look, ahead, passing }: OrderSettings,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing, void, undefined> {
  const due: (WindowFacts | Promise<Strip>)[] = [];
  let last: Strip | undefined;
  let done = 0;
  let missed = 0;
  let nextRow = wanted.first;
  let nextY = piece.y;

  /** Reports the facts on a row of windows. Findings on neighbours above the piece count in another piece and are dropped. */
  function settle(row: number): void {
    const found = look?.take();
    if (missed > 0 || (found && wanted.ownsRow(row))) due.push({ kind: 'windows', grid: 0, row, nan: missed, found });
    missed = 0;
  }

  /** Orders the rows that are final once the rows of windows before `end` are complete, and yields what is ready. */
  async function* completeRows(end: number): AsyncGenerator<Crossing> {
    while (nextRow < Math.min(end, wanted.end)) {
      settle(nextRow);
      const above = untouchedAbove(grid, blend, piece, nextRow);
      const bottom = finalAfter(grid, blend, piece, nextRow++);
      while (nextY < bottom) {
        const isUntouched = nextY < above;
        const rows = Math.min(CHUNK_HEIGHT, (isUntouched ? above : bottom) - nextY);
        const strip = stitchers.take(rows, isUntouched, await mask(nextY, rows));
        // Awaited when its turn comes. Until then a failure must not count as unhandled.
        strip.catch(() => undefined);
        due.push(strip);
        nextY += rows;
        yield* given(ahead);
      }
    }
  }

  /** Yields strips and facts in their order until at most so many wait. */
  async function* given(most: number): AsyncGenerator<Crossing> {
    while (due.length > most) {
      const item = due.shift()!;
      if (!(item instanceof Promise)) {
        yield item;
        continue;
      }
      const strip = await clock.wait('stitch', item);
      yield strip;
      stitchers.recycle(strip);
      if (!passing) continue;
      // The consumer may still write the labels of the strip before this one's successor is asked for.
      if (last) stitchers.recycleLabels(last);
      last = strip;
    }
  }

  // As many windows as the workers have at hand wait here as well. They are dropped when the user stops the run.
  const inHand = pLimit(model.capacity);
  const scored = mapOrdered(
    windows,
    2 * model.capacity,
    ({ window, pixels, flat, release }) =>
      inHand(async () => {
        throwIfAborted(signal);
        const slot = await stitchers.slot();
        // What is looked at as a whole is wanted as a whole.
        const isSearched = flat || nan === 'skip';
        const part = isSearched || look ? undefined : usedPart(grid, blend, piece, window);
        const shown = shownOf(window);
        await model.runShared({ pixels, scores: slot.scores, part, shown });
        release();
        const missing = isSearched && hasNan(slot.scores, window.box, shown);
        if (missing && nan !== 'skip') throw oneColourError(window);
        return { window, slot, missing };
      }).catch((error: unknown) => {
        stitchers.stop(error);
        throw error;
      }),
    signal,
  );
  for await (const { window, slot, missing } of clock.stream('infer', scored)) {
    // Windows that come later wait for slots that nobody frees if this one is not passed on.
    let passedOn = false;
    try {
      yield* completeRows(window.row);
      if (missing) missed += Number(wanted.owns(window));
      else if (look) clock.sync('compare', () => look.add({ window, data: slot.scores }, wanted.owns(window)));
      if (!missing && wanted.fills(window)) stitchers.add(window, slot);
      else stitchers.release(slot);
      onWindow(++done);
      passedOn = true;
    } finally {
      if (!passedOn) stitchers.stop(new SegtileError('aborted', 'stopped before the end'));
    }
  }
  yield* completeRows(grid.rows);
  yield* given(0);
  if (done !== wanted.total) {
    throw new SegtileError('model', `ran ${done} windows where ${wanted.total} were planned`);
  }
}

/** What of a window the model must see, in px of the window; undefined if that is all of it. */
function shownOf({ box, shown }: Window): Box | undefined {
  if (shown === undefined || (shown.width === box.width && shown.height === box.height)) return undefined;
  return { ...shown, x: shown.x - box.x, y: shown.y - box.y };
}

/** Whether a score of what the model saw of a window is NaN. */
function hasNan(scores: Float32Array, { width, height }: Size, seen: Box | undefined): boolean {
  if (seen === undefined) return scores.some(Number.isNaN);
  for (let plane = 0; plane < scores.length; plane += width * height) {
    for (let row = seen.y; row < seen.y + seen.height; row++) {
      const from = plane + row * width + seen.x;
      if (scores.subarray(from, from + seen.width).some(Number.isNaN)) return true;
    }
  }
  return false;
}

function oneColourError({ box }: Window): SegtileError {
  return new SegtileError(
    'model',
    `the model's scores of the window at working pixel (${box.x}, ${box.y}) are not numbers: that window is of one colour`,
    'a network that standardises in its graph divides by 0 there: --nan skip leaves such windows out; --tissue, too, where they are glass',
  );
}
