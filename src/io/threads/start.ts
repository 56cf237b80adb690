import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Sink } from '../../types.js';
import { temporaries } from '../partial-file.js';
import { HEAP_LIMITS } from './limits.js';
import { errorOf, type FromThread, type ToThread } from './messages.js';

/** Files that a thread makes of messages, as the main thread sees them. */
export interface ThreadFiles<Message, Question, Answer, Told> {
  /** What the thread told once the files were open. */
  readonly told: Told;
  readonly files: readonly Pick<Sink<never>, 'finish' | 'abort'>[];
  /**
   * Sends a message. Resolves as soon as the thread is not too far behind; an error that it meets later is thrown by
   * the next call.
   *
   * @param moved memory of the message, which moves to the thread and cannot be used here any more
   */
  write(message: Message, moved: readonly ArrayBuffer[]): Promise<void>;
  /** Sends a message whose memory is shared. Resolves once the thread has done all that it asks for. */
  writeShared(message: Message): Promise<void>;
  /** Asks the thread after all messages that were sent before. */
  ask(question: Question): Promise<Answer>;
  /** Memory of at least so many bytes, with any content, for the next message. Memory that comes back is used again. */
  memory(bytes: number): ArrayBuffer;
}

/** A thread that has more bytes to do than this makes the sender wait. */
const MOST_WAITING = 2 ** 24;

/** How many pieces of memory that came back are kept. */
const MOST_SPARE = 8;

interface Pending {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  readonly bytes: number;
}

type SinkEnd = Pick<Sink<never>, 'finish' | 'abort'>;
type Opened = Extract<FromThread, { kind: 'open' }>;

/**
 * Starts a thread that makes one or more files. The thread ends when each of its files has been finished or aborted.
 *
 * @param module the code of the thread, which calls `serveFiles`
 * @param start what it opens the files with; must be plain data
 * @throws whatever the thread throws when it opens the files
 */
export async function startFiles<Message, Question, Answer, Told>(
  module: URL,
  start: unknown,
): Promise<ThreadFiles<Message, Question, Answer, Told>> {
  const worker = new Worker(module, { workerData: start, resourceLimits: HEAP_LIMITS });
  const pending = new Map<number, Pending>();
  const spare: ArrayBuffer[] = [];
  const own = new Set<string>();
  let calls = 1;
  let waiting = 0;
  let wake = (): void => {};
  /** The error of a message: the thread still lives. */
  let broken: Error | undefined;
  /** Why the thread has ended. */
  let gone: Error | undefined;
  /** Files that are neither finished nor aborted; before they are open, one. */
  let left = 1;

  function call<Result>(asked: (call: number) => ToThread, moved: readonly ArrayBuffer[] = [], bytes = 0): Promise<Result> {
    if (gone) return Promise.reject(gone);
    const number = calls++;
    waiting += bytes;
    const answer = new Promise<unknown>((resolve, reject) => pending.set(number, { resolve, reject, bytes }));
    worker.postMessage(asked(number), [...moved]);
    return answer as Promise<Result>;
  }

  function settle(number: number, answered: (call: Pending) => void): void {
    const asked = pending.get(number);
    if (asked === undefined) return;
    pending.delete(number);
    waiting -= asked.bytes;
    answered(asked);
    wake();
    endIfDone();
  }

  function endIfDone(): void {
    if (left === 0 && pending.size === 0) void worker.terminate();
  }

  function leave(thrown: unknown): void {
    gone ??= thrown instanceof Error ? thrown : new Error(String(thrown));
    for (const number of [...pending.keys()]) settle(number, ({ reject }) => reject(gone!));
  }

  worker.on('message', (reply: FromThread) => {
    if (reply.kind === 'temporary') {
      for (const paths of [own, temporaries]) reply.there ? paths.add(reply.path) : paths.delete(reply.path);
    } else if (reply.kind === 'open') settle(0, ({ resolve }) => resolve(reply));
    else if (reply.kind === 'failed') settle(reply.call, ({ reject }) => reject(errorOf(reply.failure)));
    else {
      for (const memory of reply.back ?? []) if (spare.length < MOST_SPARE) spare.push(memory);
      settle(reply.call, ({ resolve }) => resolve(reply.answer));
    }
  });
  worker.on('error', leave);
  worker.on('exit', () => leave(new Error('a thread that writes files ended before its time')));

  /** A thread that ended before its time has left its files behind. */
  async function removeOwn(): Promise<void> {
    for (const path of own) {
      await rm(path, { force: true }).catch(() => undefined);
      temporaries.delete(path);
    }
    own.clear();
  }

  function fileOf(file: number): SinkEnd {
    let over = false;
    const end = async (kind: 'finish' | 'abort'): Promise<void> => {
      await call((number) => ({ kind, call: number, file }));
      if (!over) left--;
      over = true;
      endIfDone();
    };
    return {
      finish: () => end('finish'),
      async abort() {
        if (over) return;
        // A file that could not be finished must still be aborted, unless the thread is gone.
        await end('abort').catch(() => undefined);
        if (gone) await removeOwn();
      },
    };
  }

  // Nobody asks for this answer: the thread opens the files as soon as it starts.
  const opening = new Promise<unknown>((resolve, reject) => pending.set(0, { resolve, reject, bytes: 0 }));
  const opened = (await opening.catch((error: unknown) => {
    left = 0;
    endIfDone();
    throw error;
  })) as Opened;
  left = opened.files;
  return {
    told: opened.told as Told,
    files: Array.from({ length: opened.files }, (_, file) => fileOf(file)),
    async write(message, moved) {
      if (!broken) {
        const bytes = moved.reduce((sum, { byteLength }) => sum + byteLength, 0);
        call((number) => ({ kind: 'write', call: number, message }), moved, bytes).catch((error: Error) => {
          broken ??= error;
        });
      }
      while (waiting > MOST_WAITING && !broken && !gone) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const error = broken ?? gone;
      if (error) throw error;
    },
    async writeShared(message) {
      await call((number) => ({ kind: 'write', call: number, message }));
    },
    ask: (message) => call((number) => ({ kind: 'ask', call: number, message })),
    memory(bytes) {
      const found = spare.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes);
      return found < 0 ? new ArrayBuffer(bytes) : spare.splice(found, 1)[0]!;
    },
  };
}
