// Reads the windows of a slide, in a process of its own: `node measuring/read-windows.js slide.tif window stride`. Prints time,
// memory and a checksum as JSON, as ../peers/reading.py does.
import { createGrid, cutWindows, openSlide, selectWindows, workingView } from '../../../dist/index.js';

const [path, side, step] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const began = performance.now();
const slide = await openSlide(path);
const view = workingView(slide, { kind: 'level', level: 0 });
const window = { width: side, height: side };
const stride = { width: step, height: step };
const plan = selectWindows(createGrid({ size: view, window, stride, margin: 0, border: 'keep' }), () => true);
const row = side * 3;
let [windows, checksum] = [0, 0];
for await (const { pixels } of cutWindows(view, plan)) {
  const from = (side >> 1) * row;
  for (let i = from; i < from + row; i++) checksum += pixels[i];
  windows++;
}
await slide.close();
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ windows, seconds, peakRssBytes: process.resourceUsage().maxRSS * 1024, checksum }));
