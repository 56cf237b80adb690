// How fast pixels go through everything but a model, for each layout of a file: `npm run bench:io`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp, { type TiffOptions } from 'sharp';
import { openSlide } from '../dist/slide/open.js';
import { readOverview } from '../dist/slide/overview.js';
import type { Pixels } from '../dist/types.js';
import { channelNetwork } from '../test/model/networks.ts';
import { sharedFile } from '../test/shared.ts';
import { segtileInfer } from './command.ts';
import { machine, median, table } from './figures.ts';
import { tiled, tissueTexture } from './slides.ts';

const { values } = parseArgs({
  options: { size: { type: 'string', default: '8192' }, repeats: { type: 'string', default: '3' } },
});
const [size, repeats] = [Number(values.size), Number(values.repeats)];
const everything = { start: 0, length: size };

const tiles = { tile: true, tileWidth: 256, tileHeight: 256, bigtiff: true } as const;
const layouts: Record<string, TiffOptions> = {
  'JPEG tiles': { ...tiles, compression: 'jpeg', quality: 80 },
  'LZW tiles': { ...tiles, compression: 'lzw', predictor: 'horizontal' },
  'deflate tiles': { ...tiles, compression: 'deflate', predictor: 'horizontal' },
  'LZW strips': { compression: 'lzw', predictor: 'horizontal', bigtiff: true },
  'deflate strips': { compression: 'deflate', predictor: 'horizontal', bigtiff: true },
};

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
    `${size} x ${size} px of ${real === undefined ? 'a made-up texture' : 'CMU-1-Small-Region.svs, repeated'}; MPix/s`,
  );
  console.log(machine());
  const rows = [];
  for (const [name, layout] of Object.entries(layouts)) {
    const path = join(folder, 'slide.tif');
    await sharp(mosaic(picture), { raw: { width: size, height: size, channels: 3 }, limitInputPixels: false })
      .tiff(layout)
      .withMetadata({ density: 50_800 })
      .toFile(path);
    const taken = new Map<string, number[]>();
    for (let round = 0; round < repeats; round++) {
      for (const [way, run] of Object.entries(ways)) taken.set(way, [...(taken.get(way) ?? []), await run(path)]);
    }
    const speed = (way: string): number => (size * size) / 1e6 / median(taken.get(way)!);
    const [raw, alone] = [speed('sharp, whole file'), speed('reading alone')];
    rows.push([name, ...Object.keys(ways).map((way) => speed(way).toFixed(0)), (alone / raw).toFixed(2)]);
  }
  console.log(table(['layout', ...Object.keys(ways), 'reading / sharp'], rows));
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

function mosaic(picture: Pixels): Uint8Array {
  const data = new Uint8Array(size * size * 3);
  for (const rows of tiled(picture, { width: size, height: size })) data.set(rows.data, rows.y * size * 3);
  return data;
}

async function decode(path: string): Promise<void> {
  await sharp(path, { limitInputPixels: false, unlimited: true, ignoreIcc: true }).raw().toBuffer();
}

async function readAll(path: string): Promise<void> {
  const slide = await openSlide(path);
  try {
    let rows = 0;
    for await (const band of slide.readBands(0, everything, () => [everything])) rows += band.height;
    if (rows !== size) throw new Error(`${rows} rows were read, not ${size}`);
  } finally {
    await slide.close();
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
