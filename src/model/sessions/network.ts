import { SegtileError } from '../../errors.js';
import { inSharedMemory } from '../../io/threads/shared-bytes.js';
import type { Size } from '../../types.js';
import { type Model, modelPixels } from '../card/model.js';
import type { Device } from '../devices/device.js';
import type { PlacedNetwork } from '../graph/format/weights.js';
import { fuse } from '../graph/fuse.js';
import { type ScoreShape, tensorShape } from '../graph/layout.js';
import type { PoolOptions } from './pool-options.js';
import type { Start } from './session.js';

/** The devices on which a graph gives only the part of a window's scores that is asked for. The others give all, and always did. */
const cutting: readonly Device['provider'][] = ['cpu', 'cuda', 'webgpu'];

/** A network for windows of one size, ready to be loaded on any device with any batch size. */
export interface Network {
  readonly model: Model;
  readonly window: Size;
  readonly output: 'probabilities' | 'logits';
  readonly scoreType: 'float32' | 'uint8';
  /** Number of samples of one window's pixels. */
  readonly samples: number;
  /** Number of scores of one window. */
  readonly scores: number;
  /** The batch size that the network was exported for, if it takes no other. */
  readonly fixedBatch: number | undefined;
  /** Whether the CPU runs parts of windows by themselves, one at a time. */
  readonly takesParts: boolean;
  /** Makes what a worker is started with, for a batch size and a device. */
  start(batch: number, device: Device, scoreType?: 'float32' | 'uint8'): Start;
}

/** Describes a network for windows of one size. Its graph is built again for each batch size. */
export function describeNetwork(
  { bytes, externalData }: PlacedNetwork,
  model: Model,
  window: Size,
  map: ScoreShape,
  { output, scoreType, parts, crops = false }: Pick<Network, 'output' | 'scoreType'> & Pick<PoolOptions, 'parts' | 'crops'>,
): Network {
  const { channels } = modelPixels(model);
  const [batchDim] = model.image.dims;
  // What enlarges or continues scores counts on the size of the window.
  const isOnePerPixel = map.factor === 1 && map.first === undefined && map.whole === undefined;
  const takesParts = parts !== undefined && model.fixedWindow === undefined && isOnePerPixel && scoreType === 'float32';
  // A part that ends where the window ends is as long as the window is from a multiple on.
  const isInStep = [window.width, window.height].every((side) => side % (parts ?? 1) === 0);
  const step = (batch: number, { provider }: Device) =>
    takesParts && batch === 1 && provider === 'cpu' ? (isInStep ? parts : 1) : undefined;
  const isCut = ({ provider }: Device): boolean => (crops || takesParts) && cutting.includes(provider);
  const network: Network = {
    takesParts,
    model,
    window,
    output,
    scoreType,
    samples: window.width * window.height * channels,
    scores: window.width * window.height * model.channels,
    fixedBatch: typeof batchDim === 'number' ? batchDim : undefined,
    start: (batch, device, type = scoreType) => ({
      graph: inSharedMemory(fuse(bytes, model, window, map, output, batch, type, isCut(device), step(batch, device))),
      element: model.samples,
      dims: tensorShape(batch, channels, window, 'nhwc'),
      externalData,
      device,
      scores: type,
    }),
  };
  return network;
}

/**
 * Checks that the network takes a batch size.
 *
 * @throws {SegtileError} `usage` if it does not
 */
export function checkBatch({ fixedBatch, model }: Network, batch: number): void {
  if (fixedBatch !== undefined && batch !== fixedBatch)
    throw new SegtileError(
      'usage',
      `${model.path} takes batches of ${fixedBatch} only, but --batch is ${batch}`,
      'leave out --batch, or export the model with a free batch',
    );
}
