// Measures what overlap, margins, blends, augmentation, ensembles and thresholds improve, and the time of each:
// `npm run bench:quality`. It uses a kidney slide that no model has seen, and with `-- --nuclei path/to/nuclei` also the
// held-out pairs of nuclei (folders images/ and masks/). Dice is over the pixels of all images together.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { isHeldOut } from '../../samples/train/data.ts';
import { machine, table } from './measuring/figures.ts';

const { values } = parseArgs({
  options: { nuclei: { type: 'string' }, side: { type: 'string', default: '4096' }, seed: { type: 'string', default: '1' } },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'segtile-quality-'));

const execute = promisify(execFile);
const program = join(root, 'bin/segtile.js');

/** Runs a Node program, `segtile` by default, and returns what it prints. Throws if it fails. */
async function run(args: readonly string[], node: readonly string[] = [program]): Promise<string> {
  const { stdout } = await execute(process.execPath, [...node, ...args], { cwd: root, maxBuffer: 1 << 26 });
  return stdout;
}

/** Options for `segtile infer`, by the name of the table row. */
type Rows = Readonly<Record<string, readonly string[]>>;

/** Ways to tile with windows of a given side. The first is the default. */
function tilings(side: number): Rows {
  const margin = side / 8;
  const way = (stride: number, cut: number, ...more: readonly string[]): string[] => [
    ...['--window', `${side}`, '--stride', `${stride}`, '--margin', `${cut}`, ...more],
  ];
  return {
    'default: overlap 50 %, margin an eighth, gaussian': way(side / 2, margin),
    'no overlap, no margin': way(side, 0),
    'overlap 25 %': way((side * 3) / 4, margin),
    'overlap 75 %': way(side / 4, margin),
    'no margin': way(side / 2, 0),
    'margin a quarter': way(side / 2, side / 4),
    'blend constant': way(side / 2, margin, '--blend', 'constant'),
    'blend hann': way(side / 2, margin, '--blend', 'hann'),
    'blend pyramid': way(side / 2, margin, '--blend', 'pyramid'),
    'blend none': way(side / 2, margin, '--blend', 'none'),
    'flips (4 passes)': way(side / 2, margin, '--tta', 'flips'),
    'd4 (8 passes)': way(side / 2, margin, '--tta', 'd4'),
    'scales 0.8, 1, 1.25 (3 passes)': way(side / 2, margin, '--tta-scales', '0.8,1,1.25'),
  };
}

async function measured(
  images: readonly string[],
  truth: string,
  rows: Rows,
  more: readonly string[] = [],
): Promise<string[][]> {
  const out: string[][] = [];
  for (const [name, options] of Object.entries(rows)) {
    const masks = join(folder, 'masks');
    rmSync(masks, { recursive: true, force: true });
    const began = performance.now();
    await run(['infer', ...images, ...options, '-o', masks, '--no-preview', '--no-history', '--quiet', '--device', 'cpu']);
    const seconds = (performance.now() - began) / 1000;
    const said = await run(['evaluate', masks, '--truth', truth, ...more, '--json', '--quiet', '--no-history']);
    const { pooled } = JSON.parse(said.trimEnd().split('\n').at(-1)!);
    const dice = pooled.classes.map((each: { dice: number }) => each.dice.toFixed(4));
    out.push([
      name,
      ...dice,
      ...(dice.length > 1 ? [pooled.macro.dice.toFixed(4)] : []),
      pooled.boundaryF.toFixed(4),
      `${seconds.toFixed(0)} s`,
    ]);
  }
  return out;
}

async function kidneys(): Promise<void> {
  const slide = join(folder, 'kidney.tif');
  const { seed, side } = values;
  await run(
    ['--size', `${side}x${side}`, '--seed', seed, '--stain', 'he', slide],
    ['--import', 'tsx', join(root, 'samples/slide.ts')],
  );
  const model = ['-m', 'kidney'];
  const rows = Object.fromEntries(Object.entries(tilings(512)).map(([name, options]) => [name, [...model, ...options]]));
  const found = await measured([slide], slide.replace('.tif', '.truth.tif'), rows);
  console.log(`\nkidney, ${side} × ${side} px of seed ${seed}, windows of 512 px at 1 µm/px`);
  console.log(table(['', 'glomerulus', 'sclerosed', 'tubule', 'vessel', 'mean Dice', 'boundary F', 'time'], found));
}

async function nuclei(pairs: string): Promise<void> {
  const names = readdirSync(join(pairs, 'images'));
  const [held, others] = [names.filter(isHeldOut), names.filter((name) => !isHeldOut(name))];
  const paths = (of: readonly string[]): string[] => of.map((name) => join(pairs, 'images', name));
  const both = join(folder, 'both');
  mkdirSync(both);
  for (const name of ['nuclei', 'hematoxylin']) {
    for (const end of ['.onnx', '.segtile.json'])
      copyFileSync(join(root, 'samples/models', name + end), join(both, name + end));
  }
  const best = join(folder, 'best.json');
  const way = tilings(128);
  const basic = Object.values(way)[0]!;
  const scores = join(folder, 'scores');
  await run([
    'infer',
    ...paths(others),
    '-m',
    'nuclei',
    ...basic,
    '-o',
    scores,
    '--probabilities',
    'uint8',
    '--no-preview',
    '--quiet',
    '--tissue',
    'none',
  ]);
  await run(['evaluate', scores, '--truth', join(pairs, 'masks'), '--write-thresholds', best, '--quiet']);
  const all = ['--tissue', 'none'];
  const rows: Rows = {
    ...Object.fromEntries(Object.entries(way).map(([name, options]) => [name, ['-m', 'nuclei', ...options, ...all]])),
    'ensemble of nuclei and hematoxylin': ['-m', both, ...basic, ...all],
    'ensemble, nuclei counting 3 times': [
      '-m',
      `${join(both, 'nuclei.onnx')}:3`,
      '-m',
      join(both, 'hematoxylin.onnx'),
      ...basic,
      ...all,
    ],
    'threshold tuned on the other 80 images': ['-m', 'nuclei', ...basic, ...all, '--threshold', best],
    'hematoxylin alone': ['-m', 'hematoxylin', ...basic, ...all],
  };
  const found = await measured(paths(held), join(pairs, 'masks'), rows);
  console.log(`\nnuclei, ${held.length} images, windows of 128 px`);
  console.log(table(['', 'Dice', 'boundary F', 'time'], found));
}

try {
  console.log(machine());
  await kidneys();
  if (values.nuclei !== undefined) await nuclei(values.nuclei);
} finally {
  rmSync(folder, { recursive: true });
}
