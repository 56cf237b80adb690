import type { Samples, Size } from '../../types.js';
import type { Directory } from '../directory.js';

/** How blocks are compressed. A codec is one file of this folder and one line of `registry.ts`. */
export type Codec = BytesCodec | PictureCodec;

interface CodecFacts {
  /** Values of the tag Compression for this codec; the first is the one that libtiff knows. */
  readonly numbers: readonly number[];
  /** Such as `JPEG`. */
  readonly name: string;
  /**
   * The predictors that may be applied before compression (tag Predictor): 1 none, 2 horizontal difference, 3 floating
   * point. Empty if the codec does not use this tag.
   */
  readonly predictors: readonly number[];
  /**
   * What in a directory the codec does not decode, such as `5 samples per pixel in JPEG`; undefined if it decodes
   * everything.
   */
  check?(directory: Directory): string | undefined;
  /** Set if libtiff inside sharp correctly decodes blocks of 8-bit samples, side by side in one call. */
  readonly wrapped?: Wrapped;
}

/** A codec that gives back the bytes of the samples as TIFF lays them out. */
export interface BytesCodec extends CodecFacts {
  readonly gives: 'bytes';
  /**
   * Set if the data have no checksum. Then only their length shows that a count in them is damaged, so more bytes than
   * are due are an error.
   */
  readonly exact?: true;
  /**
   * Decompresses a block, off the main thread.
   *
   * @param due bytes that have to come out; the caller ignores what is more
   * @param most bytes that may come out, because some writers fill up the last strip to the height of the others
   * @throws {Error} saying what is wrong with the data
   */
  decode(block: Uint8Array, due: number, most: number): Promise<Uint8Array> | Uint8Array;
  /**
   * Decompresses blocks that all give `rows` rows of `rowBytes` bytes, where one call for all is faster.
   *
   * @returns undefined if they have to be decompressed one by one
   * @throws {Error} saying what is wrong with the data
   */
  decodeTogether?(blocks: readonly Uint8Array[], rows: number, rowBytes: number): Promise<readonly Uint8Array[] | undefined>;
  /**
   * Decompresses a block piece by piece, so that it is never in memory as a whole. For strips that are too high
   * otherwise.
   *
   * @throws {Error} if the data are damaged or end too early
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

/** The picture that a block has to give. */
export interface PictureDue {
  /** Smallest allowed size, in pixels. */
  readonly least: Size;
  /** Largest allowed size, in pixels. */
  readonly most: Size;
  /** Samples of a pixel. */
  readonly channels: number;
}

/** The samples of one block. */
export interface BlockPixels {
  readonly data: Samples;
  /** Pixels in a row of the block. */
  readonly rowLength: number;
}

/** How libtiff inside sharp decodes many blocks in one call. */
interface Wrapped {
  /** Value of sharp's option of this name: what it fails at. */
  readonly failOn: 'warning' | 'error';
  /**
   * Looks at blocks that libtiff is about to decode.
   *
   * @param most largest size, in pixels, that the picture of a block may have
   * @returns undefined if libtiff does not decode them correctly; else a check to run while libtiff decodes
   * @throws {Error} saying what is wrong with the data
   */
  examine?(blocks: readonly PlacedBlock[], most: Size, directory: Directory): (() => Promise<void>) | undefined;
}

/** A compressed block, and its size in pixels without what reaches over the edge of the image. */
export interface PlacedBlock {
  readonly bytes: Uint8Array;
  readonly size: Size;
}
