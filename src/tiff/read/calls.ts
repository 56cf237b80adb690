import pLimit from 'p-limit';
import { throwIfAborted } from '../../errors.js';

/** Calls of decoders at the same time in one band: as many as libuv has threads, unless it was told otherwise. */
const CALLS = 4;

/** Blocks that go into one call of a decoder that takes several have about this many bytes together when they are decoded. */
export const CALL_BYTES: number = 2 ** 21;

/** Does the work on all items, some at a time; after a failure no more is started, and what is under way is waited for. */
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
