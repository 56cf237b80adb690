// Measures how fast pixels go through everything except a model, for each file layout: `npm run bench:io`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { openSlide } from '../../dist/slide/open.js';
import { readOverview } from '../../dist/slide/view/overview.js';
import type { Pixels } from '../../dist/types.js';
import { channelNetwork } from '../model/networks.ts';
import { sharedFile } from '../shared.ts';
import { segtileInfer } from './measuring/command.ts';
import { machine, median, table } from './measuring/figures.ts';
import { flatTileLayouts, plainStripLayouts, stripLayouts } from './pictures/layouts.ts';
import { tissueTexture } from './pictures/slides.ts';

const { values } = parseArgs({
  options: { size: { type: 'string', default: '8192' }, repeats: { type: 'string', default: '3' } },
});
const [size, repeats] = [Number(values.size), Number(values.repeats)];

const strips = { ...plainStripLayouts, ...stripLayouts };
const layouts = { ...flatTileLayouts, ...strips };

sharp.cache(false);
const folder = mkdtempSync(join(tmpdir(), 'segtile-io-'));
try {
  const real = sharedFile('tiff/CMU-1-Small-Region.svs');
  const picture = real === undefined ? tissueTexture() : await wholeSlide(real);
  const model = join(folder, 'green.onnx');
  writeFileSync(model, channelNetwork(1));
  const once = ['--model', model, '--activation', 'none', '--tissue', 'none'];
  const ways: Record<string, (path: string) => Promise<number>> = {
    'sharp, whole file': (path) => seconds(() => decode(path)),
    'reading alone': (path) => seconds(() => readAll(path)),
    'command, windows side by side': async (path) =>
      (await segtileInfer(path, folder, [...once, '--stride', '1024', '--margin', '0'])).wallSeconds,
    'command, windows overlap by half': async (path) => (await segtileInfer(path, folder, once)).wallSeconds,
  };

  console.log(
    `${size} × ${size} px of ${real === undefined ? 'a made-up texture' : 'CMU-1-Small-Region.svs, repeated'}; MPix/s`,
  );
  console.log(machine());
  const rows = [];
  const path = join(folder, 'slide.tif');
  for (const [name, write] of Object.entries(layouts)) {
    await write(path, picture, { width: size, height: size });
    const taken = new Map<string, number[]>();
    for (let round = 0; round < repeats; round++) {
      for (const [way, run] of Object.entries(ways)) taken.set(way, [...(taken.get(way) ?? []), await run(path)]);
    }
    const speed = (way: string): number => (size * size) / 1e6 / median(taken.get(way)!);
    const [raw, alone] = [speed('sharp, whole file'), speed('reading alone')];
    rows.push([name, ...Object.keys(ways).map((way) => speed(way).toFixed(0)), (alone / raw).toFixed(2)]);
  }
  console.log(table(['layout', ...Object.keys(ways), 'reading / sharp'], rows));

  const heights = [1, 2, 4].map((times) => (size / 4) * times);
  const grown = [];
  for (const [name, write] of Object.entries(strips)) {
    const speeds = [];
    for (const height of heights) {
      await write(path, picture, { width: size, height });
      const taken = [];
      for (let round = 0; round < repeats; round++) taken.push(await seconds(() => readAll(path)));
      speeds.push((size * height) / 1e6 / median(taken));
    }
    grown.push([name, ...speeds.map((speed) => speed.toFixed(0)), (speeds.at(-1)! / speeds[0]!).toFixed(2)]);
  }
  console.log('Reading alone, by height; MPix/s');
  console.log(table(['layout', ...heights.map((height) => `${height} rows`), 'highest / lowest'], grown));
} finally {
  rmSync(folder, { recursive: true });
}

async function wholeSlide(path: string): Promise<Pixels> {
  const slide = await openSlide(path);
  try {
    return await readOverview(slide, Math.max(slide.width, slide.height));
  } finally {
    await slide.close();
  }
}

async function decode(path: string): Promise<void> {
  await sharp(path, { limitInputPixels: false, unlimited: true, ignoreIcc: true }).raw().toBuffer();
}

async function readAll(path: string): Promise<void> {
  const slide = await openSlide(path);
  try {
    const { width, height } = slide;
    let rows = 0;
    const everything = { start: 0, length: height };
    for await (const band of slide.readBands(0, everything, () => [{ start: 0, length: width }])) rows += band.height;
    if (rows !== height) throw new Error(`${rows} rows were read, not ${height}`);
  } finally {
    await slide.close();
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
