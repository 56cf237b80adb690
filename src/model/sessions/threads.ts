import { startThread, type Thread } from './thread.js';

/** Threads that wait for a graph. Starting one takes about 0.1 s, so they are started ahead while other work is done. */
export interface Threads {
  /** Starts threads until `count` are waiting. Does nothing after `dismiss`. */
  prepare(count: number): void;
  /** Returns a waiting thread, or a new one. */
  take(): Thread;
  /** Takes back a thread whose graph is no longer needed, to wait for the next one. */
  giveBack(thread: Thread): void;
  /** Ends all waiting threads. */
  dismiss(): void;
}

/** Creates an empty set of waiting threads. */
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
