import { Worker } from 'node:worker_threads';
import { refuseTelemetry } from '../../../dist/model/devices/telemetry.js';

/** The work of the reference run. */
export interface BareWork {
  readonly network: Uint8Array;
  /** Side of the windows, in pixels. */
  readonly window: number;
  /** The network's inputs, used in turn: float32 RGB planes. */
  readonly inputs: readonly Float32Array[];
  readonly runs: number;
}

/**
 * Measures how long onnxruntime takes for a number of windows that are already in memory and normalised, and whose scores
 * are discarded: a lower bound for any program that uses it. It runs threads with one session each, as segtile does.
 * Loading and a first run are not counted.
 *
 * @returns wall time and CPU time of all threads, in seconds
 */
export async function bareSeconds(work: BareWork, workers: number): Promise<{ readonly wall: number; readonly cpu: number }> {
  // The number of runs that all threads together have started.
  const started = new Int32Array(new SharedArrayBuffer(4));
  const url = new URL('bare-worker.js', import.meta.url);
  refuseTelemetry();
  const threads = Array.from({ length: workers }, () => new Worker(url, { workerData: { ...work, started } }));
  const answers = () =>
    Promise.all(
      threads.map((thread) => new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject))),
    );
  const exits = threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
  await answers();
  const [began, cpuBefore] = [performance.now(), process.cpuUsage()];
  const done = answers();
  for (const thread of threads) thread.postMessage('go');
  await done;
  const cpu = process.cpuUsage(cpuBefore);
  const wall = (performance.now() - began) / 1000;
  await Promise.all(exits);
  return { wall, cpu: (cpu.user + cpu.system) / 1e6 };
}
