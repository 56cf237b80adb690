import type { ByteSource, Fetch } from './source.js';

/** Bytes of a page. */
const PAGE = 2 ** 16;

/** Pages that are kept: together 16 MiB. */
const MOST_PAGES = 256;

/** A request for more bytes than this bypasses the cache. */
const LARGE = 4 * PAGE;

/**
 * Adds a cache to a source. A small request reads whole pages of 64 KiB, and the most recently used pages are kept, 16
 * MiB in all. Directories lie in many small pieces close together; where each read is a request to a server, reading
 * them would take hundreds of requests without the cache. Closing the result closes the source.
 */
export function cachePages(source: ByteSource): ByteSource {
  // In the order of their last use, because a Map keeps the order in which keys were added.
  const kept = new Map<number, Uint8Array>();

  async function readPages(
    fetches: readonly Fetch[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<number, Uint8Array>> {
    const pages = new Map<number, Uint8Array>();
    const missing: number[] = [];
    for (const number of new Set(fetches.flatMap(pagesOf))) {
      const page = kept.get(number);
      if (page === undefined) missing.push(number);
      else pages.set(number, page);
    }
    const runs = runsOf(missing).map(({ first, count }) => {
      const offset = first * PAGE;
      return { first, count, offset, into: new Uint8Array(Math.min(count * PAGE, source.size - offset)) };
    });
    await source.read(runs, signal);
    for (const { first, count, into } of runs) {
      for (let i = 0; i < count; i++) pages.set(first + i, into.slice(i * PAGE, (i + 1) * PAGE));
    }
    return pages;
  }

  function keep(pages: ReadonlyMap<number, Uint8Array>): void {
    for (const [number, page] of pages) {
      kept.delete(number);
      kept.set(number, page);
    }
    for (const number of kept.keys()) {
      if (kept.size <= MOST_PAGES) break;
      kept.delete(number);
    }
  }

  return {
    path: source.path,
    size: source.size,
    read: async (fetches, signal) => {
      const isSmall = ({ offset, into }: Fetch) => into.length <= LARGE && offset + into.length <= source.size;
      const small = fetches.filter(isSmall);
      const pages = await readPages(small, signal);
      for (const fetch of small) copyFrom(pages, fetch);
      keep(pages);
      const large = fetches.filter((fetch) => !isSmall(fetch));
      if (large.length > 0) await source.read(large, signal);
    },
    close: () => {
      kept.clear();
      return source.close();
    },
  };
}

function pagesOf({ offset, into }: Fetch): number[] {
  const first = Math.floor(offset / PAGE);
  const end = into.length === 0 ? first : Math.ceil((offset + into.length) / PAGE);
  return Array.from({ length: end - first }, (_, i) => first + i);
}

function runsOf(numbers: readonly number[]): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run.first + run.count === number) run.count++;
    else runs.push({ first: number, count: 1 });
  }
  return runs;
}

function copyFrom(pages: ReadonlyMap<number, Uint8Array>, fetch: Fetch): void {
  const { offset, into } = fetch;
  for (const number of pagesOf(fetch)) {
    const start = number * PAGE;
    const page = pages.get(number)!;
    into.set(page.subarray(Math.max(0, offset - start), offset + into.length - start), Math.max(0, start - offset));
  }
}
