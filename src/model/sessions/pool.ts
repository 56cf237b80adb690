import { SegtileError, throwIfAborted } from '../../errors.js';
import type { Samples } from '../../types.js';
import type { Model } from '../card/model.js';
import { autoDevices } from '../devices/available.js';
import { type Device, deviceName, parseDevices } from '../devices/device.js';
import { loadFailure } from '../devices/load-hint.js';
import { fewerLanes, type OpenDevices, openAll, openDevices } from '../devices/open-device.js';
import { onnxruntime, type Runtime } from '../devices/runtime.js';
import { placeWeights } from '../graph/format/weights.js';
import { findScores } from '../graph/probe.js';
import { readAdapted } from '../graph/read.js';
import type { MeasuredLanes } from '../measured/device-rates.js';
import { recalledShape, rememberShape } from '../measured/score-shape.js';
import { batchesInHand, closeAll, createBatches, type Lanes } from './batches.js';
import { checkBatch, describeNetwork, type Network } from './network.js';
import { checkOptions, defaultWorkers, type PoolOptions, sides } from './pool-options.js';
import type { Session, SharedWindow } from './session.js';
import { createThreads, type Threads } from './threads.js';

/** The device that runs a network, and how it was chosen. */
export interface DeviceFacts {
  /** The name, such as `cpu` or `cuda:0,cuda:1`. */
  readonly name: string;
  /** The name of the GPU, if the system tells. */
  readonly adapter: string | null;
  /** Whether that GPU is emulated by the CPU. */
  readonly software: boolean;
  /**
   * Number of nodes of the network with all that segtile added, and the nodes that the device leaves to the CPU. Null on
   * the CPU, where they are not counted.
   */
  readonly nodes: number | null;
  readonly cpuNodes: readonly { readonly name: string; readonly op: string }[];
  /** Largest difference in probability from the CPU, on two synthetic windows; null if it was not measured. */
  readonly difference: number | null;
  /** Devices that were tried before, and why they were refused. */
  readonly refused: readonly { readonly device: string; readonly reason: string }[];
  readonly scoreType: 'float32' | 'uint8';
  /**
   * What was measured, now or before, to choose the batch and the number of sessions on a GPU; null if nothing was. If
   * memory was too small later, the run has less.
   */
  readonly measured: MeasuredLanes | null;
}

/** A network that is loaded in worker threads. */
export interface Pool extends AsyncDisposable {
  /** The provider of onnxruntime that runs it. */
  readonly provider: string;
  readonly device: DeviceFacts;
  /** How many sessions run the network, each in a thread of its own. They may become fewer when a GPU's memory runs out. */
  workers(): number;
  /** How many windows must be in flight at once to keep every worker busy. */
  readonly capacity: number;
  /** The batch size: how many windows the network takes at once. It may become smaller when memory runs out. */
  batch(): number;
  /** Total time that all workers have run the network so far, in seconds, including copies to and from a GPU. */
  busySeconds(): number;
  /** Memory for the pixels of one window. It reuses that of a finished window if possible, so its contents are arbitrary. */
  pixels(): Samples<ArrayBuffer>;
  /**
   * Runs the network on one window.
   *
   * @param pixels interleaved samples of exactly one window, with the model's sample type and channels (RGB if it takes a
   *   picture). The whole buffer is transferred to the worker, so the caller cannot use it any more.
   * @returns planes of `width * height` floats, one per channel of the scores
   * @throws {SegtileError} `model` with onnxruntime's message; `usage` for a wrong number of samples
   */
  run(pixels: Samples<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>>;
  /** {@link run} for a window in shared memory: its scores are written there by the thread that has them. */
  runShared(window: SharedWindow): Promise<void>;
  /** Takes back the memory of scores that are no longer used, to reuse it for another window. */
  recycle(scores: Float32Array<ArrayBuffer>): void;
  /** Finishes the pending windows, then ends the workers. */
  close(): Promise<void>;
}

/**
 * Starts workers that run a network on windows of one size, on the chosen device or, with `auto`, on the first one that
 * can run it.
 *
 * @throws {SegtileError} `usage` if options are out of range; `model` if the network does not run on such windows;
 *   `device` if the device cannot run it
 */
export async function openPool(model: Model, options: PoolOptions, runtime: Runtime = onnxruntime): Promise<Pool> {
  checkOptions(model, options);
  const threads = createThreads();
  try {
    return await open(model, options, { ...runtime, start: (start) => runtime.start(start, threads) }, threads);
  } finally {
    threads.dismiss();
  }
}

async function open(model: Model, options: PoolOptions, runtime: Runtime, threads: Threads): Promise<Pool> {
  const { window, workers = defaultWorkers(), output, scoreType = 'float32', parts, crops, signal } = options;
  const choice = parseDevices(options.device);
  const known = await recalledShape(model, window);
  // Unless the shape of the scores is known, the first thread finds it.
  threads.prepare(choice !== 'auto' && choice[0]!.provider === 'cpu' ? workers : 1);
  // Devices are checked while the network is read and the shape of its scores is found, so that neither waits for the other.
  const gpus = choice === 'auto' ? autoDevices() : choice.filter(({ provider }) => provider !== 'cpu');
  const candidates = gpus.map((device) => ({ device, refusal: refusalOf(device, options, runtime) }));
  if (choice === 'auto' && !options.requireGpu)
    Promise.all(candidates.map(({ refusal }) => refusal))
      .then((refusals) => {
        // No GPU can run, so the CPU will be used.
        if (refusals.every((refusal) => refusal !== undefined)) threads.prepare(workers);
      })
      // If a thread cannot be started, the error appears when the thread is used.
      .catch(() => undefined);
  const placed = placeWeights(await readAdapted(model.path, model, signal), model.path);
  const map = known ?? (await findScores(placed.bytes, { ...model, externalData: placed.externalData }, window, threads));
  if (!known) await rememberShape(model, window, map);
  if (map.channels !== model.channels)
    throw new SegtileError(
      'model',
      `${model.path} gives ${map.channels} channels for a window of ${sides(window)}, expected ${model.channels}`,
    );
  const network = describeNetwork(placed, model, window, map, { output, scoreType, parts, crops });
  if (typeof options.batch === 'number') checkBatch(network, options.batch);
  if (choice !== 'auto') {
    for (const { refusal } of candidates) {
      const error = await refusal;
      if (error !== undefined) throw error;
    }
    return openOn(network, choice, options, runtime, []);
  }

  const refused: { device: string; reason: string }[] = [];
  for (const { device, refusal } of candidates) {
    let error = await refusal;
    if (error === undefined) {
      try {
        return await openOn(network, [device], options, runtime, refused);
      } catch (thrown) {
        error = thrown;
      }
    }
    if (!(error instanceof SegtileError) || error.code !== 'device') throw error;
    refused.push({ device: deviceName(device), reason: error.message });
  }
  if (!options.requireGpu) return openOn(network, [{ provider: 'cpu' }], options, runtime, refused);
  throw new SegtileError(
    'device',
    `no GPU runs ${model.path}: ${refused.map((each) => each.reason).join('; ')}`,
    'segtile doctor says what is missing; without --require-gpu the CPU would do it',
  );
}

/**
 * The error why a device cannot run, as far as that can be told without starting it; undefined if nothing speaks against
 * it.
 */
function refusalOf(device: Device, { allowSoftware }: PoolOptions, runtime: Runtime): Promise<unknown> {
  return runtime.refuse(device, allowSoftware).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Opens devices that have not been refused. */
async function openOn(
  network: Network,
  devices: readonly Device[],
  options: PoolOptions,
  runtime: Runtime,
  refused: DeviceFacts['refused'],
): Promise<Pool> {
  const { model, window, samples, scores, scoreType } = network;
  const onCpu = devices[0]!.provider === 'cpu';
  const batch = typeof options.batch === 'number' ? options.batch : (network.fixedBatch ?? 1);
  const open: OpenDevices = onCpu
    ? {
        ...(await startWorkers(network, batch, options, runtime)),
        adapter: undefined,
        nodes: 0,
        cpuNodes: [],
        difference: undefined,
        measured: null,
      }
    : await openDevices(network, devices, options, runtime);
  const shrink = (lanes: Lanes) => {
    // Workers on the CPU are as many as before: what they take is memory of the machine, of which a batch takes most.
    const counts = { batch: lanes.batch, sessions: onCpu ? 1 : lanes.sessions.length / devices.length };
    const less = fewerLanes(counts, network.fixedBatch);
    if (!less) return undefined;
    return () => {
      options.note?.(less.text);
      return onCpu ? startWorkers(network, less.batch, options, runtime) : openAll(network, devices, less, options, runtime);
    };
  };
  const batches = createBatches(open, { path: model.path, type: model.samples, samples, scores }, shrink);
  const requireWhole = ({ length }: Samples): void => {
    if (length !== samples)
      throw new SegtileError('usage', `expected ${samples} samples for a window of ${sides(window)} but got ${length}`);
  };
  return {
    provider: devices[0]!.provider,
    device: {
      name: devices.map(deviceName).join(','),
      adapter: open.adapter?.name ?? null,
      software: open.adapter?.software ?? false,
      nodes: onCpu ? null : open.nodes,
      cpuNodes: open.cpuNodes,
      difference: open.difference ?? null,
      refused,
      scoreType,
      measured: open.measured,
    },
    workers: batches.sessions,
    capacity: open.sessions.length * batchesInHand * open.batch,
    batch: batches.batch,
    busySeconds: () => batches.busy() / 1000,
    pixels: batches.pixels,
    async run(pixels) {
      requireWhole(pixels);
      return batches.run(pixels);
    },
    async runShared(shared) {
      requireWhole(shared.pixels);
      const takesParts = network.takesParts && onCpu && batches.batch() === 1;
      return batches.runShared(takesParts ? shared : { ...shared, shown: undefined });
    },
    recycle: batches.recycle,
    close: batches.close,
    [Symbol.asyncDispose]: batches.close,
  };
}

/** Loads the network in every worker on the CPU. If one fails, all are closed. */
async function startWorkers(
  network: Network,
  batch: number,
  { workers = defaultWorkers(), signal }: PoolOptions,
  runtime: Runtime,
): Promise<Lanes> {
  throwIfAborted(signal);
  const from = network.start(batch, { provider: 'cpu' });
  const started = await Promise.allSettled(Array.from({ length: workers }, () => runtime.start(from)));
  const sessions = started.flatMap((result): Session[] => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = started.find((result) => result.status === 'rejected');
  if (!failed && !signal?.aborted) return { sessions, batch };
  await closeAll(sessions);
  throwIfAborted(signal);
  throw loadFailure(network.model.path, sides(network.window), failed?.reason);
}
