import { SegtileError } from '../errors.js';
import { NONE } from './codecs.js';
import { type Directory, directoryName } from './directory.js';
import { TRUNCATED_HINT } from './source.js';

/** Higher uncompressed strips are cut into pieces of at most this many rows. */
const LOW = 256;

/**
 * Sees each uncompressed strip that is high as several low ones, so that a file of one strip is read a band at a time. Other
 * directories come back as they are.
 *
 * @throws {SegtileError} `input` where a strip has fewer bytes than its rows need
 */
export function lowStrips(path: string, directory: Directory): Directory {
  const { compression, layout, width, height, samples, blockHeight, offsets, byteCounts } = directory;
  if (compression !== NONE || layout !== 'strips' || blockHeight <= LOW) return directory;
  const rowBytes = width * samples;
  // Pieces must not straddle strips. A single strip may end in a short piece; of several, each is cut evenly.
  const pieceRows = blockHeight >= height ? LOW : largestDivisor(blockHeight, LOW);
  const pieceOffsets: number[] = [];
  const pieceBytes: number[] = [];
  for (let strip = 0; strip * blockHeight < height; strip++) {
    const rows = Math.min(blockHeight, height - strip * blockHeight);
    if (byteCounts[strip]! < rows * rowBytes) {
      const where = `block ${strip} of ${directoryName(directory)}`;
      const message = `${path}: ${where} has ${byteCounts[strip]} bytes where ${rows} uncompressed rows need ${rows * rowBytes}`;
      throw new SegtileError('input', message, TRUNCATED_HINT);
    }
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
