import { statSync } from 'node:fs';
import type { Size } from '../../types.js';
import type { Model } from '../card/model.js';
import { readNetworkFile } from '../graph/read.js';
import { weightFiles } from '../graph/weights.js';
import { openPool } from '../sessions/pool.js';
import { isRecord, isSize, type Kept, remembered } from './cache.js';

/** What one worker takes of the machine's memory, in bytes. */
export interface WorkerMemory {
  /** The window that it was measured with, in px of the network. */
  readonly window: Size;
  /** Of all weights, as they lie on the disk. */
  readonly weightBytes: number;
  /** By how much it grows once it runs windows. */
  readonly running: number;
}

/** How a network is run on the CPU, as far as its memory is concerned. */
export interface WorkerTask {
  readonly model: Model;
  readonly window: Size;
  readonly output: 'probabilities' | 'logits';
  readonly scoreType: 'float32' | 'uint8';
  readonly batch?: number | undefined;
}

/** Windows are halved down to about this many px on a side: what a network needs grows with the area, and should not be tried whole where it may be too much. */
const SIDE = 512;

/** Halves are whole multiples of this many px, by which few networks cannot divide. */
const STEP = 64;

/** onnxruntime plans its memory in the first run, and has most of it after the second. */
const RUNS = 3;

const kept: Kept<WorkerMemory> = {
  folder: 'memory',
  isFound: (value): value is WorkerMemory =>
    isRecord(value) && isSize(value.window) && Number(value.weightBytes) > 0 && Number(value.running) >= 0,
};

/**
 * Measures what one worker takes on the CPU: by how much this process grows when it runs a few windows, so nothing else should happen meanwhile.
 * What was found is kept, and is there at once the next time.
 *
 * @throws {SegtileError} as `openPool`
 */
export async function measureWorker(task: WorkerTask, signal?: AbortSignal): Promise<WorkerMemory> {
  const { model, output, scoreType, batch } = task;
  const window = model.fixedWindow ?? halvedWindow(task.window);
  const { output: named, layout, color, samples, normalize, activation, crop } = model;
  const platform = [process.platform, process.arch, process.version];
  const circumstances = {
    window,
    output,
    named,
    scoreType,
    batch,
    layout,
    color,
    samples,
    normalize,
    activation,
    crop,
    platform,
  };
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

/** The window, or a half, a quarter, … of it: onnxruntime rounds memory up to powers of two, and so what such windows take alike. */
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
