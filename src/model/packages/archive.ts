import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Entry, ZipFile } from 'yauzl';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { filesInZip, isZip } from '../../io/zip.js';
import { cacheFolder } from '../measured/cache.js';

/** Largest unpacked size of a ZIP, in bytes. Users have to unpack larger ones themselves. */
const MOST_BYTES = 8 * 2 ** 30;

/** Whether a path leads to a ZIP. */
export async function leadsToZip(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return false;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0);
    return isZip(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/**
 * Unpacks a ZIP with a model into the cache, because onnxruntime reads weights from files. Each content is unpacked only
 * once.
 *
 * @param wanted tells from the names of its files whether the ZIP holds a model; others, such as checkpoints, are left
 *   alone
 * @returns the folder, or undefined if the ZIP is damaged or not wanted
 * @throws {SegtileError} `input` if the ZIP cannot be unpacked
 */
export async function unpacked(
  path: string,
  wanted: (names: readonly string[]) => boolean,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const failed = (cause: unknown): never => {
    throwIfAborted(signal);
    if (cause instanceof SegtileError) throw cause;
    throw new SegtileError(
      'input',
      `cannot unpack the model in ${path}: ${reason(cause)}`,
      'unpack it yourself and give the folder, or name another place for the cache with SEGTILE_CACHE',
      cause,
    );
  };
  // A damaged ZIP is reported later, when the file is read as a network.
  const { openPromise } = await import('yauzl');
  const zip = await openPromise(path, { autoClose: false }).catch(() => undefined);
  if (!zip) return undefined;
  try {
    const files = await filesInZip(zip);
    if (!wanted(files.map(({ fileName }) => fileName))) return undefined;
    const size = files.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
    if (size > MOST_BYTES) throw new Error(`it holds ${size} bytes, more than ${MOST_BYTES}`);
    const folder = join(cacheFolder(), 'packages', await digest(path, signal));
    if (!(await stat(folder).catch(() => undefined))) await unpack(zip, files, folder, signal);
    return await innermost(folder);
  } catch (cause) {
    return failed(cause);
  } finally {
    zip.close();
  }
}

/** Unpacks under a temporary name and renames the folder at the end, so that it is never incomplete. */
async function unpack(zip: ZipFile, files: readonly Entry[], folder: string, signal?: AbortSignal): Promise<void> {
  const part = `${folder}.${randomUUID()}.part`;
  try {
    for (const entry of files) {
      // yauzl refuses names that lead out of the folder.
      const to = join(part, entry.fileName);
      await mkdir(dirname(to), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(to), { ...(signal && { signal }) });
    }
    await rename(part, folder).catch(async (cause: unknown) => {
      // Another process may have unpacked it in the meantime.
      if (!(await stat(folder).catch(() => undefined))) throw cause;
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function digest(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { ...(signal && { signal }) });
  return hash.digest('hex');
}

/** Goes down through folders that contain nothing but one folder. */
async function innermost(folder: string): Promise<string> {
  const [only, ...more] = await readdir(folder, { withFileTypes: true });
  return only?.isDirectory() && more.length === 0 ? innermost(join(folder, only.name)) : folder;
}
