import { throwIfAborted } from '../errors.js';

/**
 * Runs an asynchronous task for every item of a stream, several at a time, and yields the results in the order of the
 * items. At most `limit` items are between the source and the consumer, so a stream of any length takes bounded memory.
 * Tasks go on while the consumer works. All code that reads, decodes or computes ahead uses this function.
 *
 * If anything fails, or the consumer stops early, or the signal fires, no further task is started. The source is closed
 * after all running tasks have ended.
 *
 * @throws whatever the source or the first failing task throws, in order; {SegtileError} `aborted` when the signal
 *   fires
 */
export async function* mapOrdered<Item, Result>(
  source: AsyncIterable<Item> | Iterable<Item>,
  limit: number,
  task: (item: Item) => Promise<Result>,
  signal?: AbortSignal,
): AsyncGenerator<Result, void, undefined> {
  type Outcome = { readonly value: Result } | { readonly error: unknown };
  const queue: Promise<Outcome>[] = [];
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let ended = false;
  let wakePump = (): void => {};
  let wakeConsumer = (): void => {};

  async function pump(): Promise<void> {
    try {
      while (!ended) {
        if (queue.length >= limit) {
          await new Promise<void>((resolve) => {
            wakePump = resolve;
          });
          continue;
        }
        throwIfAborted(signal);
        const next = await iterator.next();
        if (next.done || ended) break;
        queue.push(
          task(next.value).then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          ),
        );
        wakeConsumer();
      }
    } catch (error) {
      queue.push(Promise.resolve({ error }));
    } finally {
      ended = true;
      wakeConsumer();
    }
  }

  const pumping = pump();
  try {
    for (;;) {
      const head = queue[0];
      if (!head) {
        if (ended) return;
        await new Promise<void>((resolve) => {
          wakeConsumer = resolve;
        });
        continue;
      }
      const outcome = await head;
      if ('error' in outcome) throw outcome.error;
      yield outcome.value;
      queue.shift();
      wakePump();
    }
  } finally {
    ended = true;
    wakePump();
    await pumping;
    await Promise.all(queue);
    await iterator.return?.();
  }
}

/**
 * Yields the same items. Asks the source for the next item while the consumer uses the current one; see
 * {@link mapOrdered}.
 */
export function oneAhead<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item, void, undefined> {
  return mapOrdered(source, 2, async (item) => item);
}
