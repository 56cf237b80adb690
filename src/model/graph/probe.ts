import { dirname } from 'node:path';
import { SegtileError } from '../../errors.js';
import type { Size } from '../../types.js';
import { loadFailure } from '../devices/load-hint.js';
import type { Start } from '../sessions/session.js';
import type { Threads } from '../sessions/threads.js';
import { isFixed, type ScoreShape, scoreShape, type TensorLayout, tensorShape } from './layout.js';
import { parseModel, serializeModel, type TensorFact, valueInfo } from './onnx.js';

/** What the search for the shape of the scores needs to know of a network. */
export interface ScoredNetwork {
  readonly path: string;
  readonly image: TensorFact;
  readonly scores: TensorFact;
  /** Of the image. */
  readonly layout: TensorLayout;
  /** Channels of the image. */
  readonly depth: number;
  /** Where weights lie that are not in its bytes; without it, beside the file. */
  readonly externalData?: string;
}

/**
 * Finds the shape of a network's output for one window: from what a network of fixed size declares, else from what onnxruntime infers, else
 * from one run on zeros.
 *
 * @throws {SegtileError} `model` where the network fails on such a window, or gives something that is no map of it
 */
export async function findScores(
  bytes: Uint8Array,
  { path, image, scores, layout, depth, externalData = dirname(path) }: ScoredNetwork,
  window: Size,
  threads: Threads,
): Promise<ScoreShape> {
  const fixed = isFixed(image.dims) ? scoreShape(scores.dims, window, layout) : undefined;
  if (fixed) return fixed;

  const dims = tensorShape(1, depth, window, layout);
  const element = image.element as 'uint8' | 'float32' | 'float16';
  const px = `${window.width}×${window.height} px`;
  const hint = 'try a window whose sides are multiples of 32, such as 512';

  const model = parseModel(bytes);
  const graph = model.graph!;
  graph.input = graph.input.map((input) => (input.name === image.name ? valueInfo(image.name, element, dims) : input));
  graph.output = graph.output.map(({ name }) => valueInfo(name, scores.element));
  graph.valueInfo = [];

  const start = { graph: serializeModel(model), element, dims, externalData };
  const found = await outputDims(start, threads).catch((thrown) => {
    throw loadFailure(path, px, thrown);
  });
  const map = found.length === 4 ? scoreShape(found, window, layout) : undefined;
  if (!map)
    throw new SegtileError(
      'model',
      `${path} gives [${found.join(', ')}] for a window of ${px}, expected scores for the whole window or an integer fraction of it`,
      `${hint}; networks that crop their output are not supported`,
    );
  return map;
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
