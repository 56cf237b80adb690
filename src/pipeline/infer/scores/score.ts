import { ringOf } from '../../../plan/memory/ring.js';
import type { Blend } from '../../../plan/windows/blend.js';
import type { Grid } from '../../../plan/windows/grid.js';
import { type Piece, pieceWindows, wholePiece } from '../../../plan/windows/piece.js';
import type { Selection } from '../../../plan/windows/selection.js';
import type { BandSource } from '../../../slide/view/cut.js';
import type { Crossing, WindowFacts } from '../../../strip/strip.js';
import type { Truth } from '../../../truth/truth.js';
import type { Samples, ScoreRows, SpanningSize } from '../../../types.js';
import type { StageClock } from '../../records/stage-clock.js';
import { regionRows } from '../../tissue/region.js';
import type { Labelling } from '../label-strips.js';
import type { InputRecipe } from '../reading/messages.js';
import { isReadInThread, readHere, readInThread } from '../reading/reader.js';
import { openStitchers } from '../stitching/stitchers.js';
import { inOrder, type Stages } from './in-order.js';
import type { Inference, WindowLook } from './stages.js';

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

/** A grid over an image, and the windows of it that are run. */
export interface ScoredGrid {
  readonly grid: Grid;
  readonly input: BandSource<Samples>;
  /** With it, another thread may open the input again, and reads it. */
  readonly recipe?: InputRecipe;
  readonly selection: Selection;
}

/** How many strips with scores, and without, may wait for the consumer while the next windows are scored. */
const AHEAD = { scores: 1, labels: 4 };

/** What is made of final scores besides the scores themselves. */
export interface StripMaking {
  readonly labelling: Labelling;
  /** The region of interest, open. */
  readonly region: Truth | undefined;
  /** The size of the working image with what it spans. */
  readonly size: SpanningSize;
}

/**
 * The upper half of the pipeline for one grid: reads the rows of the slide once, cuts windows from them, scores the
 * windows and stitches the scores. Yields strips of a piece of the working image from top to bottom, and facts on
 * windows before the strips that depend on them. The memory of a strip's scores is used again when the next item is
 * asked for. Windows are read, scored and stitched in the meantime.
 *
 * This thread only orders: windows are scored and stitched in other threads, and their scores lie in shared memory.
 *
 * @param making what is made of the scores; if left out, strips have the scores as they are
 * @param onWindow called after each window with the number of finished windows
 * @throws {SegtileError} `aborted` when the signal fires, after the current windows are done; otherwise any error of
 *   reading, scoring or stitching
 */
export async function* stripsOfGrid(
  { grid, input, selection, recipe }: ScoredGrid,
  model: Inference,
  { channels, blend, piece = wholePiece(grid.size), nan, look, note = () => undefined }: ScoreSettings,
  making: StripMaking | undefined,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Crossing, void, undefined> {
  const wanted = pieceWindows(grid, selection, blend, piece, look !== undefined);
  const labelling = making?.labelling;
  const inRegion = making?.region && regionRows(making.region.view(making.size));
  const ahead = labelling === undefined || labelling.needs.finer || labelling.needs.scores ? AHEAD.scores : AHEAD.labels;
  const ring = ringOf(grid, wanted, blend);
  const stitchers = openStitchers({ grid, channels, blend, piece, labelling, ring, slots: slotsFor(model), note });
  const inThread = recipe && isReadInThread(recipe);
  // As many windows wait for the model as it works on.
  const cut = inThread ? readInThread(recipe, grid, wanted, 2 * model.capacity, signal) : readHere(input, grid, wanted, signal);
  const windows = clock.stream('read', cut);
  const stages: Stages = { windows, model, stitchers, mask: async (y, rows) => inRegion?.take(y, rows) };
  try {
    yield* inOrder(
      stages,
      { grid, blend, piece, wanted, nan, look, ahead, passing: labelling?.needs.passing },
      clock,
      onWindow,
      signal,
    );
  } finally {
    await stitchers.close();
    await inRegion?.close();
  }
}

/**
 * {@link stripsOfGrid} for the scores alone.
 *
 * @returns the final scores of a piece of the working image from top to bottom
 */
export async function* scoreSlide(
  plan: ScoredGrid,
  model: Inference,
  settings: ScoreSettings,
  clock: StageClock,
  onWindow: (done: number) => void,
  signal: AbortSignal,
): AsyncGenerator<ScoreRows> {
  for await (const item of stripsOfGrid(plan, model, settings, undefined, clock, onWindow, signal)) {
    if (item.kind === 'windows') settings.onFacts?.(item);
    else yield item.scores!;
  }
}

/** Slots for windows that are being scored, and for those that wait to be added, as they come in another order. */
function slotsFor({ capacity }: Inference): number {
  return Math.ceil(1.5 * capacity) + 1;
}
