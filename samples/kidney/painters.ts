import { Worker } from 'node:worker_threads';
import type { Tile } from './ground.js';
import type { Drawn } from './optics/light.js';
import type { KidneyOptions } from './slide.js';

/** Threads that draw a slide. */
export interface Painters {
  /** Draws a rectangle on the next free thread. */
  draw(tile: Tile): Promise<Drawn>;
  /** Stops the threads at once, even while they draw. */
  close(): Promise<void>;
}

/** Starts `count` threads that draw a slide. */
export function startPainters(options: KidneyOptions, count: number): Painters {
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL('./painter.js', import.meta.url), { workerData: options }),
  );
  const free = [...workers];
  const waiting: ((worker: Worker) => void)[] = [];

  const paint = (worker: Worker, tile: Tile): Promise<Drawn> =>
    new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (drawn: Drawn) => {
        worker.off('error', reject);
        const next = waiting.shift();
        if (next === undefined) free.push(worker);
        else next(worker);
        resolve(drawn);
      });
      worker.postMessage(tile);
    });

  return {
    draw: async (tile) => paint(free.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve))), tile),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
