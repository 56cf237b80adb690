import type { Samples, Size } from '../../types.js';
import type { Directory } from '../directory.js';

/** How blocks are packed. A codec is one file of this folder and one line of `registry.ts`. */
export type Codec = BytesCodec | PictureCodec;

interface CodecFacts {
  /** Values of the tag Compression that mean it; the first is the one that libtiff knows. */
  readonly numbers: readonly number[];
  /** Such as `JPEG`. */
  readonly name: string;
  /** The predictors that may come before it (tag Predictor): 1 none, 2 horizontal difference, 3 floating point. None where it has no such tag. */
  readonly predictors: readonly number[];
  /** What of a directory it does not decode, such as `5 samples per pixel in JPEG`; undefined where it decodes all. */
  check?(directory: Directory): string | undefined;
  /** Given where libtiff inside sharp decodes blocks of 8 bits right, side by side in one call. */
  readonly wrapped?: Wrapped;
}

/** A codec that gives back the bytes of the samples as TIFF lays them out. */
export interface BytesCodec extends CodecFacts {
  readonly gives: 'bytes';
  /** Its data have no checksum: only their length tells that a count in them is damaged, so more bytes than are due are too many. */
  readonly exact?: true;
  /**
   * Unpacks a block, off the main thread.
   *
   * @param due bytes that come out; no fewer, and what is more is passed over
   * @param most bytes that may come out: some writers fill up the last strip to the height of the others
   * @throws {Error} saying what is wrong with the data
   */
  decode(block: Uint8Array, due: number, most: number): Promise<Uint8Array> | Uint8Array;
  /**
   * Unpacks blocks that all give `rows` rows of `rowBytes` bytes, where one call for all is faster.
   *
   * @returns undefined where they have to be unpacked one by one
   * @throws {Error} saying what is wrong with the data
   */
  decodeTogether?(blocks: readonly Uint8Array[], rows: number, rowBytes: number): Promise<readonly Uint8Array[] | undefined>;
  /**
   * Unpacks a block piece by piece, so that it is never in memory as a whole: strips that are too high otherwise.
   *
   * @throws {Error} where the data are damaged or end too early
   */
  stream?(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** A codec that is an image format of its own. */
export interface PictureCodec extends CodecFacts {
  readonly gives: 'picture';
  /**
   * Decodes a block, off the main thread.
   *
   * @throws {Error} saying what is wrong with the data, or does not fit
   */
  decode(block: Uint8Array, due: PictureDue, directory: Directory): Promise<BlockPixels>;
}

/** The picture that is due. */
export interface PictureDue {
  /** It is at least this large, in px ... */
  readonly least: Size;
  /** ... and at most this large. */
  readonly most: Size;
  /** Samples of a pixel. */
  readonly channels: number;
}

/** The samples of one block. */
export interface BlockPixels {
  readonly data: Samples;
  /** Pixels in a row of it. */
  readonly rowLength: number;
}

/** How libtiff inside sharp decodes many blocks in one call. */
export interface Wrapped {
  /** What sharp is told to fail at (its option of this name). */
  readonly failOn: 'warning' | 'error';
  /**
   * Looks at blocks that libtiff is about to decode.
   *
   * @param most pixels that the picture of a block may have
   * @returns undefined where libtiff does not decode them right; else what is to be checked while it decodes
   * @throws {Error} saying what is wrong with the data
   */
  examine?(blocks: readonly PlacedBlock[], most: Size, directory: Directory): (() => Promise<void>) | undefined;
}

/** A compressed block, and its pixels without what reaches over the edge of the image. */
export interface PlacedBlock {
  readonly bytes: Uint8Array;
  readonly size: Size;
}
