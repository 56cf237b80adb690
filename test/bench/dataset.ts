// Compares how fast and in how much memory tiles are cut by segtile and by a plain Python script: `npm run bench:dataset`.
// The script needs Python with tifffile, imagecodecs, numpy and Pillow (PYTHON names the interpreter). Without it only
// segtile is measured.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeLabelMask } from '../../dist/mask/label-mask.js';
import type { Size } from '../../dist/types.js';
import { segtile, type Used } from './measuring/command.ts';
import { machine, table } from './measuring/figures.ts';
import { tissueTexture, writeSlide } from './pictures/slides.ts';

const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '35000' },
    height: { type: 'string', default: '25000' },
    window: { type: 'string', default: '512' },
    jpeg: { type: 'boolean', default: false },
  },
});
const size = { width: Number(values.width), height: Number(values.height) };
const window = Number(values.window);
const stride = window / 2;
const peer = fileURLToPath(new URL('peers/scripts/dataset.py', import.meta.url));

/** Writes a truth with discs of three classes, 500 px across (about as wide as a window), on about a fifth of the slide. */
async function writeTruth(path: string, { width, height }: Size): Promise<void> {
  const classes = [1, 2, 3].map((label) => ({ label, name: `class${label}`, color: [80 * label, 40, 200] as const }));
  const sink = await writeLabelMask(path, { size: { width, height }, classes, values: 'labels' });
  const rows = 256;
  for (let y = 0; y < height; y += rows) {
    const count = Math.min(rows, height - y);
    const data = new Uint8Array(width * count);
    for (let r = 0; r < count; r++) {
      const row = Math.floor((y + r) / 1000);
      const away = ((y + r) % 1000) - 500;
      if (Math.abs(away) >= 250) continue;
      const half = Math.floor(Math.sqrt(250 ** 2 - away ** 2));
      for (let column = 0; column * 1000 < width; column++) {
        const middle = column * 1000 + 500;
        data.fill(1 + ((row + column) % 3), r * width + middle - half, r * width + Math.min(middle + half, width));
      }
    }
    await sink.write({ y, width, height: count, channels: 1, data });
  }
  await sink.finish();
}

/** Runs the script, which prints its own figures. Undefined if it fails. */
function python(args: readonly string[]): Used | undefined {
  const { status, stdout, error } = spawnSync(process.env.PYTHON ?? 'python3', [peer, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (error || status !== 0) return undefined;
  return JSON.parse(stdout) as Used;
}

const folder = mkdtempSync(join(tmpdir(), 'segtile-dataset-'));
try {
  const slide = join(folder, 'slide.tif');
  const truth = join(folder, 'slide.truth.tif');
  const list = join(folder, 'classes.json');
  await writeSlide(slide, tissueTexture(), size);
  await writeTruth(truth, size);
  writeFileSync(list, JSON.stringify({ classes: [1, 2, 3].map((label) => ({ name: `class${label}` })) }));

  const out = join(folder, 'segtile');
  const image = values.jpeg ? 'jpeg' : 'png';
  const common = ['--window', String(window), '--stride', String(stride), '--image', image];
  const own = await segtile(['make-dataset', slide, '--truth', truth, '--classes', list, ...common, '--quiet', '-o', out]);
  const tiles = readdirSync(join(out, 'images'));
  const bytes = tiles.reduce((sum, name) => sum + statSync(join(out, 'images', name)).size, 0);
  rmSync(out, { recursive: true });
  const theirs = python([slide, truth, join(folder, 'python'), String(window), String(stride), image]);

  const megapixels = (tiles.length * window * window) / 1e6;
  console.log(
    `${size.width} × ${size.height} px, windows of ${window} px every ${stride} px, ${image}: ${tiles.length} tiles, `,
  );
  console.log(`${megapixels.toFixed(0)} megapixels, images of ${(bytes / 1e6).toFixed(0)} MB\n${machine()}`);
  const row = (name: string, { wallSeconds, cpuSeconds, peakRssBytes }: Used): string[] => [
    name,
    wallSeconds.toFixed(1),
    cpuSeconds.toFixed(1),
    (megapixels / wallSeconds).toFixed(1),
    `${(peakRssBytes / 1e6).toFixed(0)} MB`,
  ];
  const rows = [row('segtile make-dataset', own), ...(theirs ? [row('tifffile and Pillow', theirs)] : [])];
  console.log(table(['', 'time, s', 'CPU, s', 'MPix/s', 'peak RSS'], rows));
  if (!theirs) console.log('The Python script could not be run.');
} finally {
  rmSync(folder, { recursive: true });
}
