// Compares the peak memory that `segtile infer --dry-run` predicts with that of the actual run. The settings differ in
// what needs the memory: the network, windows in flight, blending, reading, writing. The ratio should be 0.75 to 1.25.
// `--recorded` prints the data for the test of the prediction.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Command } from 'commander';
import { addInferOptions } from '../../dist/commands/infer/options.js';
import { openSegmenter } from '../../dist/pipeline/infer/segmenter.js';
import type { KnownForecast } from '../../dist/pipeline/memory/foretell-run.js';
import { unet } from '../model/networks.ts';
import { segtileInfer } from './measuring/command.ts';
import { machine, table } from './measuring/figures.ts';
import { slideLayouts } from './pictures/layouts.ts';
import { tissueTexture } from './pictures/slides.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, recorded: { type: 'boolean', default: false } },
});
const sample = fileURLToPath(new URL('../../samples/kidney.tif', import.meta.url));

/** A generated slide or the sample; a bundled model or one with a number of classes; and options. */
interface Setting {
  readonly slide: 'sample' | { readonly width: number; readonly height: number; readonly layout?: string };
  readonly model: string | { readonly classes: number };
  readonly options: string;
}

// The slides are only as high as the peak needs, which does not grow with the height.
const settings: readonly Setting[] = [
  { slide: 'sample', model: 'kidney', options: '--workers 2 --stride 512 --margin 0' },
  { slide: { width: 6_144, height: 600 }, model: 'nuclei', options: '--workers 1 --window 256 --stride 256 --margin 0' },
  { slide: { width: 4_096, height: 1_024 }, model: 'nuclei', options: '--workers 4 --window 512 --stride 512 --margin 0' },
  { slide: { width: 6_144, height: 2_048 }, model: 'hematoxylin', options: '--workers 2 --window 1024 --stride 896' },
  { slide: { width: 35_000, height: 2_100 }, model: { classes: 1 }, options: '--workers 2 --window 1024' },
  {
    slide: { width: 35_000, height: 1_500 },
    model: { classes: 1 },
    options: '--workers 2 --window 512 --stride 512 --margin 0 --blend none',
  },
  { slide: { width: 6_144, height: 1_100 }, model: { classes: 50 }, options: '--workers 2 --window 512' },
  {
    slide: { width: 16_000, height: 800 },
    model: { classes: 12 },
    options: '--workers 2 --window 256 --probabilities float32',
  },
  {
    slide: { width: 3_000, height: 1_500 },
    model: { classes: 3 },
    options: '--workers 2 --window 512 --tta hflip --tta-scales 1,0.8',
  },
  {
    slide: { width: 35_000, height: 1_500, layout: 'LZW strips of 1 row' },
    model: { classes: 1 },
    options: '--workers 2 --window 512',
  },
  {
    slide: { width: 35_000, height: 4_000, layout: 'deflate, one strip' },
    model: { classes: 2 },
    options: '--workers 1 --window 512 --downsample 3',
  },
  { slide: { width: 6_144, height: 1_200 }, model: { classes: 4 }, options: '--workers 2 --window 512 --batch 4' },
  // Small slides, where the program itself, what waits for the garbage collector, and the view for tissue and preview count.
  { slide: 'sample', model: 'kidney', options: '--workers 2 --tissue auto' },
  { slide: 'sample', model: { classes: 1 }, options: '--workers 1 --window 256 --level 1 --tissue auto' },
  { slide: 'sample', model: { classes: 1 }, options: '--workers 1 --window 256 --level 1 --no-preview' },
  { slide: { width: 256, height: 256 }, model: { classes: 1 }, options: '--workers 1 --window 256 --no-preview' },
  { slide: { width: 2_048, height: 1_536 }, model: { classes: 3 }, options: '--workers 2 --window 256 --tissue auto' },
];

const head = ['setting', 'foretold', 'peak RSS', 'ratio'];

if (values.only === '') {
  console.log(machine());
  const rows: string[][] = [];
  // Each in a process of its own: what a network takes is measured by how much a process grows, and one that has run another
  // network grows less.
  for (const setting of settings) rows.push(await inProcess(nameOf(setting)));
  console.log(table(head, rows));
} else {
  const chosen = settings.filter((setting) => nameOf(setting).includes(values.only));
  for (const setting of chosen) {
    const row = await tryOut(setting);
    console.log(row.join('  '));
    process.send?.(row);
  }
  process.disconnect?.();
}

function nameOf({ slide, model, options }: Setting): string {
  const what = slide === 'sample' ? slide : `${slide.width} x ${slide.height}${slide.layout ? ` ${slide.layout}` : ''}`;
  return `${what}, ${typeof model === 'string' ? model : `${model.classes} classes`}, ${options}`;
}

async function inProcess(name: string): Promise<string[]> {
  const child = fork(fileURLToPath(import.meta.url), ['--only', name, ...(values.recorded ? ['--recorded'] : [])]);
  const [row] = await once(child, 'message');
  await once(child, 'exit');
  return row as string[];
}

/** @returns a row of the table */
async function tryOut(setting: Setting): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'segtile-foretold-'));
  try {
    const { slide, model, options } = setting;
    const name = nameOf(setting);
    const path = slide === 'sample' ? sample : join(folder, 'slide.tif');
    const network = typeof model === 'string' ? model : join(folder, `${model.classes}.onnx`);
    if (typeof model !== 'string') writeFileSync(network, unet(0.1, { channels: model.classes }));
    const args = ['--model', network, '--device', 'cpu', '--tissue', 'none', '--slide-mpp', '0.5', ...options.split(' ')];
    if (slide !== 'sample') await slideLayouts[slide.layout ?? 'JPEG tiles']!(path, tissueTexture(), slide);
    const { foretold, shape } = await foretell(path, args, folder);
    const { peakRssBytes } = await segtileInfer(path, join(folder, 'out'), args);
    if (values.recorded) console.log(JSON.stringify({ name, shape, peakRssBytes }));
    return [name, megabytes(foretold.total), megabytes(peakRssBytes), (foretold.total / peakRssBytes).toFixed(2)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function foretell(slide: string, args: readonly string[], folder: string): Promise<KnownForecast> {
  const command = addInferOptions(new Command('infer')).parse([slide, '--output', join(folder, 'none'), ...args], {
    from: 'user',
  });
  const segmenter = await openSegmenter([{ path: slide }], command.opts(), {}, AbortSignal.timeout(600_000));
  const { memory } = await segmenter.dryRun(0).finally(segmenter.close);
  if ('unknown' in memory) throw new Error(memory.unknown);
  return memory;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
