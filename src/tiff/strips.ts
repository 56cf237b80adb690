import { NONE } from './codecs.js';
import type { Directory } from './directory.js';

/** Higher uncompressed strips are cut into pieces of at most this many rows. */
const LOW = 256;

/**
 * Sees each uncompressed strip that is high as several low ones, so that a file of one strip is read a band at a time. Other
 * directories come back as they are.
 */
export function lowStrips(directory: Directory): Directory {
  const { compression, layout, width, height, samples, blockHeight, offsets } = directory;
  if (compression !== NONE || layout !== 'strips' || blockHeight <= LOW) return directory;
  const rowBytes = width * samples;
  // Pieces must not straddle strips. A single strip may end in a short piece; of several, each is cut evenly.
  const pieceRows = blockHeight >= height ? LOW : largestDivisor(blockHeight, LOW);
  const pieceOffsets: number[] = [];
  const pieceBytes: number[] = [];
  for (let strip = 0; strip * blockHeight < height; strip++) {
    const rows = Math.min(blockHeight, height - strip * blockHeight);
    for (let row = 0; row < rows; row += pieceRows) {
      pieceOffsets.push(offsets[strip]! + row * rowBytes);
      pieceBytes.push(Math.min(pieceRows, rows - row) * rowBytes);
    }
  }
  return { ...directory, blockHeight: pieceRows, offsets: pieceOffsets, byteCounts: pieceBytes };
}

function largestDivisor(of: number, atMost: number): number {
  for (let divisor = atMost; divisor > 1; divisor--) if (of % divisor === 0) return divisor;
  return 1;
}
