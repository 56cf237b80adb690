import { statSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Size } from '../../types.js';
import type { Model } from '../card/model.js';
import { weightFiles } from '../graph/format/weights.js';
import { readNetworkFile } from '../graph/read.js';
import { openPool } from '../sessions/pool.js';
import { isRecord, isSize, type Kept, remembered } from './cache.js';
import { graphCircumstances } from './circumstances.js';

/** The memory that one worker needs, in bytes. */
export interface WorkerMemory {
  /** The window size of the measurement, in px of the network. */
  readonly window: Size;
  /** Size of the network and all its weights on disk. */
  readonly weightBytes: number;
  /** By how much memory grows when the worker runs windows. */
  readonly running: number;
}

/** How a network is run on the CPU, as far as it affects memory. */
export interface WorkerTask {
  readonly model: Model;
  readonly window: Size;
  readonly output: 'probabilities' | 'logits';
  readonly scoreType: 'float32' | 'uint8';
  readonly batch?: number | undefined;
}

/**
 * Windows are halved until no side is longer than this many px, if they can be. A network's memory grows with the area of
 * the window, and a large window could need too much to be tried whole.
 */
const SIDE = 512;

/** Halved sides must be multiples of this many px. Few networks need a larger multiple. */
const STEP = 64;

/** Number of runs. onnxruntime plans its memory in the first run and has most of it after the second. */
const RUNS = 3;

const kept: Kept<WorkerMemory> = {
  folder: 'memory',
  isFound: (value): value is WorkerMemory =>
    isRecord(value) && isSize(value.window) && Number(value.weightBytes) > 0 && Number(value.running) >= 0,
};

/**
 * Measures how much memory one worker needs on the CPU, by how much this process grows when the worker runs a few windows.
 * Nothing else should run in the process meanwhile. The result is cached, so the next call for the same task returns at
 * once.
 *
 * @throws {SegtileError} as `openPool`
 */
export async function measureWorker(task: WorkerTask, signal?: AbortSignal): Promise<WorkerMemory> {
  const { model, output, scoreType, batch } = task;
  const window = model.fixedWindow ?? halvedWindow(task.window);
  // onnxruntime lays channels out in blocks that differ between processors.
  const platform = [process.platform, process.arch, process.version, cpus()[0]?.model];
  const circumstances = { ...graphCircumstances(model, { window, output, scoreType }), batch, platform };
  return remembered(kept, model.sha256, circumstances, async () => {
    const weightBytes = await weightsOf(model.path, signal);
    const pool = await openPool(model, { window, workers: 1, device: 'cpu', output, scoreType, batch, signal });
    try {
      const before = process.memoryUsage.rss();
      let running = 0;
      for (let run = 0; run < RUNS; run++) {
        const pixels = Array.from({ length: pool.batch() }, () => pool.pixels().fill(128));
        const scores = await Promise.all(pixels.map((each) => pool.run(each)));
        running = Math.max(running, process.memoryUsage.rss() - before);
        scores.forEach(pool.recycle);
      }
      return { window, weightBytes, running };
    } finally {
      await pool.close();
    }
  });
}

/**
 * Halves the window once or more, if it is large. onnxruntime rounds its memory up to powers of two, and it does so alike
 * for these windows.
 */
function halvedWindow({ width, height }: Size): Size {
  const large = Math.max(width, height) > SIDE;
  return large && width % (2 * STEP) === 0 && height % (2 * STEP) === 0
    ? halvedWindow({ width: width / 2, height: height / 2 })
    : { width, height };
}

async function weightsOf(path: string, signal: AbortSignal | undefined): Promise<number> {
  const { bytes, model } = await readNetworkFile(path, signal);
  const beside = [...weightFiles(model, path).values()].map((file) => statSync(file).size);
  return beside.reduce((a, b) => a + b, bytes.length);
}
