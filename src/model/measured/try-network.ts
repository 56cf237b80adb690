import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { loadFailure } from '../devices/load-hint.js';
import { cast, chain, freshNames } from '../graph/graph-steps.js';
import { axes, looseMap, type TensorLayout, tensorShape } from '../graph/layout.js';
import { parseModel, serializeModel, type TensorFact, valueInfo } from '../graph/onnx.js';
import type { PlacedNetwork } from '../graph/weights.js';
import type { Threads } from '../sessions/threads.js';

/** What the network gave for one window. */
export interface TriedScores extends Size {
  readonly channels: number;
  readonly planes: Float32Array;
}

/** A network as it is, without anything around it, in a thread. */
export interface Tried {
  readonly window: Size;
  /** Windows that go through together, where the network takes no other number. */
  readonly batch: number;
  /** @param windows planes of the network's own input, at most `batch` of them */
  run(windows: readonly Float32Array[]): Promise<TriedScores[]>;
  close(): void;
}

/** What must be known of a network to try it. */
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
 * @throws {SegtileError} `model` where onnxruntime does not load it for such a window
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
          'segtile runs networks that give scores for each pixel, for fewer of them, or for the centre of the window',
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

/** Planes as `layout` wants them, or back: of NHWC the two axes `rows` and `columns` change places. */
function arranged(data: Float32Array, rows: number, columns: number, layout: TensorLayout): Float32Array {
  if (layout === 'nchw' || rows === 1 || columns === 1) return data;
  const turned = new Float32Array(data.length);
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[at++]!;
  return turned;
}

/** Sides of a window that networks of any size are tried with: the first that works. */
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
