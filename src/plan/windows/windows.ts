import type { Size, Window } from '../../types.js';

/**
 * The windows that are run, one row of windows at a time. Rows are made on demand, so that a plan for a tall slide
 * costs no more memory than one for a short slide.
 */
export interface WindowRows {
  /** Size of every window, in working pixels. */
  readonly window: Size;
  /** How many rows of windows the grid has. */
  readonly count: number;
  /**
   * The windows of one row of windows that are not skipped, from left to right. The boxes of one row share `y` and
   * `height`.
   */
  kept(row: number): readonly Window[];
}
