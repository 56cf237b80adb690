// Compares segtile with what people would use instead: `npm run bench:peers -- --folder FOLDER`. Needs Linux with Python
// 3.11 or later. Medians are kept in FOLDER/figures.json, so that sizes may be measured one after the other; `--chart
// FILE.svg` draws all that lie there.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGrid } from '../../../dist/plan/windows/grid.js';
import type { Size } from '../../../dist/types.js';
import { unet } from '../../model/networks.ts';
import { machine, median, table } from '../measuring/figures.ts';
import { tissueTexture, writeSlide } from '../pictures/slides.ts';
import { comparisonChart, type Measured } from './chart.ts';
import { type Environment, environment } from './environments.ts';
import { withTwoClasses } from './two-classes.ts';
import { type Job, type Way, ways } from './ways.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(tmpdir(), 'segtile-peers') },
    sizes: { type: 'string', default: '2048,4096,8192,16384x12288' },
    large: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    'limit-mb': { type: 'string', default: '20000' },
    'limit-s': { type: 'string', default: '7200' },
    chart: { type: 'string' },
  },
});

/** Time and memory of one run of one way. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
  readonly peakMb: number;
  readonly code: number;
  readonly end: 'done' | 'memory' | 'time';
  readonly said: string;
}

const square = (side: number): Size => ({ width: side, height: side });
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const sizes = [...values.sizes.split(','), ...(values.large ? ['35000x25000'] : [])].map((text): Size => {
  const [width, height = width] = text.split('x').map(Number);
  return { width: width!, height: height! };
});
const threads = Number(values.threads);
const chosen = ways.filter(({ name }) => values.only === '' || values.only.split(',').some((part) => name.includes(part)));

// Some libraries take their number of threads from these variables; otherwise they use all processors.
for (const name of ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS']) process.env[name] = values.threads;
// Node reads a machine's extra certificates at every start, whatever it runs. They are left out.
delete process.env.NODE_EXTRA_CA_CERTS;

console.log(`${machine()}\n${new Date().toISOString().slice(0, 10)}, ${threads} threads, ${values.rounds} rounds`);
const environments = new Map<Environment, ReturnType<typeof environment>>();
for (const name of ['script', ...chosen.flatMap((way) => way.environment ?? [])] as Environment[]) {
  if (!environments.has(name)) environments.set(name, environment(values.folder, name));
}
const kept = join(values.folder, 'figures.json');
const figures: Measured[] = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : [];
const scratch = join(values.folder, 'scratch');
rmSync(scratch, { recursive: true, force: true });
mkdirSync(scratch, { recursive: true });
try {
  const texture = tissueTexture();
  for (const size of sizes) {
    // On large slides the peak memory comes from pictures and sums of scores. An expensive network would only make the run
    // longer.
    const gflop = size.width * size.height > 8192 ** 2 ? 0.15 : 2.06;
    await compare(size, gflop, texture);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (values.chart !== undefined) writeFileSync(values.chart, comparisonChart(figures));

/** Keeps the medians of a way, in the place of those of an earlier run. */
function keep(measured: Measured): void {
  const { name, megapixels, gflop } = measured;
  const old = figures.findIndex((each) => each.name === name && each.megapixels === megapixels && each.gflop === gflop);
  figures.splice(old < 0 ? figures.length : old, old < 0 ? 0 : 1, measured);
  writeFileSync(kept, JSON.stringify(figures));
}

/** Runs every way in turn, as often as asked for, and prints time, memory and differing pixels. */
async function compare(size: Size, gflop: number, texture: ReturnType<typeof tissueTexture>): Promise<void> {
  const { width, height } = size;
  const slide = join(scratch, 'slide.tif');
  await writeSlide(slide, texture, size);
  const network = join(scratch, 'network.onnx');
  const twoClasses = join(scratch, 'two-classes.onnx');
  // With these seeds the mask is tissue with nuclei as holes, so it has as many borders as a real one, and hardly any score
  // lies just at the threshold.
  const seed = gflop < 1 ? 208 : 7;
  const bytes = unet(gflop, { seed });
  writeFileSync(network, bytes);
  writeFileSync(twoClasses, withTwoClasses(unet(gflop, { seed, size: { width: 512, height: 512 }, batch: 1 })));
  const grid = createGrid({ size, window: square(512), stride: square(256), margin: 0, border: 'keep' });
  const jobs = new Map<Way, Job>();
  for (const [index, way] of chosen.entries()) {
    const folder = join(scratch, String(index));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    jobs.set(way, { slide, network, twoClasses, windows: grid.columns * grid.rows, folder, threads });
  }
  const taken = new Map<Way, Taken[]>(chosen.map((way) => [way, []]));
  const failed = new Map<Way, string>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const way of chosen) {
      if (failed.has(way)) continue;
      const result = run(way, jobs.get(way)!);
      if (typeof result === 'string') failed.set(way, result);
      else taken.get(way)!.push(result);
      // What was measured is not lost if the comparison is stopped.
      console.error(`${size.width} × ${size.height}, ${way.name}: ${typeof result === 'string' ? result : inWords(result)}`);
    }
  }

  console.log(`\n## ${width} × ${height} px, ${grid.columns * grid.rows} windows, ${gflop} GFLOP each`);
  const [reference] = chosen;
  const own = taken.get(reference!)!;
  const rows = chosen.flatMap((way) => {
    const runs = taken.get(way)!;
    if (runs.length === 0) return [];
    const middle = (key: 'cpu' | 'peakMb'): number => median(runs.map((each) => each[key]));
    keep({ name: way.name, megapixels: (width * height) / 1e6, gflop, cpuSeconds: middle('cpu'), peakMb: middle('peakMb') });
    const cells = (['cpu', 'wall', 'peakMb'] as const).flatMap((key) => {
      const all = runs.map((each) => each[key]);
      const show = (value: number): string => value.toFixed(key === 'peakMb' ? 0 : 1);
      const ratio = own.length === 0 ? '' : (median(all) / median(own.map((each) => each[key]))).toFixed(2);
      return [`${show(median(all))} (${show(Math.min(...all))} to ${show(Math.max(...all))})`, ratio];
    });
    return [[way.name, ...cells, differing(reference!, way, jobs)]];
  });
  const head = ['', 'CPU s', 'ratio', 'wall s', 'ratio', 'peak MB', 'ratio', 'pixels that differ'];
  console.log(table(head, rows));
  for (const [way, why] of failed) console.log(`${way.name}: ${why}`);
}

/** Time and memory of one run, in words. */
function inWords({ cpu, wall, peakMb }: Taken): string {
  return `${cpu.toFixed(1)} s of CPU, ${wall.toFixed(1)} s, ${peakMb.toFixed(0)} MB`;
}

/** Runs one way once. Returns what it took, or why it failed. */
function run(way: Way, job: Job): Taken | string {
  const found = way.environment === undefined ? { python: process.execPath } : environments.get(way.environment)!;
  if ('missing' in found) return `cannot be installed here: ${found.missing}`;
  const command = [found.python, ...way.args(job)];
  const limits = ['--limit-mb', values['limit-mb'], '--limit-s', values['limit-s']];
  const told = execFileSync('python3', [here('scripts/measure.py'), ...limits, '--', ...command], { encoding: 'utf8' });
  const taken = JSON.parse(told) as Taken;
  const after = `after ${taken.wall.toFixed(0)} s at ${taken.peakMb.toFixed(0)} MB`;
  if (taken.end === 'memory') return `stopped ${after}: more than ${values['limit-mb']} MB`;
  if (taken.end === 'time') return `stopped ${after}: longer than ${values['limit-s']} s`;
  if (taken.code !== 0) return `ended with ${taken.code} ${after}: ${taken.said.trim().split('\n').at(-1)}`;
  if (way.mask && !existsSync(way.mask(job)))
    return `ended with 0 ${after} and left no mask: ${taken.said.trim().split('\n').at(-1)}`;
  return taken;
}

/** In how many pixels a mask differs from segtile's, in words. */
function differing(reference: Way, way: Way, jobs: ReadonlyMap<Way, Job>): string {
  const [own, other] = [reference, way].map((each) => each.mask?.(jobs.get(each)!));
  const found = environments.get('script')!;
  if (way === reference || own === undefined || other === undefined || !existsSync(own)) return '';
  if ('missing' in found) return 'not compared';
  const told = execFileSync(found.python, [here('scripts/differing.py'), own, other], { encoding: 'utf8' });
  const { differ, inner } = JSON.parse(told) as { differ: number; inner: number; of: number };
  return differ === inner ? String(differ) : `${differ}; ${inner} inside`;
}
