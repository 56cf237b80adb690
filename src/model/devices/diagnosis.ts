import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import type { Model } from '../card/model.js';
import { openPool } from '../sessions/pool.js';
import { compiledIn, missingObjects, nativeFolder, providerLibrary } from './available.js';
import { type Device, deviceName, type Provider } from './device.js';
import { onnxruntime, type Runtime } from './runtime.js';
import { trialPixels } from './trial.js';

/** A library that a provider needs in addition to onnxruntime. */
export interface LibraryFacts {
  readonly path: string;
  readonly present: boolean;
  /** Shared objects that the library needs but the system lacks. */
  readonly missing: readonly string[];
}

/** What a trial run of a small network tells about one device. */
export interface Diagnosis {
  readonly device: string;
  readonly provider: Provider;
  /** Whether onnxruntime was built with the provider on this platform. */
  readonly compiledIn: boolean;
  /** Undefined if the provider needs no library. */
  readonly library: LibraryFacts | undefined;
  /** The result of the trial run. Undefined if the network did not run. */
  readonly run:
    | {
        readonly adapter: string | null;
        readonly software: boolean;
        readonly cpuNodes: number;
        /** Largest difference from the CPU's probabilities; null on the CPU itself. */
        readonly difference: number | null;
        readonly msPerWindow: number;
      }
    | undefined;
  /** Why the network did not run, and what to do about it. Undefined if it ran. */
  readonly refused: { readonly reason: string; readonly hint: string | undefined } | undefined;
}

/** Number of timed runs. The fastest one is reported. */
const ROUNDS = 5;

/**
 * Examines a device as closely as possible: whether its provider and its library are there, and whether a small network
 * runs on it with the same result as on the CPU. CPU nodes and emulated GPUs are allowed, so that the trial shows more
 * than a refusal would. Never rejects because of the device: errors end up in `refused`.
 *
 * @param model a small network that takes one image of any size
 * @param window size of the window of the trial, in px
 */
export async function diagnose(device: Device, model: Model, window: Size, runtime: Runtime = onnxruntime): Promise<Diagnosis> {
  const { provider } = device;
  const facts = {
    device: deviceName(device),
    provider,
    compiledIn: compiledIn().includes(provider),
    library: libraryFacts(provider),
  };
  try {
    return { ...facts, run: await trialRun(device, model, window, runtime), refused: undefined };
  } catch (error) {
    const hint = error instanceof SegtileError ? error.hint : undefined;
    return { ...facts, run: undefined, refused: { reason: reason(error), hint } };
  }
}

function libraryFacts(provider: Provider): LibraryFacts | undefined {
  const name = providerLibrary(provider);
  if (name === undefined) return undefined;
  const path = join(nativeFolder(), name);
  const present = existsSync(path);
  return { path, present, missing: present ? missingObjects(path) : [] };
}

async function trialRun(device: Device, model: Model, window: Size, runtime: Runtime) {
  const allowed = { allowCpuNodes: true, allowSoftware: true };
  const options = { window, workers: 1, batch: 1, device: deviceName(device), output: 'probabilities', ...allowed } as const;
  const pool = await openPool(model, options, runtime);
  try {
    const pixels = trialPixels(model.samples, window, 3, 1);
    let fastest = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const before = pool.busySeconds();
      pool.recycle(await pool.run(pixels.slice()));
      fastest = Math.min(fastest, pool.busySeconds() - before);
    }
    const { adapter, software, cpuNodes, difference } = pool.device;
    return { adapter, software, cpuNodes: cpuNodes.length, difference, msPerWindow: 1000 * fastest };
  } finally {
    await pool.close();
  }
}
