import { rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { claim, claimPath } from '../../io/claim.js';
import { makeFolder } from './clashes.js';

/**
 * Works in a folder of results that no other process works in meanwhile. Makes the folder, and takes it away again if nothing was put into it.
 *
 * @param work its signal fires also where another process took the folder over, since this one was stopped for minutes
 * @throws {SegtileError} `output` naming the process that works there, or where the folder cannot be made or was taken over; what `work` throws
 */
export async function inClaimedFolder<T>(
  folder: string,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const before = await stat(folder).catch(() => undefined);
  await makeFolder(join(folder, CLAIMED));
  const held = await claim(claimPath(join(folder, CLAIMED)), folder);
  try {
    return await work(AbortSignal.any([signal, held.lost]));
  } catch (error) {
    if (held.lost.aborted) throw held.lost.reason;
    throw error;
  } finally {
    await held.release();
    if (!before) await rmdir(folder).catch(() => undefined);
  }
}

/** The claim of a folder lies in it, as the folder that it lies in may be one that nobody may write to. */
const CLAIMED = 'segtile';
