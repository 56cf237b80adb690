/**
 * Does `work` on the items in order, `depth` of them at a time: results come out in the order of the items, and at most `depth` are
 * finished or under way before they are asked for. Whoever stops asking, or fails, leaves no work behind: what is under way is
 * waited for.
 */
export async function* ahead<Item, Result>(
  items: Iterable<Item>,
  depth: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const pending: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // A failure is met where the result is awaited; until then it must not count as unhandled.
      result.catch(() => undefined);
      pending.push(result);
      if (pending.length === depth) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}
