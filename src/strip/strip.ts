import type { LabelCount } from '../plan/labels/labels.js';
import type { RasterRows, ScoreRows } from '../types.js';

/**
 * Final rows of the working image on their way from scores to output files. All expensive work is done before a strip
 * exists. Everything after it depends on the strips alone. Strips come from top to bottom without gap.
 */
export interface Strip {
  readonly kind: 'strip';
  readonly y: number;
  readonly height: number;
  /** Labels before any clean-up. Undefined if later steps compute them from the scores. */
  readonly labels: RasterRows | undefined;
  /** The labels as `packLabels` packs them, if that is done elsewhere already. Fails where that failed. */
  readonly packed?: Promise<Uint8Array> | undefined;
  /** Scores, if a later step needs them. Their memory is reused for the next strip. */
  readonly scores: ScoreRows | undefined;
  /** Counts of the labels. */
  readonly count: LabelCount;
  /** Number of pixels inside the region of interest; all pixels if there is none. */
  readonly inside: number;
}

/** Facts about a row of windows, known once all of its windows are scored. They come before the strips that need them. */
export interface WindowFacts {
  readonly kind: 'windows';
  /** Index of the grid, and of the row in the grid. */
  readonly grid: number;
  readonly row: number;
  /** Number of windows that were left out because a score was NaN. */
  readonly nan: number;
  /** What an analysis of the windows' scores found; undefined if no analysis was asked for. */
  readonly found: Uint8Array | undefined;
}

/** What is passed from scores to output files, in order: strips and facts about windows. */
export type Crossing = Strip | WindowFacts;

/** The precision with which scores are passed on. */
export type ScoreKind = 'float32' | 'uint8';
