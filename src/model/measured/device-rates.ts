import { cpus } from 'node:os';
import { reason } from '../../errors.js';
import { processors } from '../../io/machine/processors.js';
import { modelPixels } from '../card/model.js';
import { nvidiaGpus } from '../devices/adapter.js';
import { type Device, deviceName } from '../devices/device.js';
import { loadOnnxruntime } from '../devices/load-onnxruntime.js';
import { NULL_DEVICE } from '../devices/null-device.js';
import { openSession } from '../devices/open-session.js';
import type { DeviceRules, Runtime } from '../devices/runtime.js';
import { trialPixels } from '../devices/trial.js';
import { closeAll, outOfMemory } from '../sessions/batches.js';
import {
  chooseBatch,
  chooseSessions,
  givenLanes,
  isWorthwhile,
  type LaneCounts,
  type MeasuredRate,
  triedBatches,
  triedSessions,
} from '../sessions/choose-sessions.js';
import type { Network } from '../sessions/network.js';
import type { Session } from '../sessions/session.js';
import { isRecord, type Kept, recalled, remember } from './cache.js';
import { graphCircumstances } from './circumstances.js';

/** What was measured of a network on a device to choose a batch and a number of sessions. */
export interface DeviceRates {
  /** With one session and batches of 1, 2, 4, …; empty if the batch was given. */
  readonly batches: readonly MeasuredRate[];
  /** With 1, 2, … sessions and the chosen batch; empty if the number of sessions was given. */
  readonly sessions: readonly MeasuredRate[];
}

/** {@link DeviceRates}, and whether an earlier run measured them. */
export interface MeasuredLanes extends DeviceRates {
  readonly before: boolean;
}

/** The batch and the sessions of a run on a device, and how they were chosen. */
export interface ChosenLanes extends LaneCounts {
  /** Null if both were given. */
  readonly measured: MeasuredLanes | null;
}

const kept: Kept<DeviceRates> = {
  folder: 'rates',
  isFound: (value): value is DeviceRates => isRecord(value) && isRates(value.batches) && isRates(value.sessions),
};

/**
 * Chooses how many windows go through a network together on a GPU, and how many sessions run it there. What is not given
 * is measured with windows of the real size: the batch is doubled, and then sessions are added, for as long as windows
 * clearly get faster and the memory of the device suffices. What was measured is cached.
 *
 * @param quiet measurements wait until it has settled
 * @throws {SegtileError} `device` as `openSession`; `aborted` when the signal fires
 */
export async function chooseLanes(
  network: Network,
  device: Device,
  rules: DeviceRules,
  runtime: Runtime,
  quiet: Promise<unknown>,
): Promise<ChosenLanes> {
  const given = givenLanes(rules, network.fixedBatch, device.provider);
  const { batch, sessions } = given;
  if (batch !== undefined && sessions !== undefined) return { batch, sessions, measured: null };
  const place = circumstances(network, device, given);
  const known = await recalled(kept, network.model.sha256, place);
  const rates = known ?? (await measureRates(network, device, given, rules, runtime, quiet));
  if (!known) await remember(kept, network.model.sha256, place, rates);
  return {
    batch: batch ?? chooseBatch(speeds(rates.batches)),
    sessions: sessions ?? chooseSessions(speeds(rates.sessions)),
    measured: { ...rates, before: known !== undefined },
  };
}

async function measureRates(
  network: Network,
  device: Device,
  given: Partial<LaneCounts>,
  rules: DeviceRules,
  runtime: Runtime,
  quiet: Promise<unknown>,
): Promise<DeviceRates> {
  const { model, window } = network;
  const { channels } = modelPixels(model);

  /** Measures with sessions that are open already and one more, which is left open, too. */
  async function rateWith(opened: Session[], batch: number): Promise<MeasuredRate> {
    const { session } = await openSession(network, device, batch, rules, runtime);
    opened.push(session);
    await quiet;
    const pixels = trialPixels(model.samples, window, channels, batch);
    const windowsPerSecond = Number((await runtime.throughput(opened, batch, pixels, rules.signal)).toPrecision(4));
    return { batch, sessions: opened.length, windowsPerSecond };
  }

  async function rateOfBatch(batch: number): Promise<MeasuredRate> {
    const opened: Session[] = [];
    return rateWith(opened, batch).finally(() => closeAll(opened));
  }

  const batches =
    given.batch === undefined
      ? await growing(triedBatches, rateOfBatch, (more, less) =>
          rules.note?.(`out of memory with batches of ${more}, going on with ${less}`),
        )
      : [];
  if (given.sessions !== undefined) return { batches, sessions: [] };
  const batch = given.batch ?? chooseBatch(speeds(batches));
  const opened: Session[] = [];
  try {
    const sessions = await growing(
      triedSessions,
      () => rateWith(opened, batch),
      (more, less) => rules.note?.(fewerSessionsText(more, less)),
    );
    return { batches, sessions };
  } finally {
    await closeAll(opened);
  }
}

/** Says that a device has no memory for so many sessions. */
export function fewerSessionsText(more: number, less: number): string {
  return `out of memory with ${more} sessions, going on with ${less}`;
}

/**
 * Measures step by step, for as long as each is worth it and memory suffices. The first step must succeed.
 *
 * @param onFull called where memory runs out, with the step and the one before it
 */
async function growing(
  steps: readonly number[],
  rateOf: (step: number) => Promise<MeasuredRate>,
  onFull: (step: number, before: number) => void,
): Promise<readonly MeasuredRate[]> {
  const rates: MeasuredRate[] = [];
  for (const [index, step] of steps.entries()) {
    try {
      rates.push(await rateOf(step));
    } catch (error) {
      if (index === 0 || !outOfMemory(reason(error))) throw error;
      onFull(step, steps[index - 1]!);
      break;
    }
    const [before, last] = speeds(rates).slice(-2);
    if (last !== undefined && !isWorthwhile(before!, last)) break;
  }
  return rates;
}

function speeds(rates: readonly MeasuredRate[]): number[] {
  return rates.map(({ windowsPerSecond }) => windowsPerSecond);
}

/** Everything that the speed of a network on a device depends on. */
function circumstances(network: Network, device: Device, given: Partial<LaneCounts>) {
  return {
    ...graphCircumstances(network.model, network),
    given,
    device: deviceName(device),
    gpus: nvidiaGpus(),
    processor: [cpus()[0]?.model, processors().count],
    platform: [process.platform, process.arch, process.version, loadOnnxruntime().env.versions.node],
    isNullDevice: process.env[NULL_DEVICE] !== undefined,
  };
}

function isRates(value: unknown): value is readonly MeasuredRate[] {
  const isRate = (each: unknown): boolean =>
    isRecord(each) &&
    [each.batch, each.sessions].every(Number.isInteger) &&
    typeof each.windowsPerSecond === 'number' &&
    each.windowsPerSecond > 0;
  return Array.isArray(value) && value.every(isRate);
}
