import type { Band, MaskClass, Size, Span } from '../types.js';

/**
 * What is known to be where on a slide: a label for every pixel, in whatever form it was given. Labels are seen at a working
 * resolution of the slide, like the slide itself, and always by nearest neighbour or by the geometry at hand, never by a mean.
 */
export interface Truth {
  readonly path: string;
  /** What it was read from: `label image`, `GeoJSON`, `RLE` or `COCO`. */
  readonly kind: string;
  /** Every class that may occur, with its label. */
  readonly classes: readonly MaskClass[];
  /** The labels as they lie on a working image of the given size, which shows the whole slide. */
  view(size: Size): LabelView;
  /** Lets go of the file. */
  close(): Promise<void>;
}

/** Labels at a working resolution. */
export interface LabelView extends Size {
  /**
   * Rows of labels from top to bottom, in bands of one channel without gap or overlap; see `Slide.readBands` for `columns`.
   *
   * @throws {SegtileError} `input` where the file is damaged, `aborted` when the signal fires
   */
  readBands(rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal): AsyncIterable<Band>;
}
