import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { modelPixels } from '../card/model.js';
import { batchesInHand, closeAll, type Lanes, outOfMemory } from '../sessions/batches.js';
import type { Network } from '../sessions/network.js';
import type { ScoreData, Session, Start } from '../sessions/session.js';
import { createThreads, type Threads } from '../sessions/threads.js';
import { type Adapter, nvidiaGpus, webgpuAdapter } from './adapter.js';
import { refuseUnavailable } from './available.js';
import { type Device, deviceName } from './device.js';
import type { PlacedNode } from './profile.js';
import { farthest, trialPixels, trialWindows } from './trial.js';

/** What runs networks. Tests can pass a stub where there is no device. */
export interface Runtime {
  /** Loads a graph on the device that `start` names. Takes a waiting thread if there is one. */
  start(start: Start, threads?: Threads): Promise<Session>;
  /** Refuses a device that cannot run, without starting it; see `refuseUnavailable`. */
  refuse(device: Device, allowSoftware?: boolean): Promise<void>;
}

/** The runtime that uses the installed onnxruntime. */
export const onnxruntime: Runtime = {
  start: (start, threads = createThreads()) => threads.take().load(start),
  refuse: refuseUnavailable,
};

/** What the user allows or asks for when devices are opened. */
export interface DeviceRules {
  readonly batch?: number | 'auto' | undefined;
  readonly allowCpuNodes?: boolean | undefined;
  readonly allowSoftware?: boolean | undefined;
  readonly verify?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with a text for each decision that is made while devices are opened. */
  readonly note?: ((text: string) => void) | undefined;
}

/** The devices that run a network, and what is known about them. */
export interface OpenDevices extends Lanes {
  readonly adapter: Adapter | undefined;
  readonly nodes: number;
  readonly cpuNodes: readonly Pick<PlacedNode, 'name' | 'op'>[];
  /** Largest difference in probability from the CPU, if it was measured. */
  readonly difference: number | undefined;
}

/** Differences in probability from the CPU up to this are accepted as rounding. */
const mostDifference = 1e-2;

/** The largest batch that `auto` tries, and the speed-up that a larger batch must give to be worth its memory. */
const largestBatch = 32;
const worthwhile = 1.05;

/**
 * Starts a session on each device, with the batch that was asked for or the fastest one. Checks that the work really runs
 * on the device and that its scores match the CPU's. The devices must have passed `Runtime.refuse` before.
 *
 * @throws {SegtileError} `device` with the reason and what to do; `usage` if no device is given
 */
export async function openDevices(
  network: Network,
  devices: readonly Device[],
  rules: DeviceRules,
  runtime: Runtime,
): Promise<OpenDevices> {
  const [first] = devices;
  if (!first) throw new SegtileError('usage', 'no device is given');
  const fixed = rules.batch === undefined || rules.batch === 'auto' ? network.fixedBatch : rules.batch;
  const batch = fixed ?? (await fastestBatch(network, first, rules, runtime));
  return openAll(network, devices, batch, rules, runtime);
}

/** Opens all devices with one batch size. If memory runs out, tries again with half the batch. */
export async function openAll(
  network: Network,
  devices: readonly Device[],
  batch: number,
  rules: DeviceRules,
  runtime: Runtime,
): Promise<OpenDevices> {
  const opened: Awaited<ReturnType<typeof openOne>>[] = [];
  try {
    for (const device of devices) opened.push(await openOne(network, device, batch, rules, runtime));
    const difference = rules.verify === false ? undefined : await verify(network, opened, devices, batch, runtime);
    const { adapter, nodes, cpuNodes } = opened[0]!;
    return { sessions: opened.map(({ session }) => session), batch, adapter, nodes, cpuNodes, difference };
  } catch (error) {
    await closeAll(opened.map(({ session }) => session));
    if (batch === 1 || network.fixedBatch !== undefined || !outOfMemory(reason(error))) throw error;
    const half = Math.floor(batch / 2);
    rules.note?.(`out of memory with batches of ${batch}, going on with ${half}`);
    return openAll(network, devices, half, rules, runtime);
  }
}

async function openOne(network: Network, device: Device, batch: number, rules: DeviceRules, runtime: Runtime) {
  throwIfAborted(rules.signal);
  const { model, window } = network;
  const name = deviceName(device);
  const trial = trialPixels(model.samples, window, modelPixels(model).channels, batch);
  const session = await runtime.start({ ...network.start(batch, device), trial }).catch((thrown) => {
    throw new SegtileError(
      'device',
      `${model.path} cannot be run on ${name}: ${reason(thrown)}`,
      hintFor(device, reason(thrown)),
      thrown,
    );
  });
  try {
    throwIfAborted(rules.signal);
    const adapter = adapterOf(device, session);
    if (adapter?.software && !rules.allowSoftware)
      throw new SegtileError(
        'device',
        `${name} found no GPU, only ${adapter.name}, which is emulated on the CPU`,
        'use --device cpu, which is faster, or --allow-software to use it nevertheless',
      );
    const nodes = session.nodes ?? [];
    const cpuNodes = nodes.filter(({ provider }) => provider === 'CPUExecutionProvider').map(({ name, op }) => ({ name, op }));
    if (cpuNodes.length > 0 && !rules.allowCpuNodes)
      throw new SegtileError(
        'device',
        `${name} leaves ${cpuNodes.length} of ${nodes.length} nodes of ${model.path} to the CPU: ${listed(cpuNodes)}`,
        'use --allow-cpu-nodes to run them there, or --device cpu',
      );
    return { session, adapter, nodes: nodes.length, cpuNodes };
  } catch (error) {
    await session.close();
    throw error;
  }
}

function adapterOf({ provider, index = 0 }: Device, { drivers = [] }: Session): Adapter | undefined {
  if (provider === 'webgpu') return webgpuAdapter(drivers);
  const gpu = provider === 'cuda' || provider === 'tensorrt' ? nvidiaGpus()[index] : undefined;
  return gpu === undefined ? undefined : { name: gpu, software: false };
}

/** Nodes in words, such as `Resize "up"`; after eight of them only `and 3 more`. */
function listed(nodes: readonly Pick<PlacedNode, 'name' | 'op'>[]): string {
  const shown = nodes.slice(0, 8).map(({ name, op }) => `${op} "${name}"`);
  return nodes.length > shown.length ? `${shown.join(', ')} and ${nodes.length - shown.length} more` : shown.join(', ');
}

/**
 * Compares the scores that each device gave for the trial with those of the CPU, window by window. Returns the largest
 * difference in probability.
 */
async function verify(
  network: Network,
  opened: readonly { readonly session: Session }[],
  devices: readonly Device[],
  batch: number,
  runtime: Runtime,
): Promise<number> {
  const { model, window, scores, samples, output } = network;
  const squash = output === 'logits' ? model.squash : undefined;
  const one = network.fixedBatch ?? 1;
  const cpu = await runtime.start(network.start(one, { provider: 'cpu' }, 'float32'));
  let most = 0;
  try {
    const pixels = trialPixels(model.samples, window, modelPixels(model).channels, Math.max(one, trialWindows));
    const expected: Float32Array[] = [];
    for (let slot = 0; slot < Math.min(batch, trialWindows); slot++) {
      const { data } = await cpu.run(pixels.slice(slot * samples, (slot + one) * samples));
      expected.push((data as Float32Array).subarray(0, scores));
    }
    for (const [index, { session }] of opened.entries()) {
      for (let slot = 0; slot < batch; slot++) {
        const given = floats(session.first!, slot * scores, scores);
        const away = farthest(given, expected[slot % trialWindows]!, model.channels, squash);
        most = Math.max(most, away);
        if (away > mostDifference)
          throw new SegtileError(
            'device',
            `${model.path} gives other scores on ${deviceName(devices[index]!)} than on the CPU: they differ by up to ${away.toFixed(4)} in probability, expected at most ${mostDifference}`,
            'use --device cpu, or --no-verify to accept the difference',
          );
      }
    }
  } finally {
    await cpu.close();
  }
  return most;
}

function floats(data: ScoreData, from: number, length: number): Float32Array {
  if (data instanceof Float32Array) return data.subarray(from, from + length);
  return Float32Array.from(data.subarray(from, from + length), (value) => value / 255);
}

/** Doubles the batch as long as windows clearly get faster and memory suffices. Only one session is open at a time. */
async function fastestBatch(network: Network, device: Device, rules: DeviceRules, runtime: Runtime): Promise<number> {
  let best = { batch: 1, rate: 0 };
  for (let batch = 1; batch <= largestBatch; batch *= 2) {
    let rate: number;
    try {
      rate = await windowsPerSecond(network, device, batch, rules, runtime);
    } catch (error) {
      if (batch === 1 || !outOfMemory(reason(error))) throw error;
      rules.note?.(`out of memory with batches of ${batch}, going on with ${best.batch}`);
      break;
    }
    if (rate < best.rate * worthwhile) break;
    best = { batch, rate };
  }
  return best.batch;
}

async function windowsPerSecond(
  network: Network,
  device: Device,
  batch: number,
  rules: DeviceRules,
  runtime: Runtime,
): Promise<number> {
  const { session } = await openOne(network, device, batch, rules, runtime);
  try {
    const { model, window } = network;
    let pixels = trialPixels(model.samples, window, modelPixels(model).channels, batch);
    let fastest = Number.POSITIVE_INFINITY;
    for (let round = 0; round < batchesInHand + 2; round++) {
      throwIfAborted(rules.signal);
      const { busy, input } = await session.run(pixels);
      pixels = input;
      if (round > 0) fastest = Math.min(fastest, busy);
    }
    return (1000 * batch) / fastest;
  } finally {
    await session.close();
  }
}

function hintFor({ provider }: Device, message: string): string {
  if (/driver|cuda.*(version|insufficient)/i.test(message))
    return 'update the driver of the GPU; segtile doctor says what is there';
  if (outOfMemory(message)) return 'use a smaller --window or --batch';
  return `segtile doctor --device ${provider} looks for the reason`;
}
