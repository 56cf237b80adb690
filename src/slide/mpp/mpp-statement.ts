import type { SlideMpp } from '../slide.js';

/** What one source says about the size of pixels: a size, or why its value cannot be used, in sentences that quote it. Empty if it says nothing. */
export interface MppStatement {
  readonly mpp?: SlideMpp | undefined;
  readonly notes?: readonly string[];
}
