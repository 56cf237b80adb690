import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { modelPixels } from '../card/model.js';
import { outOfMemory } from '../sessions/batches.js';
import type { Network } from '../sessions/network.js';
import type { Session } from '../sessions/session.js';
import { type Adapter, nvidiaGpus, webgpuAdapter } from './adapter.js';
import { type Device, deviceName } from './device.js';
import type { PlacedNode } from './profile.js';
import type { DeviceRules, Runtime } from './runtime.js';
import { trialPixels } from './trial.js';

/** A session on a GPU, and what is known of where it runs. */
export interface OpenSession {
  readonly session: Session;
  readonly adapter: Adapter | undefined;
  readonly nodes: number;
  readonly cpuNodes: readonly Pick<PlacedNode, 'name' | 'op'>[];
}

/**
 * Starts one session on a GPU, runs it once, and checks that the work really runs there.
 *
 * @throws {SegtileError} `device` with the reason and what to do; `aborted` when the signal fires
 */
export async function openSession(
  network: Network,
  device: Device,
  batch: number,
  rules: DeviceRules,
  runtime: Runtime,
): Promise<OpenSession> {
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

function hintFor({ provider }: Device, message: string): string {
  if (/driver|cuda.*(version|insufficient)/i.test(message))
    return 'update the driver of the GPU; segtile doctor says what is there';
  if (outOfMemory(message)) return 'use a smaller --window or --batch';
  return `segtile doctor --device ${provider} looks for the reason`;
}
