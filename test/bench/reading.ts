// Compares how fast the windows of a slide are read by segtile and by tifffile with imagecodecs: `npm run bench:reading`.
// The latter needs Python with tifffile, imagecodecs, numpy and zarr (PYTHON names the interpreter).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Pixels } from '../../dist/types.js';
import { machine, median, table } from './measuring/figures.ts';
import { slideLayouts, tileLayouts } from './pictures/layouts.ts';
import { tissueTexture } from './pictures/slides.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '8192' },
    window: { type: 'string', default: '1024' },
    repeats: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
  },
});
const [size, window, repeats] = [Number(values.size), Number(values.window), Number(values.repeats)];
const stride = window / 2;

/** What both programs print. */
interface Read {
  readonly windows: number;
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** The same windows give the same number. */
  readonly checksum: number;
}

const layouts = { ...slideLayouts, ...tileLayouts };

const folder = mkdtempSync(join(tmpdir(), 'segtile-reading-'));
try {
  const texture: Pixels = tissueTexture();
  const path = join(folder, 'slide.tif');
  const where = [path, String(window), String(stride)];
  const python = (way: string): Read =>
    run(process.env.PYTHON ?? 'python3', 'peers/scripts/reading.py', [...where, way, values.seconds]);
  console.log(`${size} × ${size} px, windows of ${window} px every ${stride} px; MPix/s of windows, and peak memory`);
  console.log(machine());
  const rows = [];
  for (const [name, write] of Object.entries(layouts)) {
    await write(path, texture, { width: size, height: size });
    const rounds = Array.from({ length: repeats }, () => ({
      own: run(process.execPath, 'measuring/read-windows.js', where),
      whole: python('whole'),
      each: python('windows'),
    }));
    // JPEG decoders may differ by one level; a wrong window would differ by far more.
    for (const { own, whole } of rounds) {
      if (own.windows !== whole.windows || Math.abs(own.checksum / whole.checksum - 1) > 1e-3) {
        throw new Error(`${name}: ${JSON.stringify(own)} where tifffile read ${JSON.stringify(whole)}`);
      }
    }
    const speed = (side: 'own' | 'whole' | 'each'): number =>
      median(rounds.map(({ [side]: read }) => (read.windows * window * window) / 1e6 / read.seconds));
    const peak = (side: 'own' | 'whole' | 'each'): string =>
      `${(Math.max(...rounds.map(({ [side]: read }) => read.peakRssBytes)) / 1e6).toFixed(0)} MB`;
    const figures = (side: 'own' | 'whole' | 'each'): string[] => [speed(side).toFixed(0), peak(side)];
    const ratios = [speed('own') / speed('each'), speed('own') / speed('whole')].map((ratio) => ratio.toFixed(2));
    rows.push([name, ...figures('own'), ...figures('each'), ...figures('whole'), ...ratios]);
  }
  const ways = ['segtile', 'tifffile, window by window', 'tifffile, whole image, then cut'].flatMap((way) => [way, 'peak']);
  console.log(table(['layout', ...ways, 'segtile / window by window', 'segtile / whole'], rows));
} finally {
  rmSync(folder, { recursive: true });
}

function run(program: string, script: string, args: readonly string[]): Read {
  const { status, stdout, error } = spawnSync(program, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error || status !== 0) throw error ?? new Error(`${program} ${script} ended with ${status}`);
  return JSON.parse(stdout) as Read;
}
