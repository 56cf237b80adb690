import type { Band, Box, MaskClass, Size, Span, SpanningSize } from '../types.js';

/**
 * What is known to be where on a slide: a label for every pixel, in whatever form it was given. Labels are seen at a working
 * resolution of the slide, like the slide itself: an image of labels that is shrunk by majority, that is enlarged by nearest neighbour, else by the
 * geometry at hand, never by a mean.
 */
export interface Truth extends AsyncDisposable {
  readonly path: string;
  /** What it was read from: `label image`, `GeoJSON`, `RLE` or `COCO`. */
  readonly kind: string;
  /** Every class that may occur, with its label. */
  readonly classes: readonly MaskClass[];
  /** What of the file counts for nothing, or was taken for granted, as sentences for people. */
  readonly notes: readonly string[];
  /** The labels as they lie on a working image of the given size, which shows the whole slide. */
  view(size: SpanningSize): LabelView;
  /**
   * The objects of the classes, neither background nor what is ignored: each polygon as it was drawn, whatever may lie over it,
   * or each connected region (8 neighbours) of equal label of an image of labels.
   *
   * @throws {SegtileError} `input` where the file is damaged, `aborted` when the signal fires
   */
  objects(signal?: AbortSignal): AsyncIterable<TruthObject>;
  /** Lets go of the file. */
  close(): Promise<void>;
}

/** One thing that was marked. */
export interface TruthObject {
  readonly label: number;
  /** The part of the slide that holds it, in whole level-0 pixels. */
  readonly box: Box;
  /** Level-0 pixels; where it was drawn, what the geometry has, not a count. */
  readonly area: number;
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
