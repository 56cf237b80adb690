/**
 * Seconds that the main thread spent in each stage of a run, or waited for it. Stages overlap: while the main thread
 * waits for one, the others work. So the seconds tell where the run was held up, not how much work each stage was.
 */
export interface StageClock {
  /** Measures a synchronous piece of work. */
  sync<T>(stage: string, work: () => T): T;
  /** Measures the wait for a promise. */
  wait<T>(stage: string, promise: Promise<T>): Promise<T>;
  /** Measures the wait for each item of a stream. */
  stream<T>(stage: string, source: AsyncIterable<T>): AsyncGenerator<T>;
  /** Seconds by stage, and `total` since the clock was made, rounded to milliseconds. */
  seconds(): Readonly<Record<string, number>>;
}

/** Makes a clock that starts at zero. */
export function createStageClock(): StageClock {
  const began = performance.now();
  const totals = new Map<string, number>();
  const add = (stage: string, since: number): void => {
    totals.set(stage, (totals.get(stage) ?? 0) + performance.now() - since);
  };

  async function wait<T>(stage: string, promise: Promise<T>): Promise<T> {
    const since = performance.now();
    try {
      return await promise;
    } finally {
      add(stage, since);
    }
  }

  return {
    sync(stage, work) {
      const since = performance.now();
      try {
        return work();
      } finally {
        add(stage, since);
      }
    },
    wait,
    async *stream(stage, source) {
      const iterator = source[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await wait(stage, iterator.next());
          if (next.done) return;
          yield next.value;
        }
      } finally {
        await iterator.return?.();
      }
    },
    seconds: () =>
      Object.fromEntries(
        [...totals, ['total', performance.now() - began] as const].map(([stage, ms]) => [stage, Math.round(ms) / 1000]),
      ),
  };
}
