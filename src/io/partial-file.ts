import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reason, SegtileError } from '../errors.js';
import { isFolder } from './folder.js';

/**
 * A file that grows under a hidden temporary name in its final folder, and appears under its final name whole or not at
 * all. Methods reject with a {@link SegtileError} that names the path: `output` if the file cannot be written or read,
 * `aborted` after `commit` or `discard`.
 */
export interface PartialFile {
  /** Bytes appended so far, which is the offset of the next one. */
  readonly end: number;
  /** Appends the bytes. One append at a time. */
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites bytes that were appended before. */
  patch(bytes: Uint8Array, offset: number): Promise<void>;
  /** Reads back bytes that were appended before. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Flushes the file to disk and gives it its final name. */
  commit(): Promise<void>;
  /** Deletes the temporary file. Does nothing after `commit`, and may be called twice. */
  discard(): Promise<void>;
}

/** What happens at the commit if a file already has the final name. */
export interface CommitOptions {
  /**
   * Whether the new file replaces the old one, which is the default. If not, the commit fails and the old file stays.
   */
  readonly replace?: boolean | undefined;
}

/** Paths of the existing files that must not outlive the process: partial files and claims. */
export const temporaries: Set<string> = new Set();

let watch: ((path: string, there: boolean) => void) | undefined;

/**
 * In a thread: tells a function of each partial file that comes and goes, so that the main thread, whose list is another,
 * can remove it.
 */
export function watchTemporaries(told: (path: string, there: boolean) => void): void {
  watch = told;
}

function setTemporary(path: string, there: boolean): void {
  if (there) temporaries.add(path);
  else temporaries.delete(path);
  watch?.(path, there);
}

/** Deletes all temporary files. For a process that ends at once. */
export function removeTemporaries(): void {
  for (const path of temporaries) rmSync(path, { force: true });
}

/**
 * Starts a file that will stand at `path` once it is committed.
 *
 * @throws {SegtileError} `output` when the folder is missing or not writable, or when `path` is a folder
 */
export async function openPartialFile(path: string, { replace = true }: CommitOptions = {}): Promise<PartialFile> {
  if (await isFolder(path)) throw new SegtileError('output', `cannot write ${path}: it is a folder`, 'give the name of a file');
  // Random, not the process id: containers that share a folder often share their ids too.
  const temporary = join(dirname(path), `${beginOf(path)}${randomBytes(4).toString('hex')}`);
  const handle = await open(temporary, 'wx+').catch((thrown) => {
    throw outputError(path, thrown);
  });
  setTemporary(temporary, true);
  return partialFile(path, temporary, handle, replace ? rename : placeNew);
}

/** How the temporary names of a file begin. */
function beginOf(path: string): string {
  return `.${basename(path)}.partial-`;
}

/** Whether a name, in the folder of a file, is a temporary one of that file. */
export function isPartialOf(name: string, path: string): boolean {
  const begin = beginOf(path);
  return name.startsWith(begin) && /^[0-9a-f]+$/.test(name.slice(begin.length));
}

/**
 * Writes a file that appears whole or not at all.
 *
 * @param write writes the content; if it fails, the file is deleted
 * @throws {SegtileError} `output` if the file cannot be written; else whatever `write` throws
 */
export async function writeWhole(
  path: string,
  write: (file: PartialFile) => Promise<void>,
  placement?: CommitOptions,
): Promise<void> {
  const file = await openPartialFile(path, placement);
  try {
    await write(file);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** Error codes of file systems without hard links, such as FAT, when a link is to be made. */
export const NO_LINKS: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK'];

/**
 * Gives a file its final name unless a file has that name already. This is a single step, so that only one of two
 * processes succeeds. If the file system has no hard links, the name is checked just before the file is renamed.
 *
 * @throws {SegtileError} `output` if a file has that name already
 */
export async function placeNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      // If a file server answers late, the system asks again. The second answer says that the name is taken: by our own
      // file.
      if (!(await isSame(temporary, path))) throw existsError(path);
    } else {
      if (!NO_LINKS.includes(code)) throw error;
      if (await lstat(path).catch(() => undefined)) throw existsError(path);
      await rename(temporary, path);
    }
  }
  // The file has its final name. It does no harm if its temporary name cannot be removed.
  await rm(temporary, { force: true }).catch(() => undefined);
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => lstat(path, { bigint: true }).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** The error for a file that exists and may not be replaced. */
export function existsError(path: string): SegtileError {
  return new SegtileError(
    'output',
    `${path} is there already`,
    'use --overwrite to replace it, or choose another place or name',
  );
}

/**
 * Makes sure that nothing exists at any of the paths yet.
 *
 * @throws {SegtileError} `output` if something does
 */
export async function refuseExisting(paths: readonly string[]): Promise<void> {
  for (const path of paths) if (await lstat(path).catch(() => undefined)) throw existsError(path);
}

/** @param place gives the file its final name */
function partialFile(
  path: string,
  temporary: string,
  handle: FileHandle,
  place: (temporary: string, path: string) => Promise<void>,
): PartialFile {
  let end = 0;
  let ending: Promise<void> | undefined;

  async function attempt<T>(work: () => Promise<T>): Promise<T> {
    if (ending) throw new SegtileError('aborted', `writing ${path} was stopped`);
    try {
      return await work();
    } catch (thrown) {
      throw outputError(path, thrown);
    }
  }

  async function writeAll(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
      done += bytesWritten;
    }
  }

  async function moveIntoPlace(): Promise<void> {
    try {
      await handle.sync();
      await handle.close();
      await place(temporary, path);
      setTemporary(temporary, false);
    } catch (thrown) {
      await remove();
      throw outputError(path, thrown);
    }
  }

  async function remove(): Promise<void> {
    // If the handle is closed already, or the folder is gone, nothing is left to clean up.
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true }).catch(() => undefined);
    setTemporary(temporary, false);
  }

  return {
    get end() {
      return end;
    },
    append: (bytes) =>
      attempt(async () => {
        await writeAll(bytes, end);
        end += bytes.length;
      }),
    patch: (bytes, offset) => attempt(() => writeAll(bytes, offset)),
    read: (offset, length) =>
      attempt(async () => {
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
          if (bytesRead === 0) throw new Error(`${length} bytes at ${offset} cannot be read back`);
          done += bytesRead;
        }
        return bytes;
      }),
    commit: () => {
      if (ending) return attempt(async () => undefined);
      ending = moveIntoPlace();
      return ending;
    },
    discard: async () => {
      ending ??= remove();
      // A commit that was running and failed has cleaned up, and its caller got the error.
      await ending.catch(() => undefined);
    },
  };
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'create the folder first',
  ENOTDIR: 'part of the path is a file, not a folder: choose another folder',
  EACCES: 'choose a folder that you may write to',
  EPERM: 'choose a folder that you may write to',
  EROFS: 'the disk is read-only: choose another folder',
  ENOSPC: 'the disk is full: free some space, or choose a folder on another disk',
  EDQUOT: 'your disk quota is used up: free some space, or choose a folder on another disk',
  EFBIG: 'the file grew larger than this disk or your limits (ulimit -f) allow: choose a folder on another disk',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
  ENAMETOOLONG: 'choose a shorter file name',
};

/**
 * Turns an error of writing a file into one in words that users know, with a hint what to do. A SegtileError stays as
 * it is.
 */
export function outputError(path: string, thrown: unknown): SegtileError {
  if (thrown instanceof SegtileError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  // The system's own text names the temporary file, which the user has never heard of.
  const what = reason(thrown).split(', ')[0];
  return new SegtileError('output', `cannot write ${path}: ${what}`, code === undefined ? undefined : hints[code], thrown);
}
