import type { Samples } from '../../types.js';
import type { Session, Start } from '../sessions/session.js';
import { createThreads, type Threads } from '../sessions/threads.js';
import { throughput } from '../sessions/throughput.js';
import { refuseUnavailable } from './available.js';
import type { Device } from './device.js';

/** What runs networks. Tests can pass a stub where there is no device. */
export interface Runtime {
  /** Loads a graph on the device that `start` names. Takes a waiting thread if there is one. */
  start(start: Start, threads?: Threads): Promise<Session>;
  /** Refuses a device that cannot run, without starting it; see `refuseUnavailable`. */
  refuse(device: Device, allowSoftware?: boolean): Promise<void>;
  /** Measures how many windows a second sessions run together; see {@link throughput}. */
  throughput(sessions: readonly Session[], batch: number, pixels: Samples<ArrayBuffer>, signal?: AbortSignal): Promise<number>;
}

/** The runtime that uses the installed onnxruntime. */
export const onnxruntime: Runtime = {
  start: (start, threads = createThreads()) => threads.take().load(start),
  refuse: refuseUnavailable,
  throughput,
};

/** What the user allows or asks for when devices are opened. */
export interface DeviceRules {
  /** How many windows go through the network together. Measured on a GPU if absent or `auto`. */
  readonly batch?: number | 'auto' | undefined;
  /** On the CPU the number of threads, each with its own copy of the network; on a GPU that of its sessions. See `givenLanes`. */
  readonly workers?: number | undefined;
  readonly allowCpuNodes?: boolean | undefined;
  readonly allowSoftware?: boolean | undefined;
  readonly verify?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with a text for each decision that is made while devices are opened. */
  readonly note?: ((text: string) => void) | undefined;
}
