import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { type Beginning, beginningOf } from '../measured/beginning.js';
import { walkOf } from '../measured/graph.js';
import { isLinear } from '../measured/linear.js';
import { createThreads } from '../sessions/threads.js';
import type { ActivationHead } from './activation-map.js';
import type { AdaptWishes } from './adapt.js';
import { type Ending, endingOf } from './ending.js';
import { opsetOf, type TensorFact } from './format/onnx.js';
import { described } from './format/tensors.js';
import { placeWeights, weightFiles } from './format/weights.js';
import { axes, channelsBesideFreeSides, imageLayout, type TensorLayout } from './layout.js';
import { findChannels, type ScoredNetwork } from './probe.js';
import { adaptedBytes, type NetworkFile, readNetworkFile } from './read.js';

/** What an `.onnx` file says about its network, which takes one image and gives one map of scores. */
export interface ModelFile {
  readonly path: string;
  /** SHA-256 in hex of the file's bytes, followed by those of the files beside it that hold weights. */
  readonly sha256: string;
  readonly producer: string;
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Its input and output in the form that segtile runs; see `adaptNetwork`. */
  readonly image: TensorFact;
  readonly scores: TensorFact;
  /** The name of the output, if the user or the card chose one. */
  readonly output?: string;
  /** The operation that turns scores into labels, if the graph ends in one. */
  readonly decision?: string;
  /** Set if its output is the class activation map of a classifier. */
  readonly cam?: ActivationHead;
  /** Whether the network is written in float64 and is computed in float32. */
  readonly isRounded?: boolean;
  /** The order of the image's axes, if its sizes tell. */
  readonly layout?: TensorLayout;
  /** How many channels the scores have. Undefined if that cannot be known without the layout. */
  readonly channels?: number;
  readonly ending?: Ending;
  /** Whether the scores are a linear function of the last learned layer, so that they must be logits. */
  readonly linear: boolean;
  /** What the beginning of the graph tells about the range and the colour order of the image, if anything. */
  readonly beginning?: Beginning;
}

/**
 * Reads what an `.onnx` file says about its network.
 *
 * @param output the name of the output to use if there are several
 * @throws {SegtileError} `input` if the file is missing or cannot be read; `model` if segtile cannot use the network
 */
export async function readModel(path: string, signal?: AbortSignal, output?: string): Promise<ModelFile> {
  return factsOf(await readNetworkFile(path, signal), { output }, signal);
}

/**
 * What a file that has been read says about its network. Changes its `model` to the form that segtile runs.
 *
 * @throws {SegtileError} `model` if segtile cannot use the network; `input` if its weights cannot be read
 */
export async function factsOf(network: NetworkFile, wishes: AdaptWishes, signal?: AbortSignal): Promise<ModelFile> {
  const { output } = wishes;
  const { path, model, metadata } = network;
  const files = weightFiles(model, path);
  const { bytes, image, scores, decision, cam, isRounded } = adaptedBytes(network, wishes);
  for (const [tensor, side] of [
    [image, 'input'],
    [scores, 'output'],
  ] as const)
    requireHoldable(tensor, side, path);
  const layout = imageLayout(image.dims);
  const tensors = { path, image, scores };
  const channels = channelsBesideFreeSides(scores.dims) ?? (layout && (await probedChannels(bytes, { ...tensors, layout })));
  const ending = endingOf(model.graph!, scores.name);
  const depth = layout && axes(image.dims, layout).channels;
  const beginning =
    typeof depth === 'number' ? beginningOf(model.graph!, image.name, depth, layout === 'nchw' ? 1 : 3) : undefined;
  return {
    path,
    sha256: await digest(network.bytes, files, signal),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    opset: opsetOf(model),
    metadata,
    image,
    scores,
    ...(output !== undefined && { output }),
    ...(decision !== undefined && { decision }),
    ...(cam && { cam }),
    ...(isRounded && { isRounded }),
    ...(layout && { layout }),
    ...(channels !== undefined && { channels }),
    ...(ending && { ending }),
    linear: isLinear(walkOf(model.graph!, image.name), scores.name, image.name),
    ...(beginning && Object.keys(beginning).length > 0 && { beginning }),
  };
}

/** Computes only the `sha256` of a file that has been read; see {@link ModelFile}. */
export function networkDigest({ path, bytes, model }: NetworkFile, signal?: AbortSignal): Promise<string> {
  return digest(bytes, weightFiles(model, path), signal);
}

/** Most channels that an image may have. Spectrometers record hundreds. */
const MOST_CHANNELS = 4096;

/** Most numbers that a tensor may have: 1 GiB as float32. */
const MOST_NUMBERS = 2 ** 28;

/** Throws if a tensor is declared too large for memory. Called before memory is allocated for it. */
function requireHoldable(tensor: TensorFact, side: 'input' | 'output', path: string): void {
  const sizes = tensor.dims.filter((dim) => typeof dim === 'number');
  const numbers = sizes.reduce((product, size) => product * size, 1);
  const layout = imageLayout(tensor.dims);
  const channels = layout && axes(tensor.dims, layout).channels;
  if (numbers <= MOST_NUMBERS && !(typeof channels === 'number' && channels > MOST_CHANNELS)) return;
  const beyond = numbers > MOST_NUMBERS ? `${MOST_NUMBERS} numbers` : `${MOST_CHANNELS} channels`;
  throw new SegtileError(
    'model',
    `${described(tensor, side)} of ${path} is larger than segtile can hold: ${beyond} at most`,
    'export the model for smaller windows, or check that the file is whole',
  );
}

async function probedChannels(bytes: Uint8Array, network: Omit<ScoredNetwork, 'depth'>): Promise<number> {
  const { channels, width, height } = axes(network.image.dims, network.layout);
  const window = { width: typeof width === 'number' ? width : 320, height: typeof height === 'number' ? height : 256 };
  const depth = channels as number;
  requireHoldable({ ...network.image, dims: [1, depth, window.height, window.width] }, 'input', network.path);
  const threads = createThreads();
  try {
    const placed = placeWeights(bytes, network.path);
    return await findChannels(placed.bytes, { ...network, depth, externalData: placed.externalData }, window, threads);
  } finally {
    threads.dismiss();
  }
}

async function digest(bytes: Uint8Array, files: ReadonlyMap<string, string>, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256').update(bytes);
  for (const place of [...files.keys()].sort()) {
    const file = files.get(place)!;
    try {
      await pipeline(createReadStream(file), hash, { end: false, ...(signal && { signal }) });
    } catch (cause) {
      throwIfAborted(signal);
      throw new SegtileError(
        'input',
        `cannot read the weights in ${file}: ${reason(cause)}`,
        'copy or export them again',
        cause,
      );
    }
  }
  return hash.digest('hex');
}
