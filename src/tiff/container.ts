import { reason, SegtileError } from '../errors.js';
import type { ByteSource } from '../io/source.js';
import { type Directory, parseDirectory } from './directory.js';
import { withinFile } from './read/check.js';
import { type RawDirectory, readHeader, readTags, TooManyBytes } from './tags.js';

/** The directories of a TIFF file. */
export interface Tiff {
  readonly source: ByteSource;
  readonly big: boolean;
  readonly littleEndian: boolean;
  /** The main chain, in the order of the file. */
  readonly directories: readonly Directory[];
  /**
   * Sentences for people about what could not be read and was left out. The list grows while sub-directories are read.
   */
  readonly oddities: readonly string[];
  /**
   * Sub-directories of a directory of the main chain, in the order in which it lists them. Sub-directories of
   * sub-directories are not read.
   */
  subDirectories(directory: Directory): Promise<readonly Directory[]>;
}

/**
 * A file with more directories than this is damaged, or is no slide. The stacks of the largest scanners have hundreds.
 */
const MOST_DIRECTORIES = 4096;

/**
 * Most bytes that the tags of all directories of a file may have together. Block lists of the largest slides have about
 * 30 MB.
 */
const MOST_TAG_BYTES = 2 ** 27;

/**
 * Reads the directories of a classic TIFF, BigTIFF or NDPI file of either byte order, but no pixels. Damage is an error
 * in the first directory, and in one whose image is larger than all readable ones before it, because that is the image
 * that the user wants to see. Any other directory that cannot be read is left out, and `oddities` says so.
 *
 * @throws {SegtileError} `input` if the file is damaged, truncated or cannot be read; `aborted` when the signal fires
 */
export async function readTiff(source: ByteSource, signal?: AbortSignal): Promise<Tiff> {
  const { file, first } = await readHeader(source, signal).catch((cause: unknown) => {
    throw damaged(source, 'its TIFF header cannot be read', cause);
  });
  let bytes = 0;
  const seen = new Set<number>();
  const oddities: string[] = [];
  /**
   * Reads a directory, or says why it cannot be read. `next` is the offset of the next directory of the chain; 0 if
   * there is none or it is not known.
   */
  const read = async (offset: number, index: number, parent?: number): Promise<FoundDirectory> => {
    const name = parent === undefined ? `directory ${index}` : `sub-directory ${index} of directory ${parent}`;
    if (seen.has(offset)) {
      const failure = damaged(source, `its directories run in a circle: ${name} is at byte ${offset} again`);
      return { failure, width: 0, height: 0, next: 0 };
    }
    if (seen.size === MOST_DIRECTORIES) throw damaged(source, `it has more than ${MOST_DIRECTORIES} directories`);
    seen.add(offset);
    let raw: RawDirectory | undefined;
    try {
      raw = await readTags(file, offset, MOST_TAG_BYTES - bytes, signal);
      bytes += raw.bytes;
      const parsed = parseDirectory(raw.tags, index, file.littleEndian, parent);
      const directory = withinFile(
        parsed,
        source.size,
        raw.oddities.map((oddity) => `${name}: ${oddity}`),
      );
      return { directory, next: raw.next };
    } catch (cause) {
      const failure = damaged(source, `${name}, at byte ${offset}, cannot be read`, cause);
      if (failure.code === 'aborted' || cause instanceof TooManyBytes) throw failure;
      const side = (tag: 'ImageWidth' | 'ImageLength') => Number(raw?.tags[tag]?.[0] ?? 0);
      return { failure, width: side('ImageWidth'), height: side('ImageLength'), next: raw?.next ?? 0 };
    }
  };
  const leftOut = ({ message }: SegtileError): void => {
    oddities.push(`${message.slice(message.indexOf(DAMAGED) + DAMAGED.length)}; it is left out`);
  };

  const directories: Directory[] = [];
  let largest = 0;
  for (let offset = first, index = 0; offset !== 0; index++) {
    const found = await read(offset, index);
    if ('directory' in found) {
      directories.push(found.directory);
      largest = Math.max(largest, found.directory.width * found.directory.height);
    } else if (directories.length === 0 || found.width * found.height > largest) throw found.failure;
    else leftOut(found.failure);
    offset = found.next;
  }
  if (directories.length === 0) throw damaged(source, 'it has no directory');

  const children = new Map<Directory, Promise<readonly Directory[]>>();
  const readChildren = async (parent: Directory): Promise<readonly Directory[]> => {
    const found: Directory[] = [];
    for (const [index, offset] of parent.subDirectories.entries()) {
      const child = await read(offset, index, parent.index);
      if ('failure' in child) {
        // A level is known by its place in the list, so the levels after a missing one would be taken for others.
        leftOut(child.failure);
        break;
      }
      found.push(child.directory);
    }
    return found;
  };
  return {
    source,
    big: file.big,
    littleEndian: file.littleEndian,
    directories,
    oddities,
    subDirectories: (directory) => {
      const known = children.get(directory) ?? readChildren(directory);
      children.set(directory, known);
      return known;
    },
  };
}

type FoundDirectory =
  | { readonly directory: Directory; readonly next: number }
  | { readonly failure: SegtileError; readonly width: number; readonly height: number; readonly next: number };

const DAMAGED = ' is damaged: ';

function damaged(source: ByteSource, what: string, cause?: unknown): SegtileError {
  if (cause instanceof SegtileError) return cause;
  const why = cause === undefined ? '' : `: ${cause instanceof RangeError ? 'it points outside the file' : reason(cause)}`;
  return new SegtileError('input', `${source.path}${DAMAGED}${what}${why}`, 'copy or download the file again', cause);
}
