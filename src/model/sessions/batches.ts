import { reason, SegtileError } from '../../errors.js';
import { newSamples } from '../../tiff/samples/native.js';
import type { Samples, SampleType } from '../../types.js';
import { RunError, type ScoreData, type Session, type SharedWindow } from './session.js';

/**
 * How many batches a session holds at a time: one that it runs and one that waits, so that it never waits for the main
 * thread.
 */
export const batchesInHand = 2;

/** How long, in ms, an incomplete batch waits for more windows while its device is idle. */
const patienceMs = 4;

/** The sizes of one window, and the path of the network for error messages. */
export interface WindowShape {
  readonly path: string;
  readonly type: SampleType;
  /** Number of samples of one window's pixels. */
  readonly samples: number;
  /** Number of scores of one window. */
  readonly scores: number;
}

/** Sessions that all take batches of the same size. */
export interface Lanes {
  readonly sessions: readonly Session[];
  readonly batch: number;
}

/** Takes windows and gives scores. In between, windows are grouped into batches. */
export interface Batches {
  readonly batch: () => number;
  readonly sessions: () => number;
  /** Total time of all runs of all sessions so far, in milliseconds. */
  readonly busy: () => number;
  pixels(): Samples<ArrayBuffer>;
  run(pixels: Samples<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  runShared(window: SharedWindow): Promise<void>;
  recycle(scores: Float32Array<ArrayBuffer>): void;
  close(): Promise<void>;
}

interface AskedWindow {
  /** Pixels whose memory moves to the session, or a window in shared memory. */
  readonly window: Samples<ArrayBuffer> | SharedWindow;
  resolve(scores?: Float32Array<ArrayBuffer>): void;
  reject(error: unknown): void;
}

/**
 * Groups windows into batches and runs them on several sessions. A batch is sent when it is full, or when a session is
 * idle. The unused slots of an incomplete batch hold old pixels, whose scores are ignored.
 *
 * If a session runs out of memory, the sessions are closed, others are opened that take less memory, and the affected
 * windows are run again.
 *
 * @param shrink says how to open sessions that take less memory; undefined if there are none
 */
export function createBatches(
  start: Lanes,
  shape: WindowShape,
  shrink: (lanes: Lanes) => (() => Promise<Lanes>) | undefined,
): Batches {
  const { path, type, samples, scores: each } = shape;
  let lanes = start;
  let queue: AskedWindow[] = [];
  let shrinking: Promise<void> | undefined;
  let closed = false;
  let busy = 0;
  let timer: NodeJS.Timeout | undefined;
  const running = new Set<Promise<void>>();
  const spare: Samples<ArrayBuffer>[] = [];
  let spareBatches: Samples<ArrayBuffer>[] = [];
  let spareScores: ScoreData[] = [];
  const spareFloats: Float32Array<ArrayBuffer>[] = [];
  // For each buffer of a batch's scores: how many of its windows are still in use by the caller.
  const lent = new Map<ArrayBuffer, number>();

  function pump(patient = true): void {
    while (!shrinking && queue.length > 0) {
      const { sessions, batch } = lanes;
      const free = sessions.reduce((a, b) => (b.pending() < a.pending() ? b : a));
      if (free.pending() >= batchesInHand) return;
      if (queue.length < batch && !closed) {
        if (free.pending() > 0) return;
        if (patient) {
          timer ??= setTimeout(() => {
            timer = undefined;
            pump(false);
          }, patienceMs);
          return;
        }
      }
      const asked = queue.splice(0, alike(queue, batch));
      const run: Promise<void> = dispatch(free, asked, batch).finally(() => {
        running.delete(run);
        pump();
      });
      running.add(run);
    }
  }

  async function dispatch(session: Session, asked: readonly AskedWindow[], batch: number): Promise<void> {
    const shared = asked.flatMap(({ window }) => ('scores' in window ? [window] : []));
    const moved = asked.flatMap(({ window }) => ('scores' in window ? [] : [window]));
    try {
      if (shared.length > 0) {
        busy += (await session.runShared(shared)).busy;
        for (const { resolve } of asked) resolve();
      } else {
        const given = await session.run(batch === 1 ? moved[0]! : gathered(moved, batch), spareScores.pop());
        busy += given.busy;
        requireEach(given.dims, batch);
        (batch === 1 ? spare : spareBatches).push(given.input);
        handOut(given.data, asked);
      }
    } catch (thrown) {
      const left = thrown instanceof RunError ? again(asked, thrown.input) : undefined;
      const smaller = left && outOfMemory(reason(thrown)) ? shrink(lanes) : undefined;
      if (left && smaller) {
        queue = [...left, ...queue];
        shrinking ??= replace(smaller);
        return;
      }
      const error = new SegtileError('model', `${path} failed: ${reason(thrown)}`, hintFor(thrown), thrown);
      for (const { reject } of asked) reject(error);
    }
  }

  function requireEach(dims: readonly number[], batch: number): void {
    const length = dims.reduce((a, b) => a * b, 1);
    if (length !== each * batch)
      throw new SegtileError('model', `${path} gave ${length / batch} scores for a window, expected ${each}`);
  }

  function gathered(windows: readonly Samples<ArrayBuffer>[], batch: number): Samples<ArrayBuffer> {
    const data = spareBatches.pop() ?? newSamples(type, samples * batch);
    for (const [slot, pixels] of windows.entries()) {
      data.set(pixels, slot * samples);
      spare.push(pixels);
    }
    return data;
  }

  /** The windows of a batch that is to be run again; undefined if the pixels are gone. */
  function again(asked: readonly AskedWindow[], input: Samples<ArrayBuffer> | undefined): readonly AskedWindow[] | undefined {
    if (asked.every(({ window }) => 'scores' in window)) return asked;
    return input && asked.map((each, slot) => ({ ...each, window: input.slice(slot * samples, (slot + 1) * samples) }));
  }

  function handOut(scores: ScoreData, asked: readonly AskedWindow[]): void {
    if (scores instanceof Uint8Array) {
      for (const [slot, { resolve }] of asked.entries()) {
        const floats = spareFloats.pop() ?? new Float32Array(each);
        for (let i = 0, at = slot * each; i < each; i++, at++) floats[i] = scores[at]! / 255;
        resolve(floats);
      }
      spareScores.push(scores);
      return;
    }
    if (asked.length === 1 && scores.length === each) {
      asked[0]!.resolve(scores);
      return;
    }
    lent.set(scores.buffer, asked.length);
    for (const [slot, { resolve }] of asked.entries()) resolve(scores.subarray(slot * each, (slot + 1) * each));
  }

  async function replace(smaller: () => Promise<Lanes>): Promise<void> {
    // Wait for the other batches in flight. They finish, or run out of memory too and are queued again.
    await new Promise((resolve) => setImmediate(resolve));
    while (running.size > 0) await Promise.allSettled([...running]);
    try {
      await closeAll(lanes.sessions);
      spareBatches = [];
      spareScores = [];
      lanes = await smaller();
    } catch (thrown) {
      for (const { reject } of queue.splice(0)) reject(thrown);
    } finally {
      shrinking = undefined;
    }
    pump();
  }

  function ask<Result>(window: AskedWindow['window']): Promise<Result> {
    if (closed) return Promise.reject(new SegtileError('model', 'an inference worker has ended'));
    return new Promise((resolve, reject) => {
      queue.push({ window, resolve: resolve as AskedWindow['resolve'], reject });
      pump();
    });
  }

  return {
    batch: () => lanes.batch,
    sessions: () => lanes.sessions.length,
    busy: () => busy,
    pixels: () => spare.pop() ?? newSamples(type, samples),
    run: ask<Float32Array<ArrayBuffer>>,
    runShared: ask<void>,
    recycle(scores) {
      const { buffer } = scores;
      const left = lent.get(buffer);
      if (left === undefined) {
        if (scores.length === each && buffer.byteLength === scores.byteLength)
          (lanes.batch === 1 && !spareFloats.length ? spareScores : spareFloats).push(scores as never);
        return;
      }
      lent.set(buffer, left - 1);
      if (left > 1) return;
      lent.delete(buffer);
      if (buffer.byteLength === lanes.batch * each * 4) spareScores.push(new Float32Array(buffer));
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      pump(false);
      while (shrinking || running.size > 0 || queue.length > 0) {
        await shrinking;
        await Promise.allSettled([...running]);
        pump(false);
      }
      await closeAll(lanes.sessions);
    },
  };
}

/** How many of the first `most` windows are alike: in shared memory, or not. */
function alike(queue: readonly AskedWindow[], most: number): number {
  const isShared = ({ window }: AskedWindow): boolean => 'scores' in window;
  const other = queue.findIndex((each) => isShared(each) !== isShared(queue[0]!));
  return Math.min(most, other < 0 ? queue.length : other);
}

/** Whether a message of onnxruntime means that a device is out of memory. */
export function outOfMemory(message: string): boolean {
  return /out of memory|out_of_memory|OOM|failed to allocate memory|ALLOC_FAILED|bad_alloc|OUT_OF_DEVICE_MEMORY|E_OUTOFMEMORY/i.test(
    message,
  );
}

function hintFor(thrown: unknown): string | undefined {
  return outOfMemory(reason(thrown)) ? 'use a smaller --window, or fewer --workers' : undefined;
}

/** Closes sessions after they have finished their pending runs. */
export async function closeAll(sessions: readonly Session[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()));
}
