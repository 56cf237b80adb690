import { reason, SegtileError } from '../errors.js';
import { type Directory, parseDirectory } from './directory.js';
import type { ByteSource } from './source.js';
import { readHeader, readTags } from './tags.js';

/** The directories of a TIFF file. */
export interface Tiff {
  readonly source: ByteSource;
  readonly big: boolean;
  readonly littleEndian: boolean;
  /** The main chain, in the order of the file. */
  readonly directories: readonly Directory[];
  /** Sub-directories of a directory of the main chain, in the order in which it lists them. They have none of their own. */
  subDirectories(directory: Directory): Promise<readonly Directory[]>;
}

/** More directories than this in a file mean that it is damaged, or no slide. The largest scanners' stacks have hundreds. */
const MOST_DIRECTORIES = 4096;

/** The tags of all directories of a file may have as many bytes: block lists of the largest slides are near 30 MB. */
const MOST_TAG_BYTES = 2 ** 27;

/**
 * Reads the directories of a classic TIFF, BigTIFF or NDPI file of either byte order; no pixels.
 *
 * @throws {SegtileError} `input` where the file is damaged or truncated
 */
export async function readTiff(source: ByteSource, signal?: AbortSignal): Promise<Tiff> {
  const { file, first } = await readHeader(source, signal).catch((cause: unknown) => {
    throw damaged(source, 'its TIFF header cannot be read', cause);
  });
  let bytes = 0;
  const seen = new Set<number>();
  const read = async (offset: number, index: number, parent?: number) => {
    const name = parent === undefined ? `directory ${index}` : `sub-directory ${index} of directory ${parent}`;
    if (seen.has(offset)) throw damaged(source, `its directories run in a circle: ${name} is at byte ${offset} again`);
    if (seen.size === MOST_DIRECTORIES) throw damaged(source, `it has more than ${MOST_DIRECTORIES} directories`);
    seen.add(offset);
    try {
      const raw = await readTags(file, offset, MOST_TAG_BYTES - bytes, signal);
      bytes += raw.bytes;
      return { directory: parseDirectory(raw.tags, index, file.littleEndian, parent), next: raw.next };
    } catch (cause) {
      throw damaged(source, `${name}, at byte ${offset}, cannot be read`, cause);
    }
  };

  const directories: Directory[] = [];
  for (let offset = first; offset !== 0; ) {
    const { directory, next } = await read(offset, directories.length);
    directories.push(directory);
    offset = next;
  }
  if (directories.length === 0) throw damaged(source, 'it has no directory');

  const children = new Map<Directory, Promise<readonly Directory[]>>();
  const readChildren = async (parent: Directory): Promise<readonly Directory[]> => {
    const found: Directory[] = [];
    for (const [index, offset] of parent.subDirectories.entries()) {
      found.push((await read(offset, index, parent.index)).directory);
    }
    return found;
  };
  return {
    source,
    big: file.big,
    littleEndian: file.littleEndian,
    directories,
    subDirectories: (directory) => {
      const known = children.get(directory) ?? readChildren(directory);
      children.set(directory, known);
      return known;
    },
  };
}

function damaged(source: ByteSource, what: string, cause?: unknown): SegtileError {
  if (cause instanceof SegtileError) return cause;
  const why = cause === undefined ? '' : `: ${cause instanceof RangeError ? 'it points outside the file' : reason(cause)}`;
  return new SegtileError('input', `${source.path} is damaged: ${what}${why}`, 'copy or download the file again', cause);
}
