import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { loadFailure } from '../devices/load-hint.js';
import { parseModel, serializeModel, type TensorFact, valueInfo } from '../graph/format/onnx.js';
import type { PlacedNetwork } from '../graph/format/weights.js';
import { cast, chain, freshNames } from '../graph/graph-steps.js';
import { axes, looseMap, type TensorLayout, tensorShape } from '../graph/layout.js';
import type { Threads } from '../sessions/threads.js';

/** The scores of a network for one window. */
export interface TriedScores extends Size {
  readonly channels: number;
  readonly planes: Float32Array;
}

/** A network loaded in a thread, without segtile's own pre- and postprocessing. */
export interface Tried {
  readonly window: Size;
  /** The batch size: 1, unless the network takes only another one. */
  readonly batch: number;
  /**
   * Runs the network on at most `batch` windows, and returns the scores of each.
   *
   * @param windows planes of the network's own input
   */
  run(windows: readonly Float32Array[]): Promise<TriedScores[]>;
  close(): void;
}

/** What must be known about a network to run it on trial windows. */
export interface TriedNetwork {
  readonly path: string;
  readonly image: TensorFact;
  readonly scores: TensorFact;
  readonly layout: TensorLayout;
  readonly depth: number;
}

/**
 * Loads a network for windows of one size.
 *
 * @throws {SegtileError} `model` if onnxruntime cannot load it for such a window
 */
export async function tryNetwork(
  { bytes, externalData }: PlacedNetwork,
  { path, image, scores, layout, depth }: TriedNetwork,
  window: Size,
  threads: Threads,
): Promise<Tried> {
  const px = `${window.width} × ${window.height} px`;
  const model = parseModel(bytes);
  const graph = model.graph!;
  const names = freshNames(model);
  const [pixels, out] = [names('pixels'), names('scores')];
  const element = image.element as 'float32' | 'float16' | 'uint8';
  const batch = typeof image.dims[0] === 'number' ? image.dims[0] : 1;
  const dims = tensorShape(batch, depth, window, layout);
  graph.node = [
    ...chain(pixels, image.name, names, element === 'float32' ? [] : [cast(element)]),
    ...graph.node,
    ...chain(scores.name, out, names, scores.element === 'float32' ? [] : [cast('float32')]),
  ];
  graph.input = [valueInfo(pixels, 'float32', dims), ...graph.input.filter(({ name }) => name !== image.name)];
  graph.output = [valueInfo(out, 'float32')];
  graph.valueInfo = [];

  const failed = (thrown: unknown): never => {
    throw thrown instanceof SegtileError && thrown.hint !== undefined ? thrown : loadFailure(path, px, thrown);
  };
  const thread = threads.take();
  const session = await thread.load({ graph: serializeModel(model), element: 'float32', dims, externalData }).catch(failed);
  const size = window.width * window.height;
  return {
    window,
    batch,
    async run(windows) {
      const image = new Float32Array(dims.reduce((a, b) => a * b));
      for (let slot = 0; slot < batch; slot++)
        image.set(arranged(windows[slot % windows.length]!, depth, size, layout), slot * depth * size);
      const { data, dims: found } = await session.run(image).catch(failed);
      const map = looseMap(found, window, layout);
      if (!map)
        throw new SegtileError(
          'model',
          `${path} gives [${found.join(', ')}] for a window of ${px}, expected a map of scores for it`,
          'segtile runs networks that give scores for each pixel, for fewer of them, for the centre of the window, or for all of it',
        );
      const { channels, width, height } = map;
      const each = channels * width * height;
      const planes = (slot: number) => (data as Float32Array).slice(slot * each, (slot + 1) * each);
      return windows.map((_, slot) => ({
        channels,
        width,
        height,
        planes: arranged(planes(slot), width * height, channels, map.layout),
      }));
    },
    close: () => threads.giveBack(thread),
  };
}

/** Converts planes to `layout`, or back. For NHWC, a matrix of `rows` × `columns` is transposed. */
function arranged(data: Float32Array, rows: number, columns: number, layout: TensorLayout): Float32Array {
  if (layout === 'nchw' || rows === 1 || columns === 1) return data;
  const turned = new Float32Array(data.length);
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[at++]!;
  return turned;
}

/**
 * The window sizes to try a network with, in order; the first that works is used. If the network has a fixed size, that is
 * the only one.
 *
 * @param suggested sizes that the card or the user ask for
 */
export function trialSides(
  { image, layout }: Pick<TriedNetwork, 'image' | 'layout'>,
  suggested: readonly Size[],
): readonly Size[] {
  const { width, height } = axes(image.dims, layout);
  if (typeof width === 'number' && typeof height === 'number') return [{ width, height }];
  const usual = [256, 512, 224, 572, 320, 1024].map((side) => ({ width: side, height: side }));
  const [first] = suggested;
  const small = first && first.width * first.height <= 512 ** 2 ? [first] : [];
  return [...small, ...usual, ...suggested];
}
