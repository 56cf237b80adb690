import { GeoTIFF } from 'geotiff';
import { reason, SegtileError } from '../errors.js';
import { type Directory, parseDirectory, type Tags } from './directory.js';
import type { ByteSource } from './source.js';

/** The directories of a TIFF file. */
export interface Tiff {
  readonly source: ByteSource;
  readonly big: boolean;
  readonly littleEndian: boolean;
  /** The main chain, in the order of the file. */
  readonly directories: readonly Directory[];
  /** Sub-directories of a directory of the main chain, in the order in which it lists them. */
  subDirectories(directory: Directory): Promise<readonly Directory[]>;
}

/** More directories than this in one chain mean a damaged file. The largest scanners' stacks have hundreds. */
const MOST_DIRECTORIES = 100_000;

/** A tag with more bytes than this means a damaged file: block lists of the largest slides are near 30 MB. */
const LARGEST_TAG = 2 ** 29;

/** The container reader asks for this many bytes at a directory before it knows how long it is. */
const LONGEST_GUESS = 4048;

/**
 * Reads the directories of a classic TIFF or BigTIFF file of either byte order; no pixels.
 *
 * @throws {SegtileError} `input` where the file is damaged or truncated
 */
export async function readTiff(source: ByteSource, signal?: AbortSignal): Promise<Tiff> {
  const file = await GeoTIFF.fromSource({ fetch: (slices: Slice[]) => fetchSlices(source, slices, signal) }).catch(
    (cause: unknown) => {
      throw damaged(source, 'its TIFF header cannot be read', cause);
    },
  );
  const parse = async (offset: number, index: number, parent?: number) => {
    try {
      const { fileDirectory, nextIFDByteOffset } = (await file.parseFileDirectoryAt(offset)) as unknown as ParsedDirectory;
      return { directory: parseDirectory(fileDirectory, index, file.littleEndian, parent), next: nextIFDByteOffset };
    } catch (cause) {
      const name = parent === undefined ? `directory ${index}` : `sub-directory ${index} of directory ${parent}`;
      throw damaged(source, `${name}, at byte ${offset}, cannot be read`, cause);
    }
  };

  const directories: Directory[] = [];
  const seen = new Set<number>();
  for (let offset = file.firstIFDOffset; offset !== 0; ) {
    if (seen.has(offset) || seen.size === MOST_DIRECTORIES) {
      throw damaged(source, `its directories run in a circle: after directory ${seen.size - 1} comes byte ${offset} again`);
    }
    seen.add(offset);
    const { directory, next } = await parse(offset, directories.length);
    directories.push(directory);
    offset = next;
  }
  if (directories.length === 0) throw damaged(source, 'it has no directory');

  return {
    source,
    big: file.bigTiff,
    littleEndian: file.littleEndian,
    directories,
    subDirectories: async (directory) => {
      const found: Directory[] = [];
      for (const [index, offset] of directory.subDirectories.entries()) {
        found.push((await parse(offset, index, directory.index)).directory);
      }
      return found;
    },
  };
}

interface Slice {
  readonly offset: number;
  readonly length: number;
}

interface ParsedDirectory {
  readonly fileDirectory: Tags;
  readonly nextIFDByteOffset: number;
}

/** What the container reader asks for. Its guesses may reach past the end of the file; nothing else may. */
async function fetchSlices(
  source: ByteSource,
  slices: readonly Slice[],
  signal: AbortSignal | undefined,
): Promise<ArrayBuffer[]> {
  const fetches = slices.map(({ offset, length }) => {
    const left = source.size - offset;
    if (left <= 0 || (length > left && length > LONGEST_GUESS)) {
      throw new Error(`${length} bytes at byte ${offset} are needed, but the file ends at byte ${source.size}`);
    }
    if (length > LARGEST_TAG) throw new Error(`it claims a tag of ${length} bytes`);
    return { offset, into: new Uint8Array(Math.min(length, left)) };
  });
  await source.read(fetches, signal);
  return fetches.map(({ into }) => into.buffer);
}

function damaged(source: ByteSource, what: string, cause?: unknown): SegtileError {
  if (cause instanceof SegtileError) return cause;
  const why = cause === undefined ? '' : `: ${cause instanceof RangeError ? 'it points outside the file' : reason(cause)}`;
  return new SegtileError('input', `${source.path} is damaged: ${what}${why}`, 'Copy or download the file again.', cause);
}
