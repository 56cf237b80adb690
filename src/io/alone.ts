import { setTimeout as delay } from 'node:timers/promises';
import { SegtileError } from '../errors.js';
import { claimPath, holderText, tryClaim } from './claim.js';

/** Milliseconds between two looks at a file that another process changes, and after which waiting is given up. */
const PAUSE = 200;
const LONGEST = 30 * 60 * 1000;

/**
 * Does some short work on a file that several processes change, as the only one that does: others wait.
 *
 * @throws {SegtileError} `output` where the file cannot be claimed, or another process does not give it back in half an hour
 */
export async function alone<T>(path: string, work: () => Promise<T>): Promise<T> {
  const since = performance.now();
  for (;;) {
    const { taken, holder } = await tryClaim(claimPath(path));
    if (taken) return work().finally(() => taken.release());
    if (performance.now() - since > LONGEST) {
      throw new SegtileError('output', `${path} is being changed by ${holderText(holder)}`, 'run again once it is done');
    }
    await delay(PAUSE);
  }
}
