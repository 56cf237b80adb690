import type { SlideMpp } from '../slide.js';

/**
 * What one source says about the pixel size: a size, or sentences that quote a value and say why it cannot be used.
 * Empty if it says nothing.
 */
export interface MppStatement {
  readonly mpp?: SlideMpp | undefined;
  readonly notes?: readonly string[];
}
