// A thread that draws one rectangle after the other of the slide that it was started with; see painters.ts. Threads do not take over
// the loader of TypeScript, hence plain JavaScript that registers it first.
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { kidneySlide } = await import('./slide.ts');
const slide = kidneySlide(workerData);

parentPort?.on('message', (tile) => {
  const drawn = slide.tile(tile);
  parentPort?.postMessage(drawn, [drawn.rgb.buffer, drawn.labels.buffer]);
});
