import type { LabelCount } from '../plan/labels/labels.js';
import type { RasterRows, ScoreRows } from '../types.js';

/**
 * Final rows of the working image, which cross from scores to files: all that is dear lies above them, and what is below them is a pure function of
 * them. They come from top to bottom without gap.
 */
export interface Strip {
  readonly kind: 'strip';
  readonly y: number;
  readonly height: number;
  /** Labels before any clean-up. Undefined where they are made of scores further down. */
  readonly labels: RasterRows | undefined;
  /** Where something further down wants them. Their memory is used again when more is asked for. */
  readonly scores: ScoreRows | undefined;
  /** What the labels are. */
  readonly count: LabelCount;
  /** Pixels in the region of interest; all of them where there is none. */
  readonly inside: number;
}

/** What is known of a row of windows once all of them are scored. Comes before the strips that it is needed for. */
export interface WindowFacts {
  readonly kind: 'windows';
  /** Number of the grid, and of the row in it. */
  readonly grid: number;
  readonly row: number;
  /** Windows that were left out for a score that is no number. */
  readonly nan: number;
  /** What was seen in them, by whoever looks at the scores of windows; undefined where nobody does. */
  readonly found: Uint8Array | undefined;
}

/** What crosses from scores to files, in order. */
export type Crossing = Strip | WindowFacts;

/** How exactly scores must cross. */
export type ScoreKind = 'float32' | 'uint8';
