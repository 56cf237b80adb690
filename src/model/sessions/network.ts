import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { type Model, modelPixels } from '../card/model.js';
import type { Device } from '../devices/device.js';
import { fuse } from '../graph/fuse.js';
import { type ScoreShape, tensorShape } from '../graph/layout.js';
import type { PlacedNetwork } from '../graph/weights.js';
import type { Start } from './session.js';

/** A network on windows of one size, ready to be loaded by any device with any batch. */
export interface Network {
  readonly model: Model;
  readonly window: Size;
  readonly output: 'probabilities' | 'logits';
  readonly scoreType: 'float32' | 'uint8';
  /** Samples of the pixels of one window. */
  readonly samples: number;
  /** Scores of one window. */
  readonly scores: number;
  /** The batch that the network was exported for, where it takes no other. */
  readonly fixedBatch: number | undefined;
  /** What a worker is started with. */
  start(batch: number, device: Device, scoreType?: 'float32' | 'uint8'): Start;
}

/** Describes a network on windows of one size; its graph is made anew for each batch. */
export function describeNetwork(
  { bytes, externalData }: PlacedNetwork,
  model: Model,
  window: Size,
  map: ScoreShape,
  { output, scoreType }: Pick<Network, 'output' | 'scoreType'>,
): Network {
  const { channels } = modelPixels(model);
  const [batchDim] = model.image.dims;
  const network: Network = {
    model,
    window,
    output,
    scoreType,
    samples: window.width * window.height * channels,
    scores: window.width * window.height * model.channels,
    fixedBatch: typeof batchDim === 'number' ? batchDim : undefined,
    start: (batch, device, type = scoreType) => ({
      graph: fuse(bytes, model, window, map, output, batch, type),
      element: model.samples,
      dims: tensorShape(batch, channels, window, 'nhwc'),
      externalData,
      device,
      scores: type,
    }),
  };
  return network;
}

/** @throws {SegtileError} `usage` for a batch that the network does not take */
export function checkBatch({ fixedBatch, model }: Network, batch: number): void {
  if (fixedBatch !== undefined && batch !== fixedBatch)
    throw new SegtileError(
      'usage',
      `${model.path} takes batches of ${fixedBatch} only, but --batch is ${batch}`,
      'leave --batch away, or export the model with a free batch',
    );
}
