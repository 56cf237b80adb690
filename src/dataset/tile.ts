import type { Box, Mpp, Pixels } from '../types.js';

/** Where a tile comes from and where it goes. */
export interface TileRecord {
  /** Unique in the dataset; letters, digits, `-` and `_` alone. */
  readonly id: string;
  /** The slide's path as it was given. */
  readonly slide: string;
  /** Who the slide was taken from, where that is known. */
  readonly patient: string | undefined;
  /** What stays together in a split: the patient, where known, or the slide. */
  readonly group: string;
  /** The part of the slide that the tile shows, in level-0 pixels, rounded; inside the slide. */
  readonly box: Box;
  /** Top left corner in working pixels, exactly. */
  readonly x: number;
  readonly y: number;
  /** Level-0 pixels per working pixel. */
  readonly downsample: number;
  /** Micrometres per working pixel. */
  readonly mpp: Mpp | undefined;
  readonly split: string;
  readonly fold: number | undefined;
  /** What drew it. */
  readonly sampler: string;
  /** Share of it that is tissue, 0 to 1. */
  readonly tissue: number | undefined;
  /** Set for a copy that was changed. */
  readonly copy: CopyRecord | undefined;
}

/** What a copy was made from, and how. */
export interface CopyRecord {
  /** The tile's id. */
  readonly source: string;
  /** What was done to it, in order, by kind and in words with what was drawn. */
  readonly steps: readonly { readonly kind: string; readonly words: string }[];
  /** The other tile that it is mixed with, and how much is its own, 0 to 1. */
  readonly mixed: { readonly partner: string; readonly ratio: number } | undefined;
}

/** A tile on its way from a slide to a file: what is seen, what it means, and where it is from. */
export interface Tile {
  /** RGB. */
  readonly image: Pixels;
  /** Labels: one channel, as large as the image. 0 is background, 255 is ignored. */
  readonly mask: Pixels;
  /** Labels of the tile that it is mixed with, if there is one. */
  readonly mixedMask: Pixels | undefined;
  readonly record: TileRecord;
}
