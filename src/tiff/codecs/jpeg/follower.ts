import type { HuffmanTable } from './huffman.js';

/** The codes of one block of 8 × 8 coefficients. */
export interface BlockCodes {
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
}

/** What came of following the codes of a stretch of JPEG data. */
export interface Followed {
  readonly fault: 'none' | 'no code' | 'too many coefficients' | 'too short' | 'too long';
  /** The unit at fault, counted from the start of the stretch. */
  readonly unit: number;
  /** Offset of the marker behind the stretch, or the length of the data if there is none. */
  readonly markerAt: number;
}

/** Follows the Huffman codes of scans (ITU-T T.81, annex F) without looking at the values between them. */
export interface Follower {
  /**
   * Takes the entropy-coded data of the next scan, and the blocks of its units, in their order. The same array of blocks
   * has the same content every time.
   */
  begin(data: Uint8Array, blocks: readonly BlockCodes[]): void;
  /** Follows so many units, up to the next marker, from an offset in the data of the scan. */
  follow(from: number, units: number): Followed;
}
