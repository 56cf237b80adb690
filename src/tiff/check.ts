import { SegtileError } from '../errors.js';
import { NONE } from './codecs.js';
import { blockCount, type Directory, directoryName } from './directory.js';
import { type ByteSource, TRUNCATED_HINT } from './source.js';

/**
 * Makes sure that every block of a directory lies inside the file, and that uncompressed ones have the bytes that their pixels need,
 * so that a truncated file is found before hours of work.
 *
 * @throws {SegtileError} `input` naming the block, its place and the size of the file; `unsupported` for a block that was left out
 */
export function requireBlocks(source: ByteSource, directory: Directory): void {
  const { offsets, byteCounts, compression } = directory;
  const where = `${directoryName(directory)} of ${source.path}`;
  const blocks = blockCount(directory);
  for (let block = 0; block < blocks; block++) {
    const offset = offsets[block]!;
    const bytes = byteCounts[block]!;
    if (offset === 0 || bytes === 0) {
      const hint = 'Rewrite the file with every block present.';
      throw new SegtileError('unsupported', `block ${block} in ${where} is empty (sparse file)`, hint);
    }
    if (offset + bytes > source.size) {
      const message = `block ${block} in ${where} is ${bytes} bytes at byte ${offset}, but the file has only ${source.size} bytes`;
      throw new SegtileError('input', message, TRUNCATED_HINT);
    }
    if (compression === NONE && bytes < rawBytes(directory, block)) {
      const message = `block ${block} in ${where} has ${bytes} bytes where ${rawBytes(directory, block)} are due`;
      throw new SegtileError('input', message, 'The file is damaged: copy or download it again.');
    }
  }
}

/** Bytes of a block that is not compressed. Tiles are whole, the last strip is cut. */
function rawBytes(directory: Directory, block: number): number {
  const { height, blockWidth, blockHeight, layout, samples, bits, planar } = directory;
  const down = Math.ceil(height / blockHeight);
  const rows = layout === 'tiles' ? blockHeight : Math.min(blockHeight, height - (block % down) * blockHeight);
  const pixelBits = planar ? bits[0]! : bits[0]! * samples;
  return rows * Math.ceil((blockWidth * pixelBits) / 8);
}
