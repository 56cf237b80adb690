import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { isRemote, shownPath } from '../../io/location.js';
import { bundledNames } from '../card/bundled.js';
import { type Beginning, beginningOf } from '../measured/beginning.js';
import { walkOf } from '../measured/graph.js';
import { isLinear } from '../measured/linear.js';
import { createThreads } from '../sessions/threads.js';
import { decisionOf, type Ending, endingOf } from './ending.js';
import { foreignFormat } from './foreign.js';
import { axes, channelsBesideFreeSides, imageLayout, type TensorLayout } from './layout.js';
import {
  type Dim,
  type Element,
  elementCode,
  type GraphProto,
  type ModelProto,
  opsetOf,
  parseModel,
  type TensorFact,
  type ValueInfoProto,
} from './onnx.js';
import { findChannels, type ScoredNetwork } from './probe.js';
import { placeWeights, weightFiles } from './weights.js';

/** What an `.onnx` file says about itself: one image in, one map of scores out. */
export interface ModelFile {
  readonly path: string;
  /** Hex digest of the file's bytes, followed by those of the files beside it that hold weights. */
  readonly sha256: string;
  readonly producer: string;
  readonly opset: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly image: TensorFact;
  readonly scores: TensorFact;
  /** Where the image's channels stand, unless its sizes leave that open. */
  readonly layout?: TensorLayout;
  /** How many channels the scores have, unless that cannot be known before the layout is. */
  readonly channels?: number;
  readonly ending?: Ending;
  /** Whether the scores are a linear function of the last learned layer: logits, then. */
  readonly linear: boolean;
  /** What the graph's beginning says of the range and the colours of the image, where it says any. */
  readonly beginning?: Beginning;
}

/**
 * Reads the facts of an `.onnx` file.
 *
 * @throws {SegtileError} `input` where there is no readable file; `model` where it is no network that segtile can use
 */
export async function readModel(path: string, signal?: AbortSignal): Promise<ModelFile> {
  const bytes = await readModelBytes(path, signal);
  const model = parsed(bytes, path);
  const { image, scores } = imageAndScores(model.graph!, path);
  for (const [tensor, side] of [
    [image, 'input'],
    [scores, 'output'],
  ] as const)
    requireHoldable(tensor, side, path);
  const files = weightFiles(model, path);
  const layout = imageLayout(image.dims);
  const network = { path, image, scores };
  const channels = channelsBesideFreeSides(scores.dims) ?? (layout && (await probedChannels(bytes, { ...network, layout })));
  const ending = endingOf(model.graph!, scores.name);
  const depth = layout && axes(image.dims, layout).channels;
  const beginning =
    typeof depth === 'number' ? beginningOf(model.graph!, image.name, depth, layout === 'nchw' ? 1 : 3) : undefined;
  return {
    path,
    sha256: await digest(bytes, files, signal),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    opset: opsetOf(model),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    image,
    scores,
    ...(layout && { layout }),
    ...(channels !== undefined && { channels }),
    ...(ending && { ending }),
    linear: isLinear(walkOf(model.graph!, image.name), scores.name, image.name),
    ...(beginning && Object.keys(beginning).length > 0 && { beginning }),
  };
}

/** Channels that a picture may have; spectrometers see hundreds. */
const MOST_CHANNELS = 4096;

/** Numbers that a tensor may have; as floats they are 1 GiB. */
const MOST_NUMBERS = 2 ** 28;

/** Makes sure that no size that a network declares is beyond memory, before room is made for it. */
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

/**
 * The bytes of a model file.
 *
 * @throws {SegtileError} `input` where there is no readable file, or an empty one
 */
export async function readModelBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  if (isRemote(path))
    throw new SegtileError('input', `${shownPath(path)} is no local model file`, 'download it and give its path');
  const unreadable = (cause: NodeJS.ErrnoException): never => {
    throwIfAborted(signal);
    if (cause.code === 'ENOENT') throw new SegtileError('input', `no such model file: ${path}`, pathHint(path), cause);
    throw new SegtileError('input', `cannot read the model ${path}: ${reason(cause)}`, undefined, cause);
  };
  const found = await stat(path).catch(unreadable);
  if (found.isDirectory())
    throw new SegtileError('input', `expected an .onnx file but ${path} is a folder`, 'name the file inside it');
  // A pipe may never open and a device may never end; nothing could stop the wait.
  if (!found.isFile()) throw new SegtileError('input', `${path} is not a regular file`, 'give the path of an .onnx file');
  const bytes = await readFile(path, { signal }).catch(unreadable);
  if (bytes.length === 0) throw new SegtileError('model', `${path} is empty`, 'export or copy the model again');
  return bytes;
}

/** A name alone may be meant as that of a model that comes with segtile. */
function pathHint(path: string): string {
  return /[/\\.]/.test(path) ? 'check the path' : `check the path, or name a bundled model: ${bundledNames.join(', ')}`;
}

function parsed(bytes: Uint8Array, path: string): ModelProto {
  const unusable = (why: string, cause?: unknown) =>
    new SegtileError('model', `${path} is not a whole ONNX file: ${why}`, 'export or copy the model again', cause);
  const foreign = foreignFormat(bytes);
  if (foreign) throw new SegtileError('model', `${path} is ${foreign.what}, expected ONNX`, foreign.hint);
  try {
    const model = parseModel(bytes);
    if (!model.graph || model.graph.node.length === 0 || model.opsetImport.length === 0) throw unusable('it holds no graph');
    return model;
  } catch (thrown) {
    throw thrown instanceof SegtileError ? thrown : unusable(reason(thrown), thrown);
  }
}

const oneImageOneMap = 'segtile runs networks that take one image and give one map of scores: export the model with just these';

const NO_DECISIONS = 'segtile needs scores in float32 or float16: export the model without ArgMax or thresholding at its end';

function imageAndScores(graph: GraphProto, path: string): { image: TensorFact; scores: TensorFact } {
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !weights.has(name)).map((info) => fact(info, path));
  const outputs = graph.output.map((info) => fact(info, path));
  const [image] = inputs;
  const [scores] = outputs;
  if (!image || inputs.length > 1) throw new SegtileError('model', `${path} has ${listed(inputs, 'input')}`, oneImageOneMap);
  if (!scores || outputs.length > 1)
    throw new SegtileError('model', `${path} has ${listed(outputs, 'output')}`, oneImageOneMap);

  if (!['float32', 'float16', 'uint8'].includes(image.element))
    throw new SegtileError(
      'model',
      `${described(image, 'input')} of ${path} is ${image.element}`,
      'segtile feeds float32, float16 and uint8',
    );
  if (!['float32', 'float16'].includes(scores.element))
    throw new SegtileError('model', `${described(scores, 'output')} of ${path} is ${scores.element}`, NO_DECISIONS);
  const decision = decisionOf(graph, scores.name);
  if (decision !== undefined)
    throw new SegtileError(
      'model',
      `${described(scores, 'output')} of ${path} holds decisions, not scores: the graph ends in ${decision}`,
      NO_DECISIONS,
    );
  for (const [tensor, side] of [
    [image, 'input'],
    [scores, 'output'],
  ] as const)
    if (tensor.dims.length !== 4 && !(side === 'output' && tensor.dims.length === 0))
      throw new SegtileError(
        'model',
        `${described(tensor, side)} of ${path} has ${tensor.dims.length} dimensions, expected 4`,
        'segtile runs networks on [batch, channels, height, width] or [batch, height, width, channels]',
      );
  return { image, scores };
}

function listed(tensors: readonly TensorFact[], side: string): string {
  return `${tensors.length} ${side}s${tensors.length ? ` (${tensors.map(({ name }) => shown(name).slice(1, -1)).join(', ')})` : ''}, expected 1`;
}

/** An input or output in words: `input "x" [1, 3, height, width]`. */
export function described({ name, dims }: TensorFact, side: 'input' | 'output'): string {
  return `${side} ${shown(name)} [${dims.map((dim) => (typeof dim === 'number' ? dim : shown(dim).slice(1, -1))).join(', ')}]`;
}

/** A name in quotes. Names in a damaged file may hold anything. */
function shown(name: string): string {
  return JSON.stringify(name);
}

function fact({ name, type }: ValueInfoProto, path: string): TensorFact {
  const tensor = type?.tensorType;
  const code = tensor?.elemType ?? 0;
  const element = (Object.keys(elementCode) as Element[]).find((key) => elementCode[key] === code);
  if (!element)
    throw new SegtileError(
      'model',
      `${shown(name)} of ${path} has element type ${code}`,
      'segtile feeds float32, float16 and uint8',
    );
  const dims = tensor?.shape?.dim.map(({ dimValue, dimParam }): Dim => (dimValue > 0n ? Number(dimValue) : dimParam || '?'));
  return { name, element, dims: dims ?? [] };
}

/** The file's name without folder and ending: what a model is called that says no name. */
export function stem(path: string): string {
  return basename(path).replace(/\.onnx$/i, '');
}
