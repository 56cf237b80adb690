import type { Box, Mpp, Pixels } from '../types.js';

/** Where a tile is from, and where it goes in the dataset. */
export interface TileRecord {
  /** Unique in the dataset; only letters, digits, `-` and `_`. */
  readonly id: string;
  /** The path of the slide as given. */
  readonly slide: string;
  /** The patient, if known. */
  readonly patient: string | undefined;
  /** What a split keeps together: the patient, if known, otherwise the slide. */
  readonly group: string;
  /** The part of the slide that the tile shows, in whole level-0 pixels, inside the slide. */
  readonly box: Box;
  /** Top left corner in working pixels, exact. */
  readonly x: number;
  readonly y: number;
  /** Level-0 pixels per working pixel. */
  readonly downsample: number;
  /** Micrometres per working pixel. */
  readonly mpp: Mpp | undefined;
  readonly split: string;
  readonly fold: number | undefined;
  /** The sampler that chose it. */
  readonly sampler: string;
  /** Share of the tile that is tissue, 0 to 1. */
  readonly tissue: number | undefined;
  /** Set for a changed copy. */
  readonly copy: CopyRecord | undefined;
}

/** How a changed copy was made. */
export interface CopyRecord {
  /** The id of the tile it was made from. */
  readonly source: string;
  /** The steps that were done, in order: their kinds, and words with the values drawn. */
  readonly steps: readonly { readonly kind: string; readonly words: string }[];
  /** The tile that was mixed in, and the weights of the tile's own labels and of the other's, 0 to 1. */
  readonly mixed: { readonly partner: string; readonly ratio: number; readonly otherRatio: number } | undefined;
}

/** A tile on its way from a slide to a file: image, labels, and where it is from. */
export interface Tile {
  /** RGB. */
  readonly image: Pixels;
  /** Labels in one channel, of the size of the image. 0 is background, 255 is ignored. */
  readonly mask: Pixels;
  /** Labels of the tile that was mixed in, if any. */
  readonly mixedMask: Pixels | undefined;
  readonly record: TileRecord;
}
