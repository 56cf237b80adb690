import type { Band, Mpp, Size, Span } from '../types.js';

/** Microns per pixel of level 0, and where they came from, such as `--slide-mpp`, `OME-XML`, `Aperio MPP` or `TIFF resolution tags`. */
export interface SlideMpp extends Mpp {
  readonly source: string;
}

/** One resolution of a slide. Level 0 is the full one; the others get smaller with the index. */
export interface Level {
  readonly index: number;
  /** Pixels of this level. */
  readonly width: number;
  readonly height: number;
  /** Level-0 pixels per pixel of this level: the ratio of the widths. */
  readonly downsample: number;
  /** Size in pixels of the pieces in which the file keeps this level; `whole` is one piece, the size of the level. */
  readonly blockWidth: number;
  readonly blockHeight: number;
  readonly layout: 'tiles' | 'strips' | 'whole';
  /** Name of the codec, such as `JPEG` or `LZW`. */
  readonly compression: string;
}

/** An image in a slide's file that is not the specimen at some resolution. */
export interface AssociatedImage extends Size {
  readonly kind: 'label' | 'macro' | 'thumbnail' | 'mask' | 'other';
}

/** Where a block of a level is in the file. */
export interface BlockPlace {
  /** First byte. */
  readonly offset: number;
  /** Compressed bytes. */
  readonly bytes: number;
}

/** An open image file: what is known of it, and its pixels as RGB. */
export interface Slide {
  readonly path: string;
  /** What kind of file it is, such as `BigTIFF`, `TIFF`, `Aperio SVS`, `PNG` or `JPEG`. */
  readonly format: string;
  /** Pixels of level 0. */
  readonly width: number;
  readonly height: number;
  /** At least one; the first is full resolution. */
  readonly levels: readonly Level[];
  readonly mpp: SlideMpp | undefined;
  /** How the file keeps a pixel, such as `3 x 8 bit YCbCr`. */
  readonly sampling?: string;
  /** Images in the file that are no levels, such as the label. */
  readonly associated?: readonly AssociatedImage[];
  /** Names of the channels, where the file keeps each in an image of its own; '' for one without a name. */
  readonly channels?: readonly string[];
  /** What was decided where a file can be read in more than one way, as sentences for people. */
  readonly notes?: readonly string[];
  /**
   * The rows `rows` of a level from top to bottom as RGB (three channels), in bands of whatever height suits the file, without gap or
   * overlap. Each block of the file is decoded at most once in a pass, and a bounded number of bands is decoded ahead.
   *
   * @param columns says which columns of the given rows are wanted, as sorted, disjoint spans of pixels of the level. The bands hold at
   *   least those columns and may hold more.
   * @throws {SegtileError} `input` where the file is damaged, `aborted` when the signal fires
   */
  readBands(level: number, rows: Span, columns: (rows: Span) => readonly Span[], signal?: AbortSignal): AsyncIterable<Band>;
  /** Where the file keeps a block of a level, numbered row by row: one place, or one for each channel that is read. */
  blockPlaces?(level: number, block: number): readonly BlockPlace[];
  /** Lets go of the file. Nothing can be read afterwards. */
  close(): Promise<void>;
}
