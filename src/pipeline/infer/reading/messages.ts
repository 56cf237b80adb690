import type { Failure } from '../../../io/threads/messages.js';
import type { Grid } from '../../../plan/windows/grid.js';
import type { ChannelRequest, Level } from '../../../slide/slide.js';
import type { SlideOptions } from '../../../slide/tiff.js';
import type { ViewChoice } from '../../../slide/view/view.js';
import type { Pixels, SampleType } from '../../../types.js';
import type { CutQueue } from './queue.js';

/** How to open the input of a model again, in any thread. Plain data. */
export interface InputRecipe {
  readonly path: string;
  /** How the file stores the level that is read. */
  readonly layout: Level['layout'];
  readonly options: Omit<SlideOptions, 'signal'>;
  readonly resolution: ViewChoice;
  /** The channels that are read; the picture if left out. */
  readonly request: ChannelRequest | undefined;
}

/** The windows that a thread cuts. */
export interface ReadJob {
  readonly recipe: InputRecipe;
  readonly grid: Grid;
  /** For each row of windows, the columns of those that are cut. */
  readonly kept: readonly Uint32Array[];
  /** How many windows lie in shared memory at a time. */
  readonly slots: number;
  readonly queue: CutQueue;
}

/** An image of the whole slide. */
export interface OverviewJob {
  readonly recipe: InputRecipe;
  /** Its long side, in px. */
  readonly maxSide: number;
}

/** What a thread is told: a job; that a slot is free for which it waits; the end. */
export type ReadOrder = { readonly job: ReadJob } | { readonly overview: OverviewJob } | 'free' | 'end';

/** The memory of all slots, one after the other. */
export interface PixelSlots {
  readonly memory: SharedArrayBuffer;
  readonly type: SampleType;
  /** Samples of a slot. */
  readonly samples: number;
}

/**
 * What a thread answers: the memory, before the first window; that a window is cut for which somebody waits; that there are no
 * more. Or an overview. Or an error. At last, that the slide is closed.
 */
export type ReadReply =
  | { readonly pixels: PixelSlots }
  | { readonly overview: Pixels }
  | 'cut'
  | 'done'
  | { readonly fault: Failure }
  | 'ended';
