// Sets --plan auto beside windows that overlap by half: `npm run bench:plans`. Prints how often networks are run for each
// pixel, CPU time, the ratios of both times, Dice, and how many labels differ, on drawn slides; with `-- --data FOLDER` also on real images and
// networks (folders nuclei/, tiff/ and models/), and with `--networks FOLDER` with every .onnx of a folder. The windows that
// overlap by half are of the same phase as those of --plan auto, and have gaussian weights.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import sharp from 'sharp';
import { type Command, segtileInfer } from '../measuring/command.ts';
import { machine, table } from '../measuring/figures.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    networks: { type: 'string' },
    sides: { type: 'string', default: '8192' },
    seeds: { type: 'string', default: '11,12,13' },
    only: { type: 'string', default: '' },
    network: { type: 'string', default: '' },
    kept: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = values.kept ?? mkdtempSync(join(tmpdir(), 'segtile-plans-'));
mkdirSync(folder, { recursive: true });
const execute = promisify(execFile);
// Masks of one name are read after each run.
sharp.cache(false);

/** Slides that are run with a network. */
interface Case {
  readonly name: string;
  readonly slides: readonly string[];
  /** A folder of truths, or the truth of the only slide; without it, what overlaps by half counts as the truth. */
  readonly truth?: string;
  readonly model: readonly string[];
  /** Options for the windows that overlap by half. */
  readonly half?: readonly string[];
}

async function drawn(size: string, seed: string, stain: string): Promise<string> {
  const path = join(folder, `kidney-${size}-${seed}-${stain}.tif`);
  if (existsSync(path)) return path;
  const args = ['--import', 'tsx', join(root, 'samples/slide.ts'), '--size', size, '--seed', seed, '--stain', stain, path];
  await execute(process.execPath, args, { cwd: root });
  return path;
}

async function* cases(): AsyncGenerator<Case> {
  const kidney = async (size: string, seed: string, stain: string, name: string): Promise<Case> => {
    const slide = await drawn(size, seed, stain);
    return { name, slides: [slide], truth: slide.replace('.tif', '.truth.tif'), model: ['-m', 'kidney'] };
  };
  if (wanted('sample')) yield kidney('4096x3072', '1', 'pas', 'the sample, `kidney`');
  for (const seed of values.seeds.split(',').filter(Boolean))
    if (wanted('drawn'))
      yield kidney(`${values.sides}x${values.sides}`, seed, 'he', `${values.sides}² of seed ${seed}, \`kidney\``);
  if (values.data !== undefined) yield* real(values.data);
}

function wanted(kind: string): boolean {
  return values.only === '' || values.only.split(',').includes(kind);
}

async function* real(data: string): AsyncGenerator<Case> {
  const region = join(data, 'tiff/CMU-1-Small-Region.svs');
  const images = join(data, 'nuclei/images');
  if (wanted('nuclei')) {
    const slides = readdirSync(images)
      .slice(0, 16)
      .map((name) => join(images, name));
    const model = ['-m', 'nuclei', '--tissue', 'none'];
    const half = ['--window', '256'];
    yield { name: '16 of 107 pairs, `nuclei`, half: 256 px', slides, truth: join(data, 'nuclei/masks'), model, half };
  }
  if (wanted('region')) {
    for (const model of ['nuclei', 'hematoxylin'])
      yield { name: `CMU-1-Small-Region, \`${model}\``, slides: [region], model: ['-m', model] };
  }
  const networks = [join(data, 'models'), values.networks ?? ''].flatMap((at) =>
    existsSync(at) ? readdirSync(at).map((name) => join(at, name)) : [],
  );
  for (const path of networks.filter((each) => each.endsWith('.onnx') && each.includes(values.network))) {
    if (!wanted('networks')) break;
    yield {
      name: `CMU-1-Small-Region, \`${basename(path, '.onnx')}\``,
      slides: [region],
      model: ['-m', path, ...(flags[basename(path, '.onnx')] ?? [])],
    };
  }
}

/** What networks without a card expect. */
const flags: Readonly<Record<string, readonly string[]>> = {
  tissue_unet_nhwc500: ['--threshold', '0.6'],
  nuclei_unet_nchw512: ['--color', 'gray', '--standardize', 'window'],
};

const fixed = ['--device', 'cpu', '--no-preview', '--no-history'];

async function runAll({ slides, model }: Case, way: string, options: readonly string[]): Promise<Command[]> {
  const out = join(folder, 'masks', way);
  rmSync(out, { recursive: true, force: true });
  const runs: Command[] = [];
  for (const slide of slides) runs.push(await segtileInfer(slide, out, [...model, ...fixed, ...options]));
  return runs;
}

/**
 * Options for windows that overlap by half and lie in the phase of a network, which `--overlap` alone heeds only if a card
 * states it. Only where the last window would be out of phase does it reach over the border of a slide, which then looks
 * otherwise to the network than under the windows of --plan auto.
 *
 * @param phase of the windows of --plan auto; null where no margin is enough and windows overlap and lie as usual
 */
async function halfOf(each: Case, phase: number | null): Promise<string[]> {
  const half = ['--overlap', '50%', ...(each.half ?? [])];
  if (phase === null) return half;
  const once = await runAll({ ...each, slides: each.slides.slice(0, 1) }, 'first', half);
  const { window, stride } = once[0]!.record.settings;
  const along = (length: number): number => Math.max(phase, length - (length % phase));
  const laid = ['--stride', `${along(stride.width)}x${along(stride.height)}`, ...(each.half ?? [])];
  const isInPhase = once.every(({ record: { working } }) =>
    [working.width - window.width, working.height - window.height].every((last) => last <= 0 || last % phase === 0),
  );
  return isInPhase ? laid : [...laid, '--placement', 'aligned'];
}

/** How often the network was run for each pixel of the slides, in windows. */
function runsOf(runs: readonly Command[]): number {
  const area = ({ width, height }: { readonly width: number; readonly height: number }): number => width * height;
  const run = runs.reduce((sum, { record: { windows } }) => sum + windows.seenPixels, 0);
  return run / runs.reduce((sum, { record: { working, coverage } }) => sum + area(working) * coverage, 0);
}

async function diceOf(way: string, truth: string): Promise<number> {
  const args = ['evaluate', join(folder, 'masks', way), '--truth', truth, '--json', '--quiet', '--no-history'];
  const { stdout } = await execute(process.execPath, [join(root, 'bin/segtile.js'), ...args], { maxBuffer: 1 << 26 });
  const { pooled } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  return pooled.macro.dice;
}

/** The share of labels that differ, of all slides together. */
async function differing({ slides }: Case): Promise<number> {
  let [pixels, others] = [0, 0];
  const labels = (way: string, name: string): Promise<Buffer> =>
    sharp(join(folder, 'masks', way, name), { limitInputPixels: false })
      .toColourspace('b-w')
      .raw()
      .toBuffer();
  for (const slide of slides) {
    const name = `${basename(slide).replace(/\.\w+$/, '')}.mask.ome.tif`;
    const [a, b] = [await labels('dense', name), await labels('auto', name)];
    pixels += a.length;
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) others++;
  }
  return others / pixels;
}

const sum = (runs: readonly Command[], of: 'cpuSeconds' | 'wallSeconds' = 'cpuSeconds'): number =>
  runs.reduce((total, run) => total + run[of], 0);
const sides = ({ width, height }: { readonly width: number; readonly height: number }): string =>
  width === height ? `${width}` : `${width} × ${height}`;
const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

console.log(machine());
const rows: string[][] = [];
try {
  for await (const each of cases()) {
    // What is measured of a network is kept, and a user waits for it once.
    await runAll({ ...each, slides: each.slides.slice(0, 1) }, 'first', ['--plan', 'auto', '--dry-run']).catch(() => undefined);
    const proved = await runAll(each, 'proved', ['--plan', 'auto']);
    const auto = await runAll(each, 'auto', ['--plan', 'auto', '--no-prove']);
    const { settings } = auto[0]!.record;
    const dense = await runAll(each, 'dense', await halfOf(each, settings.phase));
    const { proof } = proved[0]!.record;
    const truth = each.truth ?? join(folder, 'masks/dense');
    const dice = [each.truth ? await diceOf('dense', truth) : 1, await diceOf('auto', truth)];
    const row = [
      each.name,
      `${sides(settings.window)}, ${settings.margin}, ${sides(settings.stride)}`,
      ...[dense, auto].map((runs) => runsOf(runs).toFixed(2)),
      ...[dense, auto].map((runs) => sum(runs).toFixed(1)),
      (sum(auto) / sum(dense)).toFixed(2),
      (sum(auto, 'wallSeconds') / sum(dense, 'wallSeconds')).toFixed(2),
      (sum(proved) / sum(dense)).toFixed(2),
      ...dice.map((value) => value.toFixed(4)),
      percent(await differing(each)),
      proof === null ? 'none' : percent(proof.labelShare),
    ];
    console.log(row.join(' | '));
    rows.push(row);
  }
  const head = [
    '',
    'window, margin, stride',
    'runs a pixel: half',
    'auto',
    'CPU s: half',
    'auto',
    'ratio',
    'wall: ratio',
    'with proof',
  ];
  console.log(table([...head, 'Dice: half', 'auto', 'labels that differ', 'in the proof'], rows));
} finally {
  if (values.kept === undefined) rmSync(folder, { recursive: true, force: true });
}
