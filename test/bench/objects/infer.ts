// Measures what all outputs of objects together cost `segtile infer`, compared with the mask alone:
// `npx tsx test/bench/objects/infer.ts`. The slide shows nuclei, about one for every 21 × 21 px; a network of 2.06 GFLOP for a
// window of 512 px finds them. The default size is a twenty-fifth of 35,000 × 25,000 px with two million objects;
// `--width 35000 --height 25000` is all of it. `--runs 2` takes both in turn, twice, and prints the medians. `--slide
// <file>` keeps the slide for other runs, and `--only <part of a name>` leaves out the other way.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deflateCodec } from '../../../dist/tiff/write/tile-codec.js';
import { writeTiff } from '../../../dist/tiff/write/write.js';
import { showing, unet } from '../../model/networks.ts';
import { type Command, segtileInfer } from '../measuring/command.ts';
import { machine, median, table } from '../measuring/figures.ts';
import { nucleiRows } from '../pictures/nuclei-rows.ts';

const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '35000' },
    height: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '1' },
    gflop: { type: 'string', default: '2.06' },
    folder: { type: 'string', default: tmpdir() },
    slide: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const size = { width: Number(values.width), height: Number(values.height) };
/** The levels of grey between nuclei and in them. */
const [DARK, LIGHT] = [30, 230];

const folder = mkdtempSync(join(values.folder, 'segtile-objects-'));
try {
  const slide = values.slide ?? join(folder, 'slide.tif');
  if (!existsSync(slide)) await writeNuclei(slide);
  const model = join(folder, 'nuclei.onnx');
  writeFileSync(model, showing(1, unet(Number(values.gflop), { seed: 7 })));

  const alone = ['--model', model, '--window', '512', '--activation', 'sigmoid', '--tissue', 'none', '--device', 'cpu'];
  const objects = ['--objects', 'geojson,csv,parquet', '--object-type', 'detection', '--instances'];
  const all: Readonly<Record<string, readonly string[]>> = {
    'the mask alone': alone,
    'with all outputs of objects': [...alone, ...objects, '--submission', join(folder, 'sub.csv')],
  };
  const ways = Object.fromEntries(Object.entries(all).filter(([name]) => name.includes(values.only)));
  const used = new Map<string, Command[]>(Object.keys(ways).map((name) => [name, []]));
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [name, options] of Object.entries(ways)) {
      const each = await segtileInfer(slide, join(folder, 'out'), options);
      console.error(`${name}: ${each.wallSeconds.toFixed(1)} s, ${(each.peakRssBytes / 1e6).toFixed(0)} MB`);
      used.get(name)!.push(each);
    }
  }
  const of = (name: string) => ({
    wall: median(used.get(name)!.map(({ wallSeconds }) => wallSeconds)),
    cpu: median(used.get(name)!.map(({ cpuSeconds }) => cpuSeconds)),
    peak: median(used.get(name)!.map(({ peakRssBytes }) => peakRssBytes)),
  });
  const first = of(Object.keys(ways)[0]!);
  const found = used.get('with all outputs of objects')?.[0]?.record.objects?.classes[0]?.count;
  console.log(`${machine()}\n${size.width} × ${size.height} px, ${found ?? 'no'} objects`);
  const lines = Object.keys(ways).map((name) => {
    const { wall, cpu, peak } = of(name);
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
    const share = `${((100 * wall) / first.wall).toFixed(0)} %`;
    return [name, wall.toFixed(1), share, cpu.toFixed(1), megabytes(peak), megabytes(peak - first.peak)];
  });
  console.log(table(['', 'seconds', 'of the mask', 'processor seconds', 'memory', 'more'], lines));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Writes the slide, in RGB, with a pyramid of tiles. */
async function writeNuclei(path: string): Promise<void> {
  const codec = deflateCodec('samples');
  const sink = await writeTiff(path, { size, channels: 3, tile: 256, codec, reduce: 'mean', levels: 'chained' });
  for (const { y, width, height, data } of nucleiRows(size)) {
    const pixels = new Uint8Array(3 * data.length);
    for (const [i, label] of data.entries()) pixels.fill(label === 1 ? LIGHT : DARK, 3 * i, 3 * i + 3);
    await sink.write({ y, width, height, channels: 3, data: pixels });
  }
  await sink.finish();
}
