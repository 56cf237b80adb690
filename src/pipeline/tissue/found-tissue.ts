import type { Slide } from '../../slide/slide.js';
import type { Pixels } from '../../types.js';

/**
 * How tissue was found, for records: the `method`, what it took for background and with which thresholds, where it
 * looked, and the share of the slide that is tissue (`tissueShare`).
 */
export type TissueFacts = Readonly<Record<string, string | number | readonly number[]>>;

/** Finds the tissue on a slide that is open. */
export type TissueJudge = (slide: Slide, overview: Pixels, signal: AbortSignal) => Promise<FoundTissue>;

/** The tissue of a slide. */
export interface FoundTissue {
  /** A raster over the whole slide; every value except 0 is tissue. */
  readonly mask: Uint8Array;
  readonly facts: TissueFacts;
  /** How the user's mask was read if it can be read in more than one way, as sentences for the user. */
  readonly notes?: readonly string[] | undefined;
  /** Sentences on what is odd, and what to do about it. */
  readonly warnings?: readonly string[] | undefined;
}
