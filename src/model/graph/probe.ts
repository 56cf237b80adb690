import { dirname } from 'node:path';
import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { loadFailure } from '../devices/load-hint.js';
import { type Fit, missingPx } from '../measured/fit.js';
import type { Start } from '../sessions/session.js';
import type { Threads } from '../sessions/threads.js';
import { type Dim, parseModel, serializeModel, type TensorFact, valueInfo } from './format/onnx.js';
import { isFixed, looseMap, type ScoreShape, scoreShape, type TensorLayout, tensorShape } from './layout.js';

/** What must be known about a network to find the shape of its scores. */
export interface ScoredNetwork {
  readonly path: string;
  readonly image: TensorFact;
  readonly scores: TensorFact;
  /** Layout of the image. */
  readonly layout: TensorLayout;
  /** Channels of the image. */
  readonly depth: number;
  /** Set if the scores cover only a part of the window: where they lie, and how many px that leaves out at most. */
  readonly fit?: Fit;
  readonly crop?: number;
  /** The folder of the weights that are not inside the bytes. Without it, the folder of the file. */
  readonly externalData?: string;
}

/**
 * Finds the shape of a network's output for one window. It is taken from the declaration if the network has a fixed size,
 * otherwise from what onnxruntime infers, otherwise from one run on zeros.
 *
 * @throws {SegtileError} `model` if the network fails on such a window, or if its output is not a map of the window
 */
export function findScores(bytes: Uint8Array, network: ScoredNetwork, window: Size, threads: Threads): Promise<ScoreShape> {
  const { fit, layout } = network;
  return findMap(bytes, network, window, threads, (dims) =>
    fit ? partMap(dims, window, network) : scoreShape(dims, window, layout),
  );
}

/**
 * Finds out how many channels the scores have, wherever they lie in the window.
 *
 * @throws {SegtileError} `model` as {@link findScores}
 */
export async function findChannels(bytes: Uint8Array, network: ScoredNetwork, window: Size, threads: Threads): Promise<number> {
  const map = await findMap(bytes, network, window, threads, (dims) => looseMap(dims, window, network.layout));
  return map.channels;
}

async function findMap<Map>(
  bytes: Uint8Array,
  { path, image, scores, layout, depth, externalData = dirname(path) }: ScoredNetwork,
  window: Size,
  threads: Threads,
  mapOf: (dims: readonly Dim[]) => Map | undefined,
): Promise<Map> {
  const fixed = isFixed(image.dims) ? mapOf(scores.dims) : undefined;
  if (fixed) return fixed;

  const [batch] = image.dims;
  const dims = tensorShape(typeof batch === 'number' ? batch : 1, depth, window, layout);
  const element = image.element as 'uint8' | 'float32' | 'float16';
  const px = `${window.width} × ${window.height} px`;

  const model = parseModel(bytes);
  const graph = model.graph!;
  graph.input = graph.input.map((input) => (input.name === image.name ? valueInfo(image.name, element, dims) : input));
  graph.output = graph.output.map(({ name }) => valueInfo(name, scores.element));
  graph.valueInfo = [];

  const start = { graph: serializeModel(model), element, dims, externalData };
  const found = await outputDims(start, threads).catch((thrown) => {
    throw loadFailure(path, px, thrown);
  });
  const map = found.length === 4 ? mapOf(found) : undefined;
  if (map) return map;
  throw new SegtileError(
    'model',
    `${path} gives [${found.join(', ')}] for a window of ${px}, expected scores for the whole window or an integer fraction of it`,
    'try a window whose sides are multiples of 32, such as 512',
  );
}

/**
 * The shape of the scores of a network that covers only a part of its window.
 *
 * @throws {SegtileError} `model` if more of the window is left out than was measured
 */
function partMap(dims: readonly Dim[], window: Size, { path, layout, fit, crop }: ScoredNetwork): ScoreShape | undefined {
  const map = looseMap(dims, window, layout);
  if (!map) return undefined;
  const missing = missingPx(fit!, window, map);
  if (missing > crop!)
    throw new SegtileError(
      'model',
      `${path} gives ${map.width} × ${map.height} scores for a window of ${window.width} × ${window.height} px, which leaves out ${missing} px on a side, expected ${crop} px`,
      'use the window that the network was exported or trained for; segtile info says what it was measured with',
    );
  const across = window.width - fit!.factor * map.width;
  const down = window.height - fit!.factor * map.height;
  const first = fit!.crop === 'centre' ? { left: Math.floor(across / 2), top: Math.floor(down / 2) } : fit!.crop;
  return { ...map, factor: fit!.factor, first };
}

async function outputDims(start: Start, threads: Threads): Promise<readonly number[]> {
  const thread = threads.take();
  try {
    const session = await thread.load(start);
    const known = session.dims.filter((dim) => typeof dim === 'number');
    if (known.length === session.dims.length && known.length > 0) return known;
    const samples = start.dims.reduce((a, b) => a * b);
    const zeros =
      start.element === 'uint8'
        ? new Uint8Array(samples)
        : start.element === 'float16'
          ? new Uint16Array(samples)
          : new Float32Array(samples);
    return (await session.run(zeros)).dims;
  } finally {
    threads.giveBack(thread);
  }
}
