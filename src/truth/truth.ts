import type { Band, Box, MaskClass, Size, Span, SpanningSize } from '../types.js';

/**
 * The true labels of a slide, one for every pixel, from any kind of file. Labels are given at a working resolution,
 * like the slide itself. An image of labels is shrunk by majority and enlarged by nearest neighbour; shapes are painted
 * at that resolution. Labels are never averaged.
 */
export interface Truth extends AsyncDisposable {
  readonly path: string;
  /** The kind of file: `label image`, `GeoJSON`, `RLE` or `COCO`. */
  readonly kind: string;
  /** Every class that may occur, with its label. */
  readonly classes: readonly MaskClass[];
  /** Sentences for the user: what was skipped in the file, and what was assumed. */
  readonly notes: readonly string[];
  /** The labels of a working image of the given size, which shows the whole slide. */
  view(size: SpanningSize): LabelView;
  /**
   * The objects of the classes, without background and ignored regions: each polygon as drawn, even if others cover it,
   * or, for an image of labels, each connected region (8 neighbours) of one label.
   *
   * @throws {SegtileError} `input` if the file is damaged, `aborted` when the signal fires
   */
  objects(signal?: AbortSignal): AsyncIterable<TruthObject>;
  /** Closes the file. */
  close(): Promise<void>;
}

/** One annotated object. */
export interface TruthObject {
  readonly label: number;
  /** Its bounds in whole level-0 pixels, inside the slide. */
  readonly box: Box;
  /** Area in level-0 pixels; for a polygon that of its geometry, not a count of pixels. */
  readonly area: number;
}

/** Labels at a working resolution. */
export interface LabelView extends Size {
  /**
   * Rows of labels from top to bottom, in bands of one channel without gap or overlap; see `Slide.readBands` for `columns`.
   *
   * @throws {SegtileError} `input` if the file is damaged, `aborted` when the signal fires
   */
  readBands(rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal): AsyncIterable<Band>;
}
