import type { ByteSource } from '../io/source.js';
import type { Directory } from './directory.js';

/** An image of a TIFF file that can be decoded, and what messages call it. */
export interface TiffImage {
  readonly source: ByteSource;
  readonly directory: Directory;
  /** Such as `level 0`. */
  readonly name: string;
  /** The directories that the planes are in, where each is in one of its own. */
  readonly pages?: readonly Directory[];
}
