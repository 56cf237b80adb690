import { Worker } from 'node:worker_threads';
import { HEAP_LIMITS } from '../../io/threads/limits.js';

/**
 * Threads of one kind that wait for work. They do not keep the process running. Starting one takes longer than the work
 * for a small image.
 */
export interface IdleThreads<Reply> {
  /**
   * A thread without work.
   *
   * @param onMessage called with what it answers
   * @param onError called if it ends by itself
   */
  take(onMessage: (reply: Reply) => void, onError: (error: unknown) => void): BusyThread;
}

/** A thread that works. */
export interface BusyThread {
  postMessage(order: unknown, moved?: readonly ArrayBuffer[]): void;
  /** Gives it back once its work has ended. */
  giveBack(): void;
}

/** @param code the module that the threads run */
export function idleThreads<Reply>(code: URL): IdleThreads<Reply> {
  const idle: Worker[] = [];
  return {
    take(onMessage, onError) {
      const thread = idle.pop() ?? new Worker(code, { resourceLimits: HEAP_LIMITS });
      thread.ref();
      thread.on('message', onMessage);
      thread.on('error', onError);
      return {
        postMessage: (order, moved = []) => thread.postMessage(order, [...moved]),
        giveBack() {
          // One by one: a thread whose listeners are all removed at once hears nothing any more.
          thread.off('message', onMessage);
          thread.off('error', onError);
          thread.unref();
          // A thread that has ended has no number.
          if (thread.threadId > 0) idle.push(thread);
        },
      };
    },
  };
}
