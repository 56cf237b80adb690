import type { Failure } from '../../../io/threads/messages.js';
import type { Blend } from '../../../plan/windows/blend.js';
import type { Grid } from '../../../plan/windows/grid.js';
import type { Piece } from '../../../plan/windows/piece.js';
import type { SharedRoom } from '../../../stitch/kernel.js';
import type { Strip } from '../../../strip/strip.js';
import type { Labelling } from '../label-strips.js';

/** The scores of windows in shared memory. */
export interface SlotMemory {
  /** A memory of their own; undefined if they lie in the room. */
  readonly buffer: SharedArrayBuffer | undefined;
  /** Byte of the memory at which the first slot starts. The others follow. */
  readonly start: number;
  /** Floats of a slot. */
  readonly length: number;
  readonly count: number;
}

/** The columns that a thread stitches, and what it makes of their final scores. */
export interface StitchJob {
  readonly grid: Grid;
  readonly channels: number;
  readonly blend: Blend;
  readonly piece: Piece;
  /** All columns that are stitched, by this thread and by others: labels of all lie in the same memory. */
  readonly whole: Piece;
  /** Makes labels; if left out, the strips have the scores as they are. */
  readonly labelling: Labelling | undefined;
  readonly slots: SlotMemory;
  readonly uses: SlotUses;
  /** The memory to blend in; undefined where WebAssembly has none. */
  readonly room: SharedRoom | undefined;
}

/** For each slot, how many threads still need its scores; behind them 1 if a free slot is waited for, else 0. */
export type SlotUses = Int32Array<SharedArrayBuffer>;

/** Asks for the next rows, which are final. */
export interface Take {
  readonly rows: number;
  /** Whether no window touches them. */
  readonly isUntouched: boolean;
  /** See `seenScores`. */
  readonly mask: Uint8Array | undefined;
  /** Memory of scores of earlier rows, to be used again. */
  readonly spare: Float32Array<ArrayBuffer> | undefined;
  /** Memory for the labels of these rows in all columns, with any content; undefined if none are made. */
  readonly labels: Uint8Array<SharedArrayBuffer> | undefined;
}

/**
 * What a thread is told, in this order: a job; windows to add, by a number (see {@link addCode}), rows to take, and labels
 * to pack for the file of strips; the end of the job.
 */
export type StitchOrder =
  | { readonly job: StitchJob }
  | number
  | { readonly take: Take }
  | { readonly pack: Uint8Array<SharedArrayBuffer> }
  | 'end';

/** What a thread answers: that a slot is free for which somebody waits, rows, packed labels, or that the job has ended. */
export type StitchReply =
  | 'free'
  | { readonly strip: Strip }
  | { readonly packed: Uint8Array }
  | { readonly fault: Failure }
  | 'ended';

/** A window and the slot of its scores, in one number. */
export function addCode(window: number, slot: number, { count }: SlotMemory): number {
  return window * count + slot;
}

/** The window and the slot of an {@link addCode}. */
export function addOf(code: number, { count }: SlotMemory): { readonly window: number; readonly slot: number } {
  return { window: Math.floor(code / count), slot: code % count };
}
