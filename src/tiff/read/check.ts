import { SegtileError } from '../../errors.js';
import { type ByteSource, TRUNCATED_HINT } from '../../io/source.js';
import { NONE } from '../codecs/none.js';
import { blockCount, type Directory, directoryName } from '../directory.js';
import { rawBytes, rowsInBlock } from '../samples/block-bytes.js';
import { isStreamed } from './decodable.js';

/**
 * Corrects blocks that are said to have more bytes than they need and so to reach beyond the end of the file. An
 * uncompressed block gets as many bytes as its pixels need. A compressed block gets the bytes up to the end of the
 * file; the last of these is {@link Directory.cutBlock}, which must be decoded before anybody relies on it being whole.
 *
 * @param size of the file, in bytes
 * @param oddities what else is strange about the directory
 * @returns the directory with corrected byte counts and all oddities
 */
export function withinFile(directory: Directory, size: number, oddities: readonly string[]): Directory {
  const { offsets, byteCounts, compression, hamamatsu } = directory;
  const told = [...(directory.oddities ?? []).map((oddity) => `${directoryName(directory)}: ${oddity}`), ...oddities];
  let counts: Float64Array | undefined;
  let cutBlock: Directory['cutBlock'];
  // Strips that are read as a stream of rows are not decoded to see whether they are whole.
  const blocks = hamamatsu !== undefined || isStreamed(directory) ? 0 : blockCount(directory);
  let cut = 0;
  for (let block = 0; block < blocks; block++) {
    const [offset, bytes] = [offsets[block]!, byteCounts[block]!];
    if (bytes === 0 || offset >= size || offset + bytes <= size) continue;
    const due = compression === NONE ? rawBytes(directory, rowsInBlock(directory, block)) : size - offset;
    if (offset + due > size) continue;
    counts ??= Float64Array.from(byteCounts);
    counts[block] = due;
    cut++;
    if (compression !== NONE && offset >= (cutBlock ? offsets[cutBlock.block]! : 0)) cutBlock = { block, bytes };
  }
  if (counts !== undefined) told.push(`${directoryName(directory)}: ${cut} of its blocks ${REACH}`);
  if (told.length === 0) return directory;
  return { ...directory, oddities: told, ...(counts && { byteCounts: counts }), ...(cutBlock && { cutBlock }) };
}

const REACH = 'are said to reach beyond the end of the file, but their pixels are in it';

/**
 * Makes sure that every block of a directory lies inside the file, and that uncompressed ones have the bytes that their
 * pixels need, so that a truncated file is found before hours of work.
 *
 * @throws {SegtileError} `input` naming the block, its place and the size of the file; `unsupported` if a strip that is
 *   read as a stream of rows is not in the file
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
    if (offset + bytes > source.size) throw truncated(source, directory, block, bytes);
    const due = compression === NONE ? rawBytes(directory, rowsInBlock(directory, block)) : 0;
    if (bytes < due) {
      throw new SegtileError('input', `block ${block} in ${where} has ${bytes} bytes where ${due} are due`, DAMAGED_HINT);
    }
  }
}

/** The error for a block that is not completely in the file. */
export function truncated({ path, size }: ByteSource, directory: Directory, block: number, bytes: number): SegtileError {
  const where = `${directoryName(directory)} of ${path}`;
  const message = `block ${block} in ${where} is ${bytes} bytes at byte ${directory.offsets[block]}, but the file has only ${size} bytes`;
  return new SegtileError('input', message, TRUNCATED_HINT);
}

const DAMAGED_HINT = 'the file is damaged: copy or download it again';

/**
 * How many blocks of a directory are not in the file (byte count 0). GDAL leaves out blocks without data. As in GDAL,
 * they are read as the value of the tag GDAL_NODATA, else as 0; if there is an alpha channel, that is white.
 */
export function absentBlocks(directory: Directory): number {
  let absent = 0;
  const blocks = blockCount(directory);
  for (let block = 0; block < blocks; block++) if (directory.byteCounts[block] === 0) absent++;
  return absent;
}
