import { startThread, type Thread } from './thread.js';

/** Threads that wait for a graph. One takes some 0.1 s to start, which goes by while other things are done. */
export interface Threads {
  /** Starts threads until so many wait; none any more once they were dismissed. */
  prepare(count: number): void;
  /** One that waits, or a new one. */
  take(): Thread;
  /** Has a thread wait whose graph nobody needs any more. */
  giveBack(thread: Thread): void;
  /** Ends those that wait. */
  dismiss(): void;
}

/** No thread yet. */
export function createThreads(): Threads {
  const waiting: Thread[] = [];
  let dismissed = false;
  return {
    prepare(count) {
      while (!dismissed && waiting.length < count) waiting.push(startThread());
    },
    take: () => waiting.shift() ?? startThread(),
    giveBack: (thread) => {
      waiting.push(thread);
    },
    dismiss() {
      dismissed = true;
      for (const thread of waiting.splice(0)) void thread.close();
    },
  };
}
