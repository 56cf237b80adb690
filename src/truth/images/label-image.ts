import type { Size, Span } from '../../types.js';

/** Values of an image as its file stores them; for a palette, these are its indices, not its colours. */
export interface ValueRun extends Size {
  /** First column. */
  readonly x: number;
  /**
   * The value of pixel `(column, row)` of the run is `data[row * width + column]`; an RGB image has three samples per pixel.
   */
  readonly data: Uint8Array | Uint16Array;
}

/** Rows of values; see `Band`. */
export interface ValueBand {
  readonly y: number;
  readonly height: number;
  readonly runs: readonly ValueRun[];
}

/** An image with values that stand for labels. */
export interface LabelImage extends Size {
  readonly path: string;
  /** Sentences for the user: how the file was read, if it can be read in more than one way. */
  readonly notes?: readonly string[];
  /** 1 for one value per pixel, 3 for red, green and blue. */
  readonly channels: 1 | 3;
  /** See `Slide.readBands`. */
  readBands(rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal): AsyncIterable<ValueBand>;
  close(): Promise<void>;
}
