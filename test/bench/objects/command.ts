// Measures what all outputs of objects together cost a command, compared with the mask alone:
// `npx tsx test/bench/objects/command.ts`. The probabilities of a seeded picture of nuclei are written once. Then
// `segtile threshold` makes the mask from them, alone and with the other outputs, each in its own process. The default size
// is a sixteenth of 35,000 × 25,000 px with two million objects; `--width 35000 --height 25000` is all of it.
// `--python <python>` runs a plain script with scikit-image on the same mask, which stops after `--seconds`.
// `--probabilities <file>` keeps them in a file for other runs, and `--only <part of a name>` runs the commands whose names have
// that part: together they cut a long measurement into several.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeProbabilityMap } from '../../../dist/mask/probability-map.js';
import { segtile, type Used } from '../measuring/command.ts';
import { machine, table } from '../measuring/figures.ts';
import { nucleiRows } from '../pictures/nuclei-rows.ts';

const { values } = parseArgs({
  options: {
    width: { type: 'string', default: '8750' },
    height: { type: 'string', default: '6250' },
    runs: { type: 'string', default: '2' },
    folder: { type: 'string', default: tmpdir() },
    python: { type: 'string' },
    seconds: { type: 'string', default: 'inf' },
    probabilities: { type: 'string' },
    only: { type: 'string' },
  },
});
const size = { width: Number(values.width), height: Number(values.height) };
const folder = mkdtempSync(join(values.folder, 'segtile-objects-'));
try {
  const probabilities = values.probabilities ?? join(folder, 'k.probabilities.ome.tif');
  const name = basename(probabilities).replace(/\.probabilities\.ome\.tif$/, '');
  if (!existsSync(probabilities)) await writeNuclei(probabilities);
  const out = join(folder, 'out');
  const alone = ['threshold', probabilities, '-o', out, '--overwrite', '--quiet'];
  const submission = ['--object-type', 'detection', '--submission', join(folder, 'sub.csv')];
  const tables = ['--objects', 'geojson,csv,parquet', ...submission];
  const everything = [...tables, '--instances'];
  const all: Readonly<Record<string, readonly string[]>> = {
    'the mask alone': alone,
    'with objects as GeoJSON': [...alone, '--objects', 'geojson', '--object-type', 'detection'],
    'with GeoJSON, CSV, GeoParquet and a submission': [...alone, ...tables],
    'with these and an image of numbers': [...alone, ...everything],
  };
  const commands = Object.entries(all).filter(([name]) => values.only === undefined || name.includes(values.only));
  const best = new Map<string, Used>();
  for (let run = 0; run < Number(values.runs); run++) {
    for (const [name, args] of commands) {
      const used = await segtile(args);
      const before = best.get(name);
      if (before === undefined || used.wallSeconds < before.wallSeconds) best.set(name, used);
    }
  }
  const { objects } = JSON.parse(readFileSync(join(out, `${name}.run.json`), 'utf8'));
  const first = best.get('the mask alone') ?? [...best.values()][0]!;
  const lines = [...best].map(([name, { wallSeconds, cpuSeconds, peakRssBytes }]) => [
    name,
    wallSeconds.toFixed(1),
    `${((100 * wallSeconds) / first.wallSeconds).toFixed(0)} %`,
    cpuSeconds.toFixed(1),
    `${(peakRssBytes / 1e6).toFixed(0)} MB`,
    `${((peakRssBytes - first.peakRssBytes) / 1e6).toFixed(0)} MB`,
  ]);
  process.stdout.write(`${machine()}\n${size.width} × ${size.height} px, ${objects?.classes[0].count ?? 'no'} objects\n`);
  process.stdout.write(table(['', 'seconds', 'of the mask', 'processor seconds', 'memory', 'more'], lines));
  process.stdout.write('\n');
  if (values.python !== undefined) {
    const script = fileURLToPath(new URL('../peers/scripts/objects_skimage.py', import.meta.url));
    spawnSync(values.python, [script, join(out, `${name}.mask.ome.tif`), join(folder, 'peer'), values.seconds], {
      stdio: 'inherit',
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function writeNuclei(path: string): Promise<void> {
  const scored = { label: 1, name: 'nucleus', color: [0, 158, 115] as const, threshold: 0.5 };
  const mpp = { x: 0.25, y: 0.25 };
  const map = { classes: [scored], labels: [1], exclusive: false, samples: 'uint8' as const, mask: { ...size, mpp } };
  const sink = await writeProbabilityMap(path, { size, mpp, geo: undefined, map });
  for (const { y, width, height, data } of nucleiRows(size)) {
    const scores = Float32Array.from(data, (label) => (label === 1 ? 0.9 : 0.1));
    await sink.write({ y, height, blocks: [{ x: 0, y, width, height, classes: 1, data: scores }] });
  }
  await sink.finish();
}
