import type { ByteSource } from '../io/source.js';
import type { Directory } from './directory.js';

/** An image of a TIFF file that can be decoded, and its name in messages. */
export interface TiffImage {
  readonly source: ByteSource;
  readonly directory: Directory;
  /** Such as `level 0`. */
  readonly name: string;
  /** The directories of the planes, if each plane has a directory of its own. */
  readonly pages?: readonly Directory[];
}
