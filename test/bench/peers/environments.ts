import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { versions } from '../../../dist/pipeline/records/machine.js';

/** The Python packages of a peer. */
interface Packages {
  /** Versions are pinned, so that figures of different days can be compared. */
  readonly wanted: readonly string[];
  /** Installed after the others, without their own dependencies. */
  readonly alone?: readonly string[];
  /** Modules that must be importable for the environment to count as working. */
  readonly imports: string;
}

const onnxruntime = `onnxruntime==${versions().onnxruntime}`;

/**
 * What TIAToolbox's segmentor imports. TIAToolbox itself requires a PyTorch before 2.13, for which PyPI has no build for
 * the CPU alone.
 */
const OF_TIATOOLBOX = [
  ...['aiohttp', 'bokeh', 'click', 'dask', 'defusedxml', 'filelock', 'flask', 'flask-cors', 'glymur', 'huggingface_hub'],
  ...['imagecodecs<2026.3.6', 'ipywidgets', 'joblib', 'matplotlib', 'numba', 'opencv-python', 'openslide-bin'],
  ...['openslide-python', 'pandas', 'pillow<12.2', 'pydicom', 'pyyaml', 'requests', 's3fs', 'scikit-image', 'scikit-learn'],
  ...[
    'scipy',
    'shapely',
    'SimpleITK',
    'tifffile<2026.3.3',
    'tqdm',
    'transformers<5.14.1',
    'umap-learn',
    'wsidicom',
    'zarr<3.2',
  ],
];

/** The virtual environments, by name. */
export const environments = {
  script: {
    wanted: ['numpy==2.3.5', 'tifffile==2026.3.3', 'imagecodecs==2026.3.6', 'zarr==3.1.6', onnxruntime],
    imports: 'numpy, tifffile, imagecodecs, zarr, onnxruntime',
  },
  monai: {
    wanted: ['monai==1.5.1', 'torch==2.13.0', 'onnx', 'tifffile==2026.3.3', 'imagecodecs==2026.3.6', onnxruntime],
    imports: 'monai.inferers, torch, onnx, tifffile, onnxruntime',
  },
  tiatoolbox: {
    wanted: ['torch==2.13.0', 'numpy==2.3.5', 'onnx', ...OF_TIATOOLBOX],
    alone: ['tiatoolbox==2.1.3', 'timm<1.0.28', 'safetensors', 'torchvision==0.28.0'],
    imports: 'torch, onnx, zarr, tifffile, tiatoolbox',
  },
  fast: { wanted: ['pyfast==4.18.0', 'numpy'], imports: 'fast' },
} satisfies Record<string, Packages>;

/** The name of a virtual environment. */
export type Environment = keyof typeof environments;

/**
 * Makes a virtual environment, or finds it from an earlier run.
 *
 * @param folder of all virtual environments
 * @returns the path of its Python, or why there is none
 */
export function environment(folder: string, name: Environment): { readonly python: string } | { readonly missing: string } {
  const root = join(folder, name);
  const python = join(root, 'bin', 'python');
  const { wanted, alone, imports }: Packages = environments[name];
  const done = join(root, 'installed');
  if (!existsSync(done)) {
    mkdirSync(folder, { recursive: true });
    const pip = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    const steps = [['python3', '-m', 'venv', root], [...pip, ...wanted], ...(alone ? [[...pip, '--no-deps', ...alone]] : [])];
    for (const step of steps) {
      const failure = failureOf(step);
      if (failure !== undefined) return { missing: `${step.slice(0, 4).join(' ')} …: ${failure}` };
    }
    writeFileSync(done, '');
  }
  const failure = failureOf([python, '-c', `import ${imports}`]);
  return failure === undefined ? { python } : { missing: `import ${imports}: ${failure}` };
}

/** Runs a command. Returns its last message if it failed, otherwise undefined. */
function failureOf([command, ...args]: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command!, args, { encoding: 'utf8' });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1) ?? `it ended with ${status}`;
}
