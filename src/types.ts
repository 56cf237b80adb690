/**
 * The types that all folders of the source share. They are plain readonly data: no behaviour, no imports.
 *
 * Coordinates have their origin at the top left, x to the right, y down. A box always belongs to one resolution, which
 * the holder of the box names. Intervals are half open: a box covers `x <= column < x + width`.
 */

/** An interval on one axis, in pixels: `start <= i < start + length`. */
export interface Span {
  readonly start: number;
  readonly length: number;
}

/** A rectangle, in pixels of a stated resolution. May reach outside the image where a window is padded. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Width and height, in pixels of a stated resolution. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Size in pixels of an image that shows a whole slide, at any resolution. `spans` says how many of its pixels cover the
 * width and the height of level 0; this may be a fraction. Without `spans` it is the size itself. Example: a level that
 * was made by averaging 4 × 4 pixels may have 741 rows although level 0 has 2967. Then 741.75 of its rows span level 0,
 * and the last pixels of level 0 lie on none of its rows.
 */
export interface SpanningSize extends Size {
  readonly spans?: Size | undefined;
}

/** Type of samples: bytes from 0 to 255, integers from 0 to 65,535, or 32-bit floating point. */
export type SampleType = 'uint8' | 'uint16' | 'float32';

/** Samples in memory, one array type for each {@link SampleType}. */
export type Samples<Memory extends ArrayBufferLike = ArrayBufferLike> =
  | Uint8Array<Memory>
  | Uint16Array<Memory>
  | Float32Array<Memory>;

/**
 * Interleaved samples, bytes by default, rows from the top: sample `c` of pixel `(x, y)` is
 * `data[(y * width + x) * channels + c]`.
 */
export interface Pixels<Data extends Samples = Uint8Array> extends Size {
  readonly channels: number;
  readonly data: Data;
}

/**
 * Full-width rows of an image of which only some columns are present. The runs are sorted by `x`, do not touch and do not
 * overlap; each has the height of the band. A column in no run was not read.
 */
export interface Band<Data extends Samples = Uint8Array> {
  readonly y: number;
  readonly height: number;
  readonly runs: readonly BandRun<Data>[];
  /**
   * Gives the memory of the pixels back for another band. A caller may call it when it is done with this band, before
   * it asks for the next one. Nobody may use the pixels afterwards.
   */
  readonly release?: () => void;
}

/** The columns `x <= column < x + pixels.width` of a {@link Band}. */
export interface BandRun<Data extends Samples = Uint8Array> {
  readonly x: number;
  readonly pixels: Pixels<Data>;
}

/** Physical size of one pixel along each axis, in micrometres. */
export interface Mpp {
  readonly x: number;
  readonly y: number;
}

/** An sRGB colour, each part 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A class that a mask can hold. `label` is its value in the mask (1 to 255; 0 is background). */
export interface MaskClass {
  readonly label: number;
  readonly name: string;
  readonly color: Rgb;
}

/**
 * One window of the plan. `box` is what the model sees, in working pixels; it may reach outside the image, where it is
 * filled by reflection. `core` is the part of the image for which the window's prediction may be used.
 */
export interface Window {
  readonly index: number;
  readonly row: number;
  readonly column: number;
  readonly box: Box;
  readonly core: Box;
  /** The part of the box that suffices for the scores of the core, if windows are cut to tissue. */
  readonly shown?: Box;
}

/** A model's scores for one window: planes of `window.box.width * window.box.height` floats, one per class. */
export interface Scores {
  readonly window: Window;
  readonly data: Float32Array;
}

/**
 * Final scores of one rectangle, as planes of `width * height` floats, one per class. A pixel that no window covers is
 * NaN in every plane.
 */
export interface ScoreBlock extends Box {
  readonly classes: number;
  /** True if every pixel is known to have scores; otherwise some may be NaN. */
  readonly whole?: boolean;
  readonly data: Float32Array;
}

/**
 * Full-width final rows, handed on from top to bottom without gap or overlap. Columns in no block have no scores. The
 * blocks are sorted by `x` and have the height of the rows. Whoever receives them must be done with them before asking
 * for more.
 */
export interface ScoreRows {
  readonly y: number;
  readonly height: number;
  readonly blocks: readonly ScoreBlock[];
}

/**
 * Full-width rows of interleaved samples, bytes by default, handed on from top to bottom without gap or overlap: sample
 * `c` of column `x` of row `r` is `data[((r - y) * width + x) * channels + c]`. Labels have one channel.
 */
export interface RasterRows<Data extends Samples = Uint8Array> extends Pixels<Data> {
  readonly y: number;
}

/** The same rows of several planes, such as one for each class, with one channel each. */
export type PlaneRows = readonly RasterRows<Uint8Array | Float32Array>[];

/**
 * Receives rows. The caller ends it with exactly one of `finish` and `abort`. No file has its final name before
 * `finish` resolves.
 */
export interface Sink<Rows> {
  write(rows: Rows): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}
