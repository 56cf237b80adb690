import { SegtileError } from '../errors.js';
import { rawBytes, rowsInBlock } from './block-bytes.js';
import { NONE } from './codecs/none.js';
import { isStreamed } from './decodable.js';
import { blockCount, type Directory, directoryName } from './directory.js';
import { type ByteSource, TRUNCATED_HINT } from './source.js';

/**
 * Makes sure that every block of a directory lies inside the file, and that uncompressed ones have the bytes that their pixels need,
 * so that a truncated file is found before hours of work.
 *
 * @throws {SegtileError} `input` naming the block, its place and the size of the file
 */
export function requireBlocks(source: ByteSource, directory: Directory): void {
  const { offsets, byteCounts, compression } = directory;
  const where = `${directoryName(directory)} of ${source.path}`;
  const blocks = blockCount(directory);
  for (let block = 0; block < blocks; block++) {
    const offset = offsets[block]!;
    const bytes = byteCounts[block]!;
    if (bytes === 0 && offset !== 0) {
      throw new SegtileError(
        'input',
        `block ${block} in ${where} has a place in the file, byte ${offset}, but no bytes`,
        DAMAGED_HINT,
      );
    }
    if (bytes === 0) {
      if (!isStreamed(directory)) continue;
      throw new SegtileError('unsupported', `block ${block} in ${where} is not in the file, and it is a high strip`);
    }
    if (offset === 0) {
      throw new SegtileError('input', `block ${block} in ${where} has ${bytes} bytes but no place in the file`, DAMAGED_HINT);
    }
    if (offset + bytes > source.size) {
      const message = `block ${block} in ${where} is ${bytes} bytes at byte ${offset}, but the file has only ${source.size} bytes`;
      throw new SegtileError('input', message, TRUNCATED_HINT);
    }
    const due = compression === NONE ? rawBytes(directory, rowsInBlock(directory, block)) : 0;
    if (bytes < due) {
      throw new SegtileError('input', `block ${block} in ${where} has ${bytes} bytes where ${due} are due`, DAMAGED_HINT);
    }
  }
}

const DAMAGED_HINT = 'the file is damaged: copy or download it again';

/**
 * How many blocks of a directory are not in the file (byte count 0), as GDAL leaves out blocks without data. They are read as the value of
 * the tag GDAL_NODATA, else as 0, as GDAL does; where there is an alpha channel, that is white.
 */
export function absentBlocks(directory: Directory): number {
  let absent = 0;
  const blocks = blockCount(directory);
  for (let block = 0; block < blocks; block++) if (directory.byteCounts[block] === 0) absent++;
  return absent;
}
