import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SegtileError } from '../errors.js';
import { claimPath, holderText, isOfClaim, tryClaim } from './claim.js';
import { isPartialOf } from './partial-file.js';

/** Milliseconds between two attempts to claim a file, and until waiting for it is given up. */
const PAUSE = 200;
const LONGEST = 30 * 60 * 1000;

/**
 * Runs some short work on a file that several processes change. Only one process at a time runs such work; the others
 * wait. Unfinished files of this one that a killed process left are removed first.
 *
 * @returns what the work returns
 * @throws {SegtileError} `output` if the file cannot be claimed, or if another process holds it for more than half an
 *   hour
 */
export async function alone<T>(path: string, work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  for (;;) {
    const { taken, holder } = await tryClaim(claimPath(path));
    if (taken) {
      return removeUnfinished(path)
        .then(work)
        .finally(() => taken.release());
    }
    if (performance.now() - since > LONGEST) {
      throw new SegtileError('output', `${path} is being changed by ${holderText(holder)}`, 'run again once it is done');
    }
    await delay(PAUSE);
  }
}

/** Removes what a killed process left beside a file that several processes change: its claim, and unfinished files. */
export async function clearAbandoned(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  if (names.some((name) => isOfClaim(name, claimPath(path)) || isPartialOf(name, path)))
    await alone(path, async () => undefined);
}

async function removeUnfinished(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names.filter((each) => isPartialOf(each, path))) await rm(join(dirname(path), name), { force: true });
}
