import type { Slide } from '../../slide/slide.js';
import type { Pixels } from '../../types.js';

/**
 * How tissue was found, for records: the `method`, what it took for background and from which thresholds, where it looked, and which share of the slide is
 * tissue (`tissueShare`).
 */
export type TissueFacts = Readonly<Record<string, string | number | readonly number[]>>;

/** Says where there is tissue on a slide that is open. */
export type TissueJudge = (slide: Slide, overview: Pixels, signal: AbortSignal) => Promise<FoundTissue>;

/** Where there is tissue on a slide. */
export interface FoundTissue {
  /** Everything but 0 of a raster over the whole slide. */
  readonly mask: Uint8Array;
  readonly facts: TissueFacts;
  /** What was decided where the user's mask can be read in more than one way, as sentences for people. */
  readonly notes?: readonly string[] | undefined;
  /** What is odd, and what to do then. */
  readonly warnings?: readonly string[] | undefined;
}
