import type { Size, Span } from '../../types.js';

/** Values of an image as its file keeps them: indices of a palette, not its colours. */
export interface ValueRun extends Size {
  /** First column. */
  readonly x: number;
  /**
   * Value of pixel `(column, row)` of the run: `data[row * width + column]`, or three samples a pixel where the image has
   * colours.
   */
  readonly data: Uint8Array | Uint16Array;
}

/** Rows of values; see `Band`. */
export interface ValueBand {
  readonly y: number;
  readonly height: number;
  readonly runs: readonly ValueRun[];
}

/** An image whose values stand for labels. */
export interface LabelImage extends Size {
  readonly path: string;
  /** What was decided where the file can be read in more than one way, as sentences for people. */
  readonly notes?: readonly string[];
  /** One value a pixel, or red, green and blue. */
  readonly channels: 1 | 3;
  /** See `Slide.readBands`. */
  readBands(rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal): AsyncIterable<ValueBand>;
  close(): Promise<void>;
}
