import { SegtileError } from '../../errors.js';
import { processors } from '../../io/machine/processors.js';
import type { Size } from '../../types.js';
import type { Model } from '../card/model.js';
import type { DeviceRules } from '../devices/runtime.js';

/** How a network is to be run. On the CPU, the default number of workers is {@link defaultWorkers}. */
export interface PoolOptions extends DeviceRules {
  /** Size of every window, in px of the network. */
  readonly window: Size;
  /** A device or a list, such as `auto`, `cpu`, `webgpu` or `cuda:0,cuda:1`; see `parseDevices`. */
  readonly device: string;
  readonly output: 'probabilities' | 'logits';
  /** If true, `auto` fails instead of falling back to the CPU. */
  readonly requireGpu?: boolean | undefined;
  /** The type in which scores leave the device. Bytes take a quarter of the memory of floats and are off by up to 1/510. */
  readonly scoreType?: 'float32' | 'uint8' | undefined;
  /**
   * Set if the CPU is to run parts of windows by themselves, if the network takes any size. Their sides are multiples of so many
   * px, or those of the window.
   */
  readonly parts?: number | undefined;
  /** Whether graphs are to give only the scores of a window that are wanted, which takes a little time by itself. */
  readonly crops?: boolean | undefined;
}

/** The default number of workers: the number of processors that this process may use. */
export function defaultWorkers(): number {
  return processors().count;
}

/** A size in words, such as `512 × 512 px`. */
export function sides({ width, height }: Size): string {
  return `${width} × ${height} px`;
}

/**
 * Checks the options of a pool.
 *
 * @throws {SegtileError} `usage` if options are out of range or exclude each other; `model` if the network does not take
 *   the window size
 */
export function checkOptions(model: Model, { window, workers = defaultWorkers(), output, scoreType }: PoolOptions): void {
  if (scoreType === 'uint8' && output === 'logits')
    throw new SegtileError(
      'usage',
      'scores as uint8 are probabilities, but --blend-space is logits',
      'use --blend-space probabilities, or --score-type float32',
    );
  if (!Number.isInteger(workers) || workers < 1 || workers > 1024)
    throw new SegtileError('usage', `expected 1 to 1024 workers but got ${workers}`, `${defaultWorkers()} run at once here`);
  for (const side of ['width', 'height'] as const)
    if (!Number.isInteger(window[side]) || window[side] < 1)
      throw new SegtileError('usage', `expected a positive integer for the window's ${side} but got ${window[side]}`);
  const { fixedWindow: fixed = window } = model;
  if (fixed.width !== window.width || fixed.height !== window.height)
    throw new SegtileError(
      'model',
      `the window is ${window.width} × ${window.height} px but ${model.path} takes ${fixed.width} × ${fixed.height} px only`,
      'use the window that the network was exported for',
    );
}
