import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from './environments.js';

/** What is run, and where its results go. */
export interface Job {
  readonly slide: string;
  /** Path of a network that takes RGB from 0 to 1 and gives logits of one class. */
  readonly network: string;
  /** Path of the same network with probabilities of background and class, for windows of 512 px. */
  readonly twoClasses: string;
  /** How many windows of 512 px the slide has at a stride of 256 px. */
  readonly windows: number;
  /** Folder for the mask. */
  readonly folder: string;
  readonly threads: number;
}

/** One way from a slide to its mask. */
export interface Way {
  readonly name: string;
  /** Its Python environment; undefined for segtile. */
  readonly environment?: Environment;
  /** The arguments that follow its Python, or Node for segtile. */
  readonly args: (job: Job) => readonly string[];
  /** The path of the mask that it makes; undefined if it makes none. */
  readonly mask?: (job: Job) => string;
  /** Whether it holds the whole slide in memory. */
  readonly holdsSlide: boolean;
}

const script = (name: string): string => fileURLToPath(new URL(`scripts/${name}`, import.meta.url));
const segtile = fileURLToPath(new URL('../../../bin/segtile.js', import.meta.url));
const maskOf = ({ folder, slide }: Job): string => join(folder, slide.replace(/^.*[/\\]/, '').replace(/\.tif$/, '.mask.tif'));

const inSegtile = ({ slide, network, folder, threads }: Job, ...more: string[]): readonly string[] => [
  segtile,
  ...['infer', slide, '--model', network, '--output', join(folder, 'slide.ome.tif'), '--blend', 'gaussian'],
  ...['--tissue', 'none', '--activation', 'sigmoid', '--threshold', '0.5', '--workers', String(threads)],
  ...['--overwrite', '--quiet', '--no-history', ...more],
];

/** Everything that is compared. All ratios refer to the first one. */
export const ways: readonly Way[] = [
  {
    name: 'segtile',
    args: (job) => inSegtile(job, '--window', '512', '--margin', '0', '--stride', '256'),
    mask: ({ folder }) => join(folder, 'slide.ome.tif'),
    holdsSlide: false,
  },
  {
    // As all others, which paint no preview of the slide with its mask.
    name: 'segtile, the mask alone',
    args: (job) => inSegtile(job, '--window', '512', '--margin', '0', '--stride', '256', '--no-preview'),
    mask: ({ folder }) => join(folder, 'slide.ome.tif'),
    holdsSlide: false,
  },
  {
    // With its proof, as it is by default. What it measures of a network is kept from the first run on.
    name: 'segtile, plan auto',
    args: (job) => inSegtile(job, '--plan', 'auto'),
    mask: ({ folder }) => join(folder, 'slide.ome.tif'),
    holdsSlide: false,
  },
  {
    name: 'onnxruntime alone, 1 thread',
    environment: 'script',
    args: ({ network, windows }) => [script('infer_bare.py'), network, String(windows)],
    holdsSlide: false,
  },
  ...[1, 2].map((threads) => ({
    name: `plain script, ${threads} thread${threads > 1 ? 's' : ''}`,
    environment: 'script' as const,
    args: (job: Job) => [script('infer_script.py'), job.slide, job.network, maskOf(job), String(threads)],
    mask: maskOf,
    holdsSlide: true,
  })),
  ...['onnxruntime', 'torch'].map((engine) => ({
    name: `MONAI, ${engine === 'torch' ? 'PyTorch' : engine}`,
    environment: 'monai' as const,
    args: (job: Job) => [script('infer_monai.py'), job.slide, job.network, maskOf(job), String(job.threads), engine],
    mask: maskOf,
    holdsSlide: true,
  })),
  {
    name: 'TIAToolbox',
    environment: 'tiatoolbox',
    args: (job) => [script('infer_tiatoolbox.py'), job.slide, job.network, maskOf(job), String(job.threads)],
    mask: maskOf,
    holdsSlide: false,
  },
  {
    name: 'FAST',
    environment: 'fast',
    args: (job) => [script('infer_fast.py'), job.slide, job.twoClasses, maskOf(job)],
    mask: maskOf,
    holdsSlide: false,
  },
];
