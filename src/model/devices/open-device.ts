import { reason, SegtileError } from '../../errors.js';
import { chooseLanes, fewerSessionsText, type MeasuredLanes } from '../measured/device-rates.js';
import { closeAll, type Lanes, outOfMemory } from '../sessions/batches.js';
import type { LaneCounts } from '../sessions/choose-sessions.js';
import type { Network } from '../sessions/network.js';
import type { Device } from './device.js';
import { type OpenSession, openSession } from './open-session.js';
import type { DeviceRules, Runtime } from './runtime.js';
import { requireSameScores, scoresOnCpu } from './verify.js';

/** The devices that run a network, and what is known about them. */
export interface OpenDevices extends Lanes, Pick<OpenSession, 'adapter' | 'nodes' | 'cpuNodes'> {
  /** Largest difference in probability from the CPU, if it was measured. */
  readonly difference: number | undefined;
  readonly measured: MeasuredLanes | null;
}

/**
 * Starts sessions on each device, with the batch and as many of them as were asked for or are fastest. Checks that the
 * work really runs on the device and that its scores match the CPU's, which runs its part while the device starts. The
 * devices must have passed `Runtime.refuse` before.
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
  const expected = rules.verify === false ? undefined : scoresOnCpu(network, runtime);
  // What the device itself says is thrown first. Until then a failure of the CPU must not count as unhandled.
  const quiet = Promise.allSettled([expected]);
  try {
    const { measured, ...counts } = await chooseLanes(network, first, rules, runtime, quiet);
    return { ...(await openAll(network, devices, counts, rules, runtime, expected)), measured };
  } finally {
    await quiet;
  }
}

/**
 * Opens all devices. If memory runs out, goes on with as many sessions on each as fit, and with half the batch if not
 * even one does.
 *
 * @param counts the sessions are those on one device
 * @param expected what the CPU gives for the trial; without it, nothing is compared
 */
export async function openAll(
  network: Network,
  devices: readonly Device[],
  { batch, sessions }: LaneCounts,
  rules: DeviceRules,
  runtime: Runtime,
  expected?: Promise<readonly Float32Array[]>,
): Promise<Omit<OpenDevices, 'measured'>> {
  const opened: OpenedOn[] = [];
  try {
    for (let round = 0; round < sessions; round++) {
      const more = await openRound(network, devices, batch, rules, runtime).catch((error: unknown) => {
        if (round === 0 || !outOfMemory(reason(error))) throw error;
      });
      if (!more) {
        rules.note?.(fewerSessionsText(round + 1, round));
        break;
      }
      opened.push(...more);
    }
    const difference = expected && requireSameScores(network, opened, batch, await expected);
    const { adapter, nodes, cpuNodes } = opened[0]!;
    return { sessions: opened.map(({ session }) => session), batch, adapter, nodes, cpuNodes, difference };
  } catch (error) {
    await closeAll(opened.map(({ session }) => session));
    const less = outOfMemory(reason(error)) ? fewerLanes({ batch, sessions: 1 }, network.fixedBatch) : undefined;
    if (!less) throw error;
    rules.note?.(less.text);
    return openAll(network, devices, { batch: less.batch, sessions }, rules, runtime, expected);
  }
}

type OpenedOn = OpenSession & { readonly device: Device };

/** Opens one session on each device. If one fails, none is left open. */
async function openRound(
  network: Network,
  devices: readonly Device[],
  batch: number,
  rules: DeviceRules,
  runtime: Runtime,
): Promise<readonly OpenedOn[]> {
  const opened: OpenedOn[] = [];
  try {
    for (const device of devices) opened.push({ ...(await openSession(network, device, batch, rules, runtime)), device });
    return opened;
  } catch (error) {
    await closeAll(opened.map(({ session }) => session));
    throw error;
  }
}

/**
 * What takes less memory of a device: one session fewer, or else half the batch. Undefined if there is no less.
 *
 * @param fixedBatch the only batch that the network takes, if there is only one
 */
export function fewerLanes(
  { batch, sessions }: LaneCounts,
  fixedBatch: number | undefined,
): (LaneCounts & { readonly text: string }) | undefined {
  if (sessions > 1) return { batch, sessions: sessions - 1, text: fewerSessionsText(sessions, sessions - 1) };
  if (batch === 1 || fixedBatch !== undefined) return undefined;
  const half = Math.floor(batch / 2);
  return { batch: half, sessions, text: `out of memory with batches of ${batch}, going on with ${half}` };
}
