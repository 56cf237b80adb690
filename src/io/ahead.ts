/**
 * Does `work` on the items in order, `depth` of them at a time, also while whoever asked is busy with the last result: at most
 * `depth` results are under way or wait to be asked for. Results come out in the order of the items. Whoever stops asking, or fails,
 * leaves no work behind: what is under way is waited for.
 */
export async function* ahead<Item, Result>(
  items: Iterable<Item>,
  depth: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const iterator = items[Symbol.iterator]();
  const pending: Promise<Result>[] = [];
  const start = () => {
    const { done, value } = iterator.next();
    if (done) return;
    const result = work(value);
    // A failure is met where the result is awaited; until then it must not count as unhandled.
    result.catch(() => undefined);
    pending.push(result);
  };
  try {
    for (let i = 0; i < depth; i++) start();
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const result = await next;
      start();
      yield result;
    }
  } finally {
    iterator.return?.();
    await Promise.allSettled(pending);
  }
}
