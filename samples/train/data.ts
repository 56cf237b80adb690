import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { LABELS } from '../kidney/ground.js';

// Makes the training tiles of the two bundled models that are trained.
//
//   npx tsx samples/train/data.ts kidney tiles/kidney
//   npx tsx samples/train/data.ts nuclei tiles/nuclei path/to/nuclei     # has images/ and masks/
//
// Kidney: slides that are drawn here, with seeds that no test draws. Nuclei: pairs of the Data Science Bowl 2018, a quarter of
// which are never shown in training.

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Seeds of the slides that kidney.onnx is trained on. Even seeds are stained with PAS, odd ones with H&E. Tests only draw
 * seeds below 100.
 */
export const trainingSeeds: readonly number[] = Array.from({ length: 16 }, (_, i) => 101 + i);

/** Side of a training slide in px, its resolution in µm/px, and the resolution that the model works at, in µm/px. */
const SIDE = 4096;
const SLIDE_MPP = 0.5;
export const KIDNEY_MPP = 1;

/**
 * Whether a pair of nuclei images is held out of the training. Names are hashes in hex; a pair is held out if its name
 * begins with 0, 1, 2 or 3. That is a quarter of the 16 digits, and 27 of the 107 pairs.
 */
export function isHeldOut(name: string): boolean {
  return /^[0-3]/.test(name);
}

const run = promisify(execFile);

async function segtile(...args: readonly string[]): Promise<void> {
  await run(process.execPath, [join(root, 'bin/segtile.js'), ...args], { maxBuffer: 1 << 26 });
}

/** Draws the slide and the truth of each seed, and cuts them into tiles at {@link KIDNEY_MPP}. Folds never share a slide. */
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

/** Makes tiles from the pairs that are not held out. Each pair is one tile of 320 × 256 px; its magnification is unknown. */
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
