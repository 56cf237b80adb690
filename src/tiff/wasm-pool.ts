import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Expected, Picture } from './jpeg2000.js';
import { noWasmMemory } from './wasm-memory.js';

/** A block for a decoder that is WebAssembly. */
export type Job =
  | { readonly kind: 'zstd' | 'lzma'; readonly bytes: Uint8Array; readonly due: number }
  | { readonly kind: 'jpeg2000'; readonly bytes: Uint8Array; readonly expect: Expected };

/** Its bytes or its pixels. */
export type Answer = Uint8Array<ArrayBuffer> | Picture;

/** `noMemory`: this thread has none for its WebAssembly, whatever the block. */
type Reply = { readonly answer: Answer } | { readonly failure: string; readonly noMemory?: boolean };

interface Waiting {
  readonly job: Job;
  settle(reply: Reply): void;
}

/** More threads than this would mostly hold memory. */
const MOST_WORKERS = 4;

let mostWorkers = Math.min(MOST_WORKERS, availableParallelism());
const idle: Worker[] = [];
const waiting: Waiting[] = [];
let workers = 0;

/**
 * Unpacks a block of ZSTD or LZMA data in a thread.
 *
 * @param due bytes that come out at least
 * @throws {Error} with the decoder's words
 */
export async function unpackInWorker(kind: 'zstd' | 'lzma', bytes: Uint8Array, due: number): Promise<Uint8Array<ArrayBuffer>> {
  return (await ask({ kind, bytes, due })) as Uint8Array<ArrayBuffer>;
}

/** Decodes a JPEG 2000 block in a thread. See `jpeg2000Decoder`. */
export async function jpeg2000InWorker(bytes: Uint8Array, expect: Expected): Promise<Picture> {
  return (await ask({ kind: 'jpeg2000', bytes, expect })) as Picture;
}

async function ask(job: Job): Promise<Answer> {
  const reply = await new Promise<Reply>((settle) => {
    waiting.push({ job, settle });
    startNext();
  });
  if (!('failure' in reply)) return reply.answer;
  const error = new Error(reply.failure);
  throw reply.noMemory ? noWasmMemory(`the decoder of ${NAMES[job.kind]}`, error) : error;
}

const NAMES = { zstd: 'ZSTD', lzma: 'LZMA', jpeg2000: 'JPEG 2000' } as const;

/** Gives the next block to a worker that is free. Workers are started as they are needed and stay; idle ones keep no process alive. */
function startNext(): void {
  if (waiting.length === 0) return;
  const worker = idle.pop() ?? (workers < mostWorkers ? newWorker() : undefined);
  if (worker === undefined) return;
  const asked = waiting.shift()!;
  const { job, settle } = asked;
  const done = (reply: Reply): void => {
    worker.off('message', onMessage);
    worker.off('error', onError);
    // The threads that have memory do the work of one that has none.
    if ('failure' in reply && reply.noMemory && workers > 0) {
      mostWorkers = workers;
      waiting.unshift(asked);
    } else settle(reply);
    startNext();
  };
  const onMessage = (reply: Reply): void => {
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
  // The bytes are a part of a buffer that other blocks share: a copy moves.
  const bytes = Uint8Array.from(job.bytes);
  worker.postMessage({ ...job, bytes }, [bytes.buffer]);
}

function retire(worker: Worker): void {
  workers--;
  // What it may still have to say concerns nobody.
  worker.on('error', () => undefined);
  void worker.terminate();
}

function newWorker(): Worker {
  workers++;
  return new Worker(new URL('./wasm-worker.js', import.meta.url));
}
