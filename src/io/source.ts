import { type FileHandle, open, stat } from 'node:fs/promises';
import { reason, SegtileError, throwIfAborted } from '../errors.js';

/** One stretch of a file, and where its bytes go. */
export interface Fetch {
  /** First byte, from the start of the file. */
  readonly offset: number;
  /** Filled completely. */
  readonly into: Uint8Array;
}

/** A file with random access to its bytes, wherever it lies. */
export interface ByteSource {
  /** Names the file in messages. */
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /**
   * Fills every buffer.
   *
   * @throws {SegtileError} `input` if a stretch is not in the file or cannot be read, `aborted` when the signal fires
   */
  read(fetches: readonly Fetch[], signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a local file.
 *
 * @throws {SegtileError} `input` if there is no regular file, it may not be read, or it is empty
 */
export async function openFile(path: string): Promise<ByteSource> {
  const refuse = (cause: NodeJS.ErrnoException) => {
    throw unopened(path, cause);
  };
  // Checked before it is opened, because opening a pipe would wait for ever.
  const found = await stat(path).catch(refuse);
  if (found.isDirectory()) throw new SegtileError('input', `${path} is a folder`, 'give the path of one image file');
  if (!found.isFile()) throw new SegtileError('input', `${path} is not a regular file`, 'give the path of an image file');
  if (found.size === 0) throw new SegtileError('input', `${path} is empty (0 bytes)`, 'copy or download the file again');
  const handle = await open(path, 'r').catch(refuse);
  return {
    path,
    size: found.size,
    read: (fetches, signal) => fill(handle, path, fetches, signal),
    close: () => handle.close(),
  };
}

function unopened(path: string, cause: NodeJS.ErrnoException): SegtileError {
  if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') {
    return new SegtileError('input', `there is no file ${path}`, 'check the spelling and the folder', cause);
  }
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new SegtileError('input', `${path} may not be read`, 'ask for permission to read it, or copy it', cause);
  }
  return new SegtileError('input', `${path} cannot be opened: ${reason(cause)}`, undefined, cause);
}

async function fill(
  handle: FileHandle,
  path: string,
  fetches: readonly Fetch[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { offset, into } of fetches) {
    let done = 0;
    while (done < into.length) {
      throwIfAborted(signal);
      const { bytesRead } = await handle.read(into, done, into.length - done, offset + done).catch((cause: unknown) => {
        throw new SegtileError('input', `${path} cannot be read at byte ${offset + done}: ${reason(cause)}`, undefined, cause);
      });
      if (bytesRead === 0) {
        const wanted = `${into.length} bytes at byte ${offset}`;
        throw new SegtileError('input', `${path} ends at byte ${offset + done} where ${wanted} are needed`, TRUNCATED_HINT);
      }
      done += bytesRead;
    }
  }
}

/** What to do about a file that ends too early. */
export const TRUNCATED_HINT = 'the file is truncated: copy or download it again and compare its size with the original';
