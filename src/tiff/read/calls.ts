import pLimit from 'p-limit';
import { throwIfAborted } from '../../errors.js';

/** Calls of decoders at the same time in one band: as many as libuv has threads by default. */
const CALLS = 4;

/** If a decoder takes several blocks in one call, they have about this many bytes together when they are decoded. */
export const CALL_BYTES: number = 2 ** 21;

/**
 * Does the work on all items, several at a time. After a failure no further item is started, and those under way are
 * waited for.
 *
 * @throws what the first item that failed, in the order of the items, threw; {SegtileError} `aborted` when the signal
 *   fires
 */
export async function doAll<Item>(
  items: readonly Item[],
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const limit = pLimit(CALLS);
  let failed = false;
  const jobs = items.map((item) =>
    limit(async () => {
      if (failed) return;
      try {
        throwIfAborted(signal);
        await work(item);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }),
  );
  const failure = (await Promise.allSettled(jobs)).find((job) => job.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
