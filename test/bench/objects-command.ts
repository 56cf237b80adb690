// Measures what all outputs of objects together cost a command, compared with the mask alone:
// `npx tsx test/bench/objects-command.ts`. The probabilities of a seeded picture of nuclei are written once. Then
// `segtile threshold` makes the mask from them, alone and with the other outputs, each in its own process. The default size
// is a sixteenth of 35,000 × 25,000 px with two million objects; `--width 35000 --height 25000` is all of it.
// `--python <python>` runs a plain script with scikit-image on the same mask.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeProbabilityMap } from '../../dist/mask/probability-map.js';
import { segtile, type Used } from './measuring/command.ts';
import { machine, table } from './measuring/figures.ts';
import { nucleiRows } from './pictures/nuclei-rows.ts';

const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '8750' },
    height: { type: 'string', default: '6250' },
    runs: { type: 'string', default: '2' },
    folder: { type: 'string', default: tmpdir() },
    python: { type: 'string' },
  },
});
const size = { width: Number(values.width), height: Number(values.height) };
const folder = mkdtempSync(join(values.folder, 'segtile-objects-'));
try {
  const probabilities = join(folder, 'k.probabilities.ome.tif');
  const scored = { label: 1, name: 'nucleus', color: [0, 158, 115] as const, threshold: 0.5 };
  const mpp = { x: 0.25, y: 0.25 };
  const map = { classes: [scored], labels: [1], exclusive: false, samples: 'uint8' as const, mask: { ...size, mpp } };
  const sink = await writeProbabilityMap(probabilities, { size, mpp, geo: undefined, map });
  for (const { y, width, height, data } of nucleiRows(size)) {
    const scores = Float32Array.from(data, (label) => (label === 1 ? 0.9 : 0.1));
    await sink.write({ y, height, blocks: [{ x: 0, y, width, height, classes: 1, data: scores }] });
  }
  await sink.finish();

  const out = join(folder, 'out');
  const alone = ['threshold', probabilities, '-o', out, '--overwrite', '--quiet'];
  const formats = ['--objects', 'geojson,csv,parquet', '--instances', '--object-type', 'detection'];
  const everything = [...formats, '--submission', join(folder, 'sub.csv')];
  const commands: Readonly<Record<string, readonly string[]>> = {
    'the mask alone': alone,
    'with objects as GeoJSON': [...alone, '--objects', 'geojson', '--object-type', 'detection'],
    'with GeoJSON, CSV, GeoParquet, numbers and a submission': [...alone, ...everything],
  };
  const best = new Map<string, Used>();
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [name, args] of Object.entries(commands)) {
      const used = await segtile(args);
      const before = best.get(name);
      if (before === undefined || used.wallSeconds < before.wallSeconds) best.set(name, used);
    }
  }
  const { objects } = JSON.parse(readFileSync(join(out, 'k.run.json'), 'utf8'));
  const first = best.get('the mask alone')!;
  const lines = [...best].map(([name, { wallSeconds, cpuSeconds, peakRssBytes }]) => [
    name,
    wallSeconds.toFixed(1),
    `${((100 * wallSeconds) / first.wallSeconds).toFixed(0)} %`,
    cpuSeconds.toFixed(1),
    `${(peakRssBytes / 1e6).toFixed(0)} MB`,
    `${((peakRssBytes - first.peakRssBytes) / 1e6).toFixed(0)} MB`,
  ]);
  process.stdout.write(`${machine()}\n${size.width} × ${size.height} px, ${objects.classes[0].count} objects\n`);
  process.stdout.write(table(['', 'seconds', 'of the mask', 'processor seconds', 'memory', 'more'], lines));
  process.stdout.write('\n');
  if (values.python !== undefined) {
    const script = fileURLToPath(new URL('peers/objects_skimage.py', import.meta.url));
    spawnSync(values.python, [script, join(out, 'k.mask.ome.tif'), join(folder, 'peer')], { stdio: 'inherit' });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
