import type { Failure } from '../../../io/threads/messages.js';
import type { Grid } from '../../../plan/windows/grid.js';
import type { ChannelRequest, Level } from '../../../slide/slide.js';
import type { SlideOptions } from '../../../slide/tiff.js';
import type { ViewChoice } from '../../../slide/view/view.js';
import type { Pixels, SampleType } from '../../../types.js';

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

/**
 * What two threads know of the windows that are cut, without a message for each of them: that takes longer. Each says that it
 * waits before it looks once more and waits for a message, so that the other one sees it, or it sees what the other one did.
 */
export interface CutQueue {
  /** The {@link cutCode} of each window that was cut, in turn. There are as many places as slots. */
  readonly codes: Int32Array<SharedArrayBuffer>;
  /** For each slot 1 if it holds a window, else 0. */
  readonly full: Int32Array<SharedArrayBuffer>;
  /** How many windows were cut; whether somebody waits for one; whether the thread waits for a slot. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** Places of {@link CutQueue.state}. */
export const CUT = 0;
export const WAITS_FOR_WINDOW = 1;
export const WAITS_FOR_SLOT = 2;

/** A queue for so many slots. */
export function cutQueue(slots: number): CutQueue {
  const numbers = (count: number) => new Int32Array(new SharedArrayBuffer(4 * count));
  return { codes: numbers(slots), full: numbers(slots), state: numbers(3) };
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

/** A slot, and whether all pixels of its window are the same, in one number. */
export function cutCode(slot: number, flat: boolean): number {
  return 2 * slot + Number(flat);
}

/** The slot of a {@link cutCode}, and whether its window is of one colour. */
export function cutOf(code: number): { readonly slot: number; readonly flat: boolean } {
  return { slot: code >> 1, flat: code % 2 === 1 };
}
