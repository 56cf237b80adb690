import { rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { claim, claimPath } from '../../io/claim.js';
import { makeFolder } from './clashes.js';

/**
 * Does some work in a folder of results while no other process can work there. Makes the folder if needed, and removes
 * it again if it stays empty.
 *
 * @param work its signal also fires if another process took over the folder because this process was suspended for
 *   minutes
 * @throws {SegtileError} `output` naming the process that works there, or if the folder cannot be made or was taken
 *   over; any error of `work`
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

/** The claim of a folder is a file inside it, because the parent folder may not be writable. */
const CLAIMED = 'segtile';
