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
  const threads: Worker[] = [];
  const answer = (thread: Worker) => new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject));
  // One after the other, also at the end: onnxruntime may abort the process if two threads load or release a session at
  // the same time.
  for (let i = 0; i < workers; i++) {
    const thread = new Worker(url, { workerData: { ...work, started } });
    threads.push(thread);
    await answer(thread);
  }
  const [began, cpuBefore] = [performance.now(), process.cpuUsage()];
  const done = Promise.all(threads.map(answer));
  for (const thread of threads) thread.postMessage('go');
  await done;
  const cpu = process.cpuUsage(cpuBefore);
  const wall = (performance.now() - began) / 1000;
  for (const thread of threads) {
    const exit = new Promise((resolve) => thread.once('exit', resolve));
    thread.postMessage('end');
    await exit;
  }
  return { wall, cpu: (cpu.user + cpu.system) / 1e6 };
}
