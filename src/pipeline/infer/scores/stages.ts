import type { SharedWindow } from '../../../model/sessions/session.js';
import type { Scores } from '../../../types.js';

/**
 * Runs one window in shared memory: takes interleaved pixels of the plan's input, which it leaves as they are, and writes
 * planes of scores, or what is wanted of them.
 */
export interface Inference {
  /** How many windows at a time keep every worker busy. */
  readonly capacity: number;
  runShared(window: SharedWindow): Promise<void>;
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
