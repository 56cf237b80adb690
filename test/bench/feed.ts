// Measures everything except the network: `npm run bench:feed`. A null device answers every batch at once, with scores
// that are the same for every window. What a run of a single window takes is taken off.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NULL_DEVICE } from '../../dist/model/devices/null-device.js';
import { unet } from '../model/networks.ts';
import { type Command, segtileInfer } from './measuring/command.ts';
import { machine, median, table } from './measuring/figures.ts';
import { plainStripLayouts, type WriteLayout, writeJpeg2000 } from './pictures/layouts.ts';
import { tissueTexture, writeSlide } from './pictures/slides.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '8192' },
    repeats: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    workers: { type: 'string' },
    batch: { type: 'string', default: '1' },
  },
});
const size = Number(values.size);

/** One line of the table: what differs from the first one. */
interface Setting {
  readonly layout?: keyof typeof layouts;
  readonly classes?: number;
  readonly window?: number;
  readonly stride?: number;
  readonly workers?: number;
  readonly batch?: number;
  readonly options?: readonly string[];
}

const layouts = {
  'JPEG tiles': writeSlide,
  'JPEG 2000': writeJpeg2000,
  'LZW strips': plainStripLayouts['LZW strips']!,
} satisfies Record<string, WriteLayout>;

const cores = availableParallelism();
const defaults = { workers: Number(values.workers ?? cores), batch: Number(values.batch) };
const reference = 'JPEG tiles, one class, 512 at 256, gaussian';
const settings: Readonly<Record<string, Setting>> = {
  [reference]: {},
  'JPEG 2000': { layout: 'JPEG 2000' },
  'LZW strips': { layout: 'LZW strips' },
  '2 classes': { classes: 2 },
  '5 classes': { classes: 5 },
  '20 classes': { classes: 20 },
  '1024 at 512': { window: 1024, stride: 512 },
  '512 at 384': { stride: 384 },
  'blend none': { options: ['--blend', 'none'] },
  probabilities: { options: ['--probabilities', 'uint8'] },
  objects: { options: ['--objects', 'geojson'] },
  'no preview': { options: ['--no-preview'] },
  'batches of 16': { batch: 16 },
  'batches of 64': { batch: 64 },
  ...Object.fromEntries([1, 2, 4, 8, 16].filter((n) => n <= cores).map((workers) => [`workers: ${workers}`, { workers }])),
  'the first again': {},
};

const folder = mkdtempSync(join(tmpdir(), 'segtile-feed-'));
try {
  const texture = tissueTexture();
  const written = new Map<string, string>();
  const slide = async (layout: keyof typeof layouts, side: number): Promise<string> => {
    const path = join(folder, `${layout.replaceAll(' ', '-')}-${side}.tif`);
    if (!written.has(path)) await layouts[layout](path, texture, { width: side, height: side });
    written.set(path, path);
    return path;
  };

  console.log(
    `${size} × ${size} px, ${defaults.workers} workers, batches of ${defaults.batch}; CPU ms a window, without the start`,
  );
  console.log(machine());
  const rows: string[][] = [];
  let first: Figures | undefined;
  const printed = (): string =>
    table(['setting', 'windows', 'windows/s', 'CPU ms', 'of these on the main thread', 'of the first', 'peak'], rows);
  let under = '';
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.log(printed());
      console.error(`stopped by ${signal} while it measured: ${under}`);
      rmSync(folder, { recursive: true, force: true });
      process.exit(1);
    });
  }
  for (const [name, setting] of Object.entries(settings)) {
    if (name !== reference && !name.includes(values.only)) continue;
    under = name;
    const figures = await measured(setting);
    first ??= figures;
    rows.push([
      name,
      String(figures.windows),
      figures.perSecond.toFixed(0),
      figures.cpu.toFixed(2),
      figures.main.toFixed(3),
      (figures.cpu / first.cpu).toFixed(2),
      `${(figures.peak / 1e6).toFixed(0)} MB`,
    ]);
    console.error(rows.at(-1)!.join('  '));
  }
  console.log(printed());

  async function measured({ layout = 'JPEG tiles', classes = 1, window = 512, stride = 256, ...more }: Setting) {
    const model = join(folder, `${classes}.onnx`);
    writeFileSync(model, unet(0.05, { channels: classes, seed: 7 }));
    const { workers = defaults.workers, batch = defaults.batch, options = [] } = more;
    const given = ['-m', model, '--activation', classes === 1 ? 'sigmoid' : 'softmax', '--tissue', 'none', '--device', 'cpu'];
    given.push('--window', String(window), '--stride', String(stride), '--margin', '0', '--workers', String(workers));
    given.push('--batch', String(batch), ...options);
    const run = (path: string): Promise<Command> =>
      segtileInfer(path, join(folder, 'out'), given, [], { [NULL_DEVICE]: '1', XDG_CACHE_HOME: folder });
    const [small, large] = [await slide(layout, window), await slide(layout, size)];
    // The first run measures the memory of the network.
    await run(small);
    const rounds: Figures[] = [];
    for (let round = 0; round < Number(values.repeats); round++) {
      const [start, whole] = [await run(small), await run(large)];
      const windows = whole.record.windows.run - start.record.windows.run;
      rounds.push({
        windows: whole.record.windows.run,
        perSecond: windows / (whole.wallSeconds - start.wallSeconds),
        cpu: (1000 * (whole.cpuSeconds - start.cpuSeconds)) / windows,
        main: (1000 * (whole.mainSeconds - start.mainSeconds)) / windows,
        peak: whole.peakRssBytes,
      });
    }
    const of = (figure: keyof Figures): number => median(rounds.map((round) => round[figure]));
    return { windows: of('windows'), perSecond: of('perSecond'), cpu: of('cpu'), main: of('main'), peak: of('peak') };
  }
} finally {
  rmSync(folder, { recursive: true });
}

interface Figures {
  readonly windows: number;
  readonly perSecond: number;
  readonly cpu: number;
  readonly main: number;
  readonly peak: number;
}
