import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { LABELS } from '../kidney/ground.js';

// The training tiles of the two models that ship.
//
//   npx tsx samples/train/data.ts kidney tiles/kidney
//   npx tsx samples/train/data.ts nuclei tiles/nuclei path/to/nuclei     # has images/ and masks/
//
// Kidney: slides that are drawn here, of seeds that no test draws. Nuclei: pairs of the Data Science Bowl 2018, of which a quarter is never shown.

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Seeds of the slides that kidney.onnx is trained on; even ones are stained with PAS, odd ones with H&E. Tests draw seeds below 100. */
export const trainingSeeds: readonly number[] = Array.from({ length: 16 }, (_, i) => 101 + i);

/** Side of a training slide in px of 0.5 um, and what the model works at, in µm/px. */
const SIDE = 4096;
const SLIDE_MPP = 0.5;
export const KIDNEY_MPP = 1;

/** Whether a pair of nuclei is held out: its name, a hash, begins with 0, 1, 2 or 3, which is a quarter of 16 digits, and 27 of the 107 pairs. */
export function isHeldOut(name: string): boolean {
  return /^[0-3]/.test(name);
}

const run = promisify(execFile);

async function segtile(...args: readonly string[]): Promise<void> {
  await run(process.execPath, [join(root, 'bin/segtile.js'), ...args], { maxBuffer: 1 << 26 });
}

/** Draws slide and truth of each seed, and cuts them to tiles at {@link KIDNEY_MPP}; slides by seed never share a fold. */
async function kidney(output: string): Promise<void> {
  const slides = `${output}-slides`;
  mkdirSync(slides, { recursive: true });
  const limit = pLimit(availableParallelism());
  await Promise.all(
    trainingSeeds.map((seed) =>
      limit(async () => {
        const path = join(slides, `kidney-${seed}.tif`);
        const stain = seed % 2 === 0 ? 'pas' : 'he';
        const size = `${SIDE}x${SIDE}`;
        const args = ['--size', size, '--seed', `${seed}`, '--stain', stain, '--mpp', `${SLIDE_MPP}`, path];
        await run(process.execPath, ['--import', 'tsx', join(root, 'samples/slide.ts'), ...args], { cwd: root });
        console.log(path);
      }),
    ),
  );
  const classes = join(slides, 'classes.json');
  writeFileSync(classes, JSON.stringify({ classes: LABELS.slice(1).map((name) => ({ name })) }));
  const truth = join(slides, 'truth.csv');
  const lines = trainingSeeds.map((seed) => `kidney-${seed}.tif,kidney-${seed}.truth.tif`);
  writeFileSync(truth, `slide,truth\n${lines.join('\n')}\n`);
  await segtile(
    ...['make-dataset', '--truth', truth, '--classes', classes, '--mpp', `${KIDNEY_MPP}`, '--window', '512'],
    ...['--tissue', 'none', '--image', 'jpeg', '--quality', '90', '--folds', '4', '--overwrite', '--quiet', '-o', output],
  );
}

/** The pairs that are not held out, whole: 320 × 256 px, magnification unknown. */
async function nuclei(output: string, pairs: string): Promise<void> {
  const images = readdirSync(join(pairs, 'images')).filter((name) => !isHeldOut(name));
  const classes = `${output}-classes.json`;
  mkdirSync(output, { recursive: true });
  writeFileSync(classes, JSON.stringify({ classes: [{ name: 'nucleus', values: [255] }] }));
  await segtile(
    ...['make-dataset', ...images.map((name) => join(pairs, 'images', name)), '--truth', join(pairs, 'masks')],
    ...[
      '--classes',
      classes,
      '--window',
      '320x256',
      '--tissue',
      'none',
      '--folds',
      '4',
      '--overwrite',
      '--quiet',
      '-o',
      output,
    ],
  );
  rmSync(classes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , which, output, pairs] = process.argv;
  if (which === 'kidney' && output !== undefined) await kidney(output);
  else if (which === 'nuclei' && output !== undefined && pairs !== undefined) await nuclei(output, pairs);
  else {
    console.error('usage: npx tsx samples/train/data.ts kidney <folder> | nuclei <folder> <folder of the pairs>');
    process.exitCode = 2;
  }
}
