import { Worker } from 'node:worker_threads';
import { refuseTelemetry } from '../../dist/model/devices/telemetry.js';

/** The work of the reference. */
export interface BareWork {
  readonly network: Uint8Array;
  /** Side of the windows, in pixels. */
  readonly window: number;
  /** What the network sees, one after the other and again from the first: float32 RGB planes, as it wants them. */
  readonly inputs: readonly Float32Array[];
  readonly runs: number;
}

/**
 * How long onnxruntime takes for a number of windows that lie in memory, normalised, and whose scores nobody wants: the least that
 * any program around it can take. Threads with a session each, as segtile has them; loading and a first run are not counted.
 *
 * @returns seconds by the wall, and of all threads
 */
export async function bareSeconds(work: BareWork, workers: number): Promise<{ readonly wall: number; readonly cpu: number }> {
  // How many runs have been started, by all threads together.
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
