import type { SlideMpp } from '../slide.js';

/** What one source says of the size of pixels: a size, or why what it says is none, as sentences that quote it. Neither where it says nothing. */
export interface MppStatement {
  readonly mpp?: SlideMpp | undefined;
  readonly notes?: readonly string[];
}
