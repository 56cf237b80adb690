import { Worker } from 'node:worker_threads';
import { processors } from '../../../io/machine/processors.js';
import { noWasmMemory } from '../../../io/machine/wasm-memory.js';
import { HEAP_LIMITS } from '../../../io/threads/limits.js';

/**
 * A decoder in WebAssembly. It runs in a thread of its own, because it would block the thread that calls it. It is an
 * export of a module: `(block, due) => bytes or picture`.
 */
export interface ThreadDecoder {
  /** Such as `ZSTD`. */
  readonly name: string;
  /** `import.meta.url` of its module. */
  readonly module: string;
  /** Name of the export. */
  readonly export: string;
  /** WebAssembly memories that it needs. */
  readonly memories: number;
}

/** A block, its decoder, and what the decoder is told about the result that is due. */
export interface Job {
  readonly decoder: ThreadDecoder;
  readonly block: Uint8Array;
  readonly due: unknown;
}

/** The bytes of a block, or its pixels. */
export type Answer = Uint8Array | { readonly data: Uint8Array };

/** What a thread answers. `noMemory` means that the thread has no memory for its WebAssembly, whatever the block. */
type DecodeReply = { readonly answer: Answer } | { readonly failure: string; readonly noMemory?: boolean };

interface WaitingJob {
  readonly job: Job;
  settle(reply: DecodeReply): void;
}

/** Most threads; more of them would mostly hold memory. */
const MOST_WORKERS = 4;

let mostWorkers = Math.min(MOST_WORKERS, processors().count);
const idle: Worker[] = [];
const waiting: WaitingJob[] = [];
let workers = 0;

/**
 * Calls a decoder in a thread.
 *
 * @param due what the decoder is told about the result that is due
 * @throws {Error} with the decoder's words; {SegtileError} `unsupported` if WebAssembly gets no memory
 */
export async function inThread<Result extends Answer>(
  decoder: ThreadDecoder,
  block: Uint8Array,
  due: unknown,
): Promise<Result> {
  const reply = await new Promise<DecodeReply>((settle) => {
    waiting.push({ job: { decoder, block, due }, settle });
    startNext();
  });
  if (!('failure' in reply)) return reply.answer as Result;
  const error = new Error(reply.failure);
  throw reply.noMemory ? noWasmMemory(`the decoder of ${decoder.name}`, error) : error;
}

/**
 * Gives the next block to a free worker. Workers are started when they are needed and stay; idle ones do not keep the
 * process running.
 */
function startNext(): void {
  if (waiting.length === 0) return;
  const worker = idle.pop() ?? (workers < mostWorkers ? newWorker() : undefined);
  if (worker === undefined) return;
  const asked = waiting.shift()!;
  const { job, settle } = asked;
  const done = (reply: DecodeReply): void => {
    worker.off('message', onMessage);
    worker.off('error', onError);
    // If this thread has no memory, the threads that have some do its work.
    if ('failure' in reply && reply.noMemory && workers > 0) {
      mostWorkers = workers;
      waiting.unshift(asked);
    } else settle(reply);
    startNext();
  };
  const onMessage = (reply: DecodeReply): void => {
    if ('failure' in reply && reply.noMemory) retire(worker);
    else {
      worker.unref();
      idle.push(worker);
    }
    done(reply);
  };
  const onError = (error: Error): void => {
    workers--;
    done({ failure: error.message });
  };
  worker.once('message', onMessage);
  worker.once('error', onError);
  worker.ref();
  // The bytes are a part of a buffer that other blocks share, so a copy is moved to the thread.
  const block = Uint8Array.from(job.block);
  worker.postMessage({ ...job, block }, [block.buffer]);
}

function retire(worker: Worker): void {
  workers--;
  // Later errors of this thread concern nobody.
  worker.on('error', () => undefined);
  void worker.terminate();
}

function newWorker(): Worker {
  workers++;
  return new Worker(new URL('./thread.js', import.meta.url), { resourceLimits: HEAP_LIMITS });
}
