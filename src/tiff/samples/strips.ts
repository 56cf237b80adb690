import { NONE } from '../codecs/none.js';
import type { Directory } from '../directory.js';
import { blocksDown, rowBytes, unitSize } from './block-bytes.js';

/** Higher uncompressed strips are cut into pieces of at most this many rows. */
const LOW = 256;

/**
 * Presents each high uncompressed strip as several low ones, so that a file of one strip is read a band at a time.
 * Other directories are returned unchanged.
 */
export function lowStrips(directory: Directory): Directory {
  const { compression, layout, height, blockHeight, samples, planar, offsets, byteCounts } = directory;
  if (compression !== NONE || layout !== 'strips' || blockHeight <= LOW || unitSize(directory) !== undefined) return directory;
  const bytes = rowBytes(directory);
  // Pieces must not straddle strips. A single strip may end in a short piece. If there are several strips, each is cut
  // evenly.
  const pieceRows = blockHeight >= height ? LOW : largestDivisor(blockHeight, LOW);
  const pieceOffsets: number[] = [];
  const pieceBytes: number[] = [];
  const down = blocksDown(directory);
  for (let strip = 0; strip < down * (planar ? samples : 1); strip++) {
    const rows = Math.min(blockHeight, height - (strip % down) * blockHeight);
    const absent = byteCounts[strip] === 0;
    for (let row = 0; row < rows; row += pieceRows) {
      pieceOffsets.push(absent ? 0 : offsets[strip]! + row * bytes);
      pieceBytes.push(absent ? 0 : Math.min(pieceRows, rows - row) * bytes);
    }
  }
  return { ...directory, blockHeight: pieceRows, offsets: pieceOffsets, byteCounts: pieceBytes };
}

function largestDivisor(of: number, atMost: number): number {
  for (let divisor = atMost; divisor > 1; divisor--) if (of % divisor === 0) return divisor;
  return 1;
}
