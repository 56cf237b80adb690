import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { reason, SegtileError, throwIfAborted } from '../errors.js';
import { newSamples } from '../tiff/native.js';
import type { Samples, Size } from '../types.js';
import { readModelBytes } from './facts.js';
import { fuse } from './fuse.js';
import { shape } from './layout.js';
import { findScores } from './probe.js';
import { type Model, pixelsOf } from './resolve.js';
import { type Session, startSession } from './session.js';

/** Windows that a worker has at a time: one that it works on and one that waits, so that it never waits for the main thread. */
const windowsPerWorker = 2;

/** A network in worker threads. */
export interface Pool {
  /** What onnxruntime runs it on. */
  readonly provider: string;
  readonly workers: number;
  /** How many windows may be in flight at once to keep every worker busy. */
  readonly capacity: number;
  /** Memory for the pixels of one window: that of a window which has been run, where there is one. It may hold anything. */
  pixels(): Samples<ArrayBuffer>;
  /**
   * Scores of one window.
   *
   * @param pixels interleaved samples of exactly one window, of the model's type and channels (RGB where it takes a picture). Its whole buffer moves to the worker: it is gone for the caller.
   * @returns planes of `width * height` floats, one per channel of the scores
   * @throws {SegtileError} `model` with onnxruntime's words; `usage` for a wrong number of samples
   */
  run(pixels: Samples<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  /** Takes back the memory of scores that nobody looks at any more, for those of another window. */
  recycle(scores: Float32Array<ArrayBuffer>): void;
  /** Lets the windows in hand finish, then ends the workers. */
  close(): Promise<void>;
}

/** How a network is to be run. */
export interface PoolOptions {
  /** Of every window, in px of the network. */
  readonly window: Size;
  /** How many threads, each with a copy of the network. */
  readonly workers: number;
  readonly device: 'cpu';
  readonly output: 'probabilities' | 'logits';
  readonly signal?: AbortSignal;
}

/** As many workers as the machine runs threads at once. */
export function defaultWorkers(): number {
  return availableParallelism();
}

/**
 * Starts workers that run a network on windows of one size.
 *
 * @throws {SegtileError} `usage` for options out of range; `model` where the network does not run on such windows
 */
export async function openPool(model: Model, options: PoolOptions): Promise<Pool> {
  const { window, workers, device, output, signal } = options;
  checkOptions(model, options);
  const px = `${window.width}×${window.height} px`;
  const bytes = await readModelBytes(model.path, signal);
  const map = await findScores(bytes, model, window);
  if (map.channels !== model.channels)
    throw new SegtileError(
      'model',
      `${model.path} gives ${map.channels} channels for a window of ${px}, expected ${model.channels}`,
    );
  const { channels } = pixelsOf(model);
  const graph = fuse(bytes, model, window, map, output);
  const sessions = await startSessions(model, graph, shape(1, channels, window, 'nhwc'), workers, signal);

  const samples = window.width * window.height * channels;
  const spare: Samples<ArrayBuffer>[] = [];
  const spareScores: Float32Array<ArrayBuffer>[] = [];
  const expected = window.width * window.height * model.channels;
  return {
    provider: device,
    workers,
    capacity: workers * windowsPerWorker,
    pixels: () => spare.pop() ?? newSamples(model.samples, samples),
    async run(pixels) {
      if (pixels.length !== samples)
        throw new SegtileError('usage', `expected ${samples} samples for a window of ${px} but got ${pixels.length}`);
      const free = sessions.reduce((a, b) => (b.pending() < a.pending() ? b : a));
      const { data, input } = await free.run(pixels, spareScores.pop()).catch((thrown) => {
        throw new SegtileError('model', `${model.path} failed: ${reason(thrown)}`, undefined, thrown);
      });
      if (data.length !== expected)
        throw new SegtileError('model', `${model.path} gave ${data.length} scores for a window, expected ${expected}`);
      spare.push(input);
      return data;
    },
    recycle: (scores) => void spareScores.push(scores),
    close: () => closeAll(sessions),
  };
}

function checkOptions(model: Model, { window, workers }: PoolOptions): void {
  if (!Number.isInteger(workers) || workers < 1 || workers > 1024)
    throw new SegtileError(
      'usage',
      `expected 1 to 1024 workers but got ${workers}`,
      `this machine runs ${defaultWorkers()} threads at once`,
    );
  for (const side of ['width', 'height'] as const)
    if (!Number.isInteger(window[side]) || window[side] < 1)
      throw new SegtileError('usage', `expected a positive integer for the window's ${side} but got ${window[side]}`);
  const { fixedWindow: fixed = window } = model;
  if (fixed.width !== window.width || fixed.height !== window.height)
    throw new SegtileError(
      'model',
      `the window is ${window.width}×${window.height} px but ${model.path} takes ${fixed.width}×${fixed.height} px only`,
      'use the window that the network was exported for',
    );
}

/** Loads a graph in every worker, or in none. */
async function startSessions(
  { path, samples }: Model,
  graph: Uint8Array,
  dims: readonly number[],
  workers: number,
  signal?: AbortSignal,
): Promise<readonly Session[]> {
  throwIfAborted(signal);
  const start = { graph, element: samples, dims, externalData: dirname(path) };
  const started = await Promise.allSettled(Array.from({ length: workers }, () => startSession(start)));
  const sessions = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = started.find((result) => result.status === 'rejected');
  if (!failed && !signal?.aborted) return sessions;
  await closeAll(sessions);
  throwIfAborted(signal);
  throw new SegtileError('model', `${path} cannot be loaded: ${reason(failed?.reason)}`, undefined, failed?.reason);
}

async function closeAll(sessions: readonly Session[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()));
}
