// Measures the peak memory of the command for each file layout, and that a slide four times as high needs no more:
// `npm run bench:memory`. With many classes and little memory it is made in columns:
// `npm run bench:memory -- --classes 50 --memory 2GB --window 512 --stride 256 --margin 0 --only tiles`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { channelNetwork, unet } from '../model/networks.ts';
import { segtileInfer } from './measuring/command.ts';
import { machine, table } from './measuring/figures.ts';
import { slideLayouts } from './pictures/layouts.ts';
import { tissueTexture, writeSlide } from './pictures/slides.ts';

const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '35000' },
    height: { type: 'string', default: '25000' },
    window: { type: 'string', default: '1024' },
    stride: { type: 'string', default: '512' },
    margin: { type: 'string', default: '128' },
    workers: { type: 'string' },
    classes: { type: 'string', default: '1' },
    memory: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const [width, height] = [Number(values.width), Number(values.height)];
/** The others are compared with the first one. */
const cases = [
  ...Object.entries(slideLayouts).map(([name, write]) => ({ name, write, height })),
  { name: 'JPEG tiles, four times as high', write: writeSlide, height: 4 * height },
].filter(({ name }) => name.includes(values.only));

const folder = mkdtempSync(join(tmpdir(), 'segtile-memory-'));
try {
  const model = join(folder, 'green.onnx');
  const { window, stride, margin, workers, classes, memory } = values;
  writeFileSync(model, classes === '1' ? channelNetwork(1) : unet(0.02, { channels: Number(classes) }));
  const options = ['--model', model, '--activation', 'none', '--window', window, '--stride', stride, '--margin', margin];
  if (workers !== undefined) options.push('--workers', workers);
  if (memory !== undefined) options.push('--memory', memory);

  const within = memory === undefined ? '' : `, --memory ${memory}`;
  console.log(`window ${window} px, stride ${stride} px, margin ${margin} px, classes: ${classes}${within}`);
  console.log(machine());
  const texture = tissueTexture();
  const rows = [];
  const peaks: number[] = [];
  for (const { name, write, height } of cases) {
    const slide = join(folder, 'slide.tif');
    await write(slide, texture, { width, height });
    const { peakRssBytes, wallSeconds, record } = await segtileInfer(slide, join(folder, 'out'), options);
    peaks.push(peakRssBytes);
    rows.push([
      name,
      `${width} × ${height}`,
      String(record.windows.run),
      String(record.device.workers),
      `${(peakRssBytes / 1e6).toFixed(0)} MB`,
      (peakRssBytes / peaks[0]!).toFixed(3),
      `${wallSeconds.toFixed(0)} s`,
    ]);
  }
  console.log(table(['layout', 'px', 'windows', 'workers', 'peak RSS', 'ratio', 'time'], rows));
} finally {
  rmSync(folder, { recursive: true });
}
