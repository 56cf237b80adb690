import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import sharp from 'sharp';
import { LABELS } from '../kidney/ground.js';
import { isHeldOut } from './data.js';

// Measures the bundled models on images that they have never seen, through the command as a user runs it.
//
//   npx tsx samples/train/check.ts kidney work/ [--seeds 1,2,3] [--side 8192]
//
// draws the slides, and for comparison also shrinks them 8 times;
//
//   npx tsx samples/train/check.ts nuclei work/ path/to/nuclei
//
// uses the held-out pairs, and compares with hematoxylin.
//
// Prints a Markdown table. The Dice of a class is over all pixels of an image together.

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
/** The level of a drawn slide that is shrunk 8 times: each level has half the side of the one before. */
const SHRUNK = { page: 3, times: 8 };

async function infer(model: string, output: string, slides: readonly string[], ...options: readonly string[]): Promise<void> {
  const args = ['infer', ...slides, '-m', model, '-o', output, '--overwrite', '--no-preview', '--quiet', ...options];
  await run(process.execPath, [join(root, 'bin/segtile.js'), ...args], { maxBuffer: 1 << 26 });
}

interface Labels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function labelsOf(path: string): Promise<Labels> {
  const image = sharp(path, { limitInputPixels: false }).extractChannel(0).raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/**
 * Dice of the labels 1 to `classes`; 1 if a class is in neither mask nor truth. A mask that is smaller than the truth is
 * enlarged `times` times, by repeating pixels.
 */
function diceOf(truth: Labels, mask: Labels, classes: number, times = 1): number[] {
  const [both, either] = [new Float64Array(256), new Float64Array(256)];
  for (let y = 0; y < truth.height; y++) {
    const row = Math.min(Math.floor(y / times), mask.height - 1) * mask.width;
    for (let x = 0; x < truth.width; x++) {
      const wanted = truth.data[y * truth.width + x]!;
      const found = mask.data[row + Math.min(Math.floor(x / times), mask.width - 1)]!;
      either[wanted]!++;
      either[found]!++;
      if (wanted === found) both[wanted]! += 2;
    }
  }
  return Array.from({ length: classes }, (_, i) => (either[i + 1]! === 0 ? 1 : both[i + 1]! / either[i + 1]!));
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const row = (...cells: readonly (string | number)[]) =>
  console.log(`| ${cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(3) : cell)).join(' | ')} |`);

async function kidney(folder: string, seeds: readonly number[], side: number): Promise<void> {
  const classes = LABELS.slice(1);
  row('slide', ...classes, 'macro of 1, 3, 4');
  row(...Array.from({ length: classes.length + 2 }, () => '---'));
  const results = new Map<string, number[][]>();
  for (const seed of seeds) {
    const path = join(folder, `unseen-${seed}.tif`);
    const stain = seed % 2 === 0 ? 'pas' : 'he';
    const drawn = ['--size', `${side}x${side}`, '--seed', `${seed}`, '--stain', stain, path];
    await run(process.execPath, ['--import', 'tsx', join(root, 'samples/slide.ts'), ...drawn], { cwd: root });
    const small = join(folder, `shrunk-${seed}.tif`);
    const { density } = await sharp(path).metadata();
    const mm = density! / 25.4 / SHRUNK.times;
    await sharp(path, { page: SHRUNK.page }).tiff({ compression: 'deflate', xres: mm, yres: mm }).toFile(small);
    await infer('kidney', folder, [path, small]);
    const truth = await labelsOf(path.replace('.tif', '.truth.tif'));
    for (const [kind, file, times] of [
      ['as it is', `unseen-${seed}`, 1],
      [`shrunk ${SHRUNK.times} times`, `shrunk-${seed}`, SHRUNK.times],
    ] as const) {
      const dice = diceOf(truth, await labelsOf(join(folder, `${file}.mask.ome.tif`)), classes.length, times);
      const all = [...dice, mean([dice[0]!, dice[2]!, dice[3]!])];
      row(`seed ${seed}, ${stain}, ${kind}`, ...all);
      results.set(kind, [...(results.get(kind) ?? []), all]);
    }
  }
  for (const [kind, rows] of results) row(`mean, ${kind}`, ...rows[0]!.map((_, i) => mean(rows.map((values) => values[i]!))));
}

async function nuclei(folder: string, pairs: string): Promise<void> {
  const names = readdirSync(join(pairs, 'images')).filter(isHeldOut);
  const paths = names.map((name) => join(pairs, 'images', name));
  row('model', `mean Dice of ${names.length} images`, 'Dice of all their pixels');
  row('---', '---', '---');
  for (const [model, ...options] of [['hematoxylin'], ['nuclei'], ['nuclei', '--tta', 'flips']] as const) {
    const output = join(folder, [model, ...options].join(''));
    await infer(model, output, paths, ...options);
    const dice: number[] = [];
    const all: [number[], number[]] = [[], []];
    for (const name of names) {
      const white = await labelsOf(join(pairs, 'masks', name));
      const truth = { ...white, data: white.data.map((value) => (value > 0 ? 1 : 0)) };
      const mask = await labelsOf(join(output, name.replace('.png', '.mask.ome.tif')));
      dice.push(diceOf(truth, mask, 1)[0]!);
      all[0].push(...truth.data);
      all[1].push(...mask.data);
    }
    const [truth, mask] = all.map((values) => ({ data: Uint8Array.from(values), width: values.length, height: 1 }));
    row([model, ...options].join(' '), mean(dice), diceOf(truth!, mask!, 1)[0]!);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '1,2,3' }, side: { type: 'string', default: '8192' } },
});
const [which, folder, pairs] = positionals;
if (folder !== undefined) mkdirSync(folder, { recursive: true });
if (which === 'kidney' && folder !== undefined) await kidney(folder, values.seeds.split(',').map(Number), Number(values.side));
else if (which === 'nuclei' && folder !== undefined && pairs !== undefined) await nuclei(folder, pairs);
else {
  console.error('usage: npx tsx samples/train/check.ts kidney <folder> | nuclei <folder> <folder of the pairs>');
  process.exitCode = 2;
}
