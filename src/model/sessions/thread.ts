import { Worker } from 'node:worker_threads';
import { SegtileError } from '../../errors.js';
import { HEAP_LIMITS } from '../../io/threads/limits.js';
import { typeOf } from '../../tiff/samples/native.js';
import { channelBlock } from '../devices/channel-block.js';
import { refuseTelemetry } from '../devices/telemetry.js';
import { deviceGraph } from '../graph/cpu/device-graph.js';
import {
  condensed,
  type GraphScores,
  type Loaded,
  type Request,
  RunError,
  type RunFacts,
  type Session,
  type ShapeRequest,
  type SharedRequest,
  type SharedWindow,
  type Start,
  type WorkerReply,
} from './session.js';
import { packWindow, partOfAll } from './shared-windows.js';
import { newTurn } from './turn.js';

/** A thread in which onnxruntime is loaded. It holds one graph at a time. */
export interface Thread {
  /**
   * Loads a graph. The previous graph is released, and its session can no longer be used. Sessions on WebGPU take turns.
   *
   * @throws {SegtileError} `model` with onnxruntime's message. If loading fails, the thread has ended.
   */
  load(start: Start): Promise<Session>;
  /** Ends the thread after its pending runs. Resolves when the thread is gone. */
  close(): Promise<void>;
}

interface Waiting<T> {
  resolve(value: T): void;
  reject(error: SegtileError): void;
}

// All sessions on WebGPU in a process share one device. If two threads send it commands at once, the commands get mixed up
// (onnxruntime 1.30).
const webgpuTurn = newTurn();

/** Channels of a block of onnxruntime's layout on this machine, which the first thread that wants to know it is asked. */
let block: Promise<number> | undefined;

/** Starts a thread, which begins to load onnxruntime. If that fails, loading the first graph fails. */
export function startThread(): Thread {
  refuseTelemetry();
  const worker = new Worker(new URL('./worker.js', import.meta.url), { resourceLimits: HEAP_LIMITS });
  const asked = new Map<number, Waiting<unknown>>();
  let memories: readonly SharedArrayBuffer[] = [];
  let loading: Waiting<Loaded> | undefined;
  let last = 0;
  let ended: SegtileError | undefined;
  let exited = (): void => {};
  const exit = new Promise<void>((resolve) => {
    exited = resolve;
  });

  const close = (): Promise<void> => {
    worker.postMessage(undefined);
    return exit;
  };
  type Asked = Omit<Request, 'id'> | Omit<SharedRequest, 'id'> | Omit<ShapeRequest, 'id'>;
  function ask<Result>(request: Asked, moved: ArrayBuffer[] = []): Promise<Result> {
    if (ended) return Promise.reject(ended);
    const id = ++last;
    return new Promise<never>((resolve, reject) => {
      worker.postMessage({ id, ...request }, moved);
      asked.set(id, { resolve, reject } as Waiting<unknown>);
    });
  }
  function askBlock(): Promise<number> {
    block ??= channelBlock((once, dims) => ask({ once, dims })).catch((thrown: unknown) => {
      block = undefined;
      throw thrown;
    });
    return block;
  }
  /** Sends memory only when it is not what the thread has already. */
  function packed(windows: readonly SharedWindow[]): Omit<SharedRequest, 'id'> {
    const used = [...new Set(windows.flatMap(({ pixels, scores }) => [pixels.buffer, scores.buffer]))];
    const isKnown = used.every((memory) => memories.includes(memory));
    if (!isKnown) memories = used;
    return {
      memories: isKnown ? undefined : memories,
      type: typeOf(windows[0]!.pixels),
      part: partOfAll(windows),
      shown: windows.length === 1 ? windows[0]!.shown : undefined,
      windows: windows.map((window) => packWindow(window, memories)),
    };
  }
  const session: Omit<Session, keyof Loaded> = {
    pending: () => asked.size,
    run: (data, scores) => ask<GraphScores>({ data, scores }, scores ? [data.buffer, scores.buffer] : [data.buffer]),
    runShared: (windows) => ask<RunFacts>(packed(windows)),
    close,
  };

  worker.on('message', (reply: WorkerReply) => {
    if (reply.kind === 'loaded') {
      const { kind: _, ...loaded } = reply;
      return loading?.resolve(loaded);
    }
    const waiting = asked.get(reply.id);
    asked.delete(reply.id);
    if (reply.kind !== 'error') waiting?.resolve(reply);
    else (waiting ?? loading)?.reject(new RunError(condensed(reply.message), reply.input));
  });
  worker.on('error', (thrown) => {
    ended = new SegtileError('model', `an inference worker failed: ${condensed(String(thrown))}`, undefined, thrown);
  });
  worker.on('exit', () => {
    ended ??= new SegtileError('model', 'an inference worker has ended');
    for (const waiting of asked.values()) waiting.reject(ended);
    asked.clear();
    loading?.reject(ended);
    exited();
  });

  return {
    async load(start) {
      const { device = { provider: 'cpu' } } = start;
      const graph = await deviceGraph(start.graph, device, askBlock);
      if (ended) throw ended;
      const loaded = new Promise<Loaded>((resolve, reject) => {
        loading = { resolve, reject };
      });
      worker.postMessage({ ...start, graph, ...(device.provider === 'webgpu' && { turn: webgpuTurn }) });
      return { ...session, ...(await loaded) };
    },
    close,
  };
}
