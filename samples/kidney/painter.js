// A thread that draws rectangles of a slide one after the other; see painters.ts. Threads do not inherit the loader for
// TypeScript, so this is plain JavaScript that registers it first.
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { kidneySlide } = await import('./slide.ts');
const slide = kidneySlide(workerData);

parentPort?.on('message', (tile) => {
  const drawn = slide.tile(tile);
  parentPort?.postMessage(drawn, [drawn.rgb.buffer, drawn.labels.buffer]);
});
