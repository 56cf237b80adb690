import { readdir, readFile, stat } from 'node:fs/promises';
import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { isRemote, shownPath } from '../../io/location.js';
import { bundledNames } from '../card/bundled.js';
import { type AdaptedNetwork, type AdaptWishes, adaptNetwork } from './adapt.js';
import { foreignFormat, savedModel } from './foreign.js';
import { type ModelProto, parseModel, serializeModel } from './format/onnx.js';

/** The file of a network, read but not changed. */
export interface NetworkFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly model: ModelProto;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads and parses an `.onnx` file.
 *
 * @throws {SegtileError} `input` if the file is missing or cannot be read; `model` if it is not a complete ONNX file
 */
export async function readNetworkFile(path: string, signal?: AbortSignal): Promise<NetworkFile> {
  const bytes = await readModelBytes(path, signal);
  const model = parsed(bytes, path);
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  return { path, bytes, model, metadata };
}

/**
 * Reads the bytes of a network in the form that segtile runs; see {@link adaptNetwork}. They are the bytes of the file if
 * nothing has to be changed.
 *
 * @throws {SegtileError} as {@link readNetworkFile} and {@link adaptNetwork}
 */
export async function readAdapted(path: string, wishes: AdaptWishes, signal?: AbortSignal): Promise<Uint8Array> {
  return adaptedBytes(await readNetworkFile(path, signal), wishes).bytes;
}

/**
 * As {@link readAdapted}, for a file that has been read, with the facts that were found on the way. Changes the file's
 * `model` in place.
 */
export function adaptedBytes(
  { path, bytes, model }: NetworkFile,
  wishes: AdaptWishes,
): AdaptedNetwork & { readonly bytes: Uint8Array } {
  const adapted = adaptNetwork(model, path, wishes);
  return { ...adapted, bytes: adapted.isChanged ? serializeModel(model) : bytes };
}

/**
 * Reads the bytes of a model file.
 *
 * @throws {SegtileError} `input` if the file is missing or cannot be read; `model` if it is empty or a SavedModel
 */
async function readModelBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  if (isRemote(path))
    throw new SegtileError('input', `${shownPath(path)} is not a local model file`, 'download it and give its path');
  const unreadable = (cause: NodeJS.ErrnoException): never => {
    throwIfAborted(signal);
    if (cause.code === 'ENOENT') throw new SegtileError('input', `no such model file: ${path}`, pathHint(path), cause);
    throw new SegtileError('input', `cannot read the model ${path}: ${reason(cause)}`, undefined, cause);
  };
  const found = await stat(path).catch(unreadable);
  if (found.isDirectory() && (await readdir(path).catch((): string[] => [])).includes('saved_model.pb'))
    throw new SegtileError('model', `the folder ${path} is ${savedModel.what}, expected ONNX`, savedModel.hint);
  if (found.isDirectory())
    throw new SegtileError('input', `expected an .onnx file but ${path} is a folder`, 'name the file inside it');
  // Opening a pipe or reading a device may block forever, and could not be cancelled.
  if (!found.isFile()) throw new SegtileError('input', `${path} is not a regular file`, 'give the path of an .onnx file');
  const bytes = await readFile(path, { signal }).catch(unreadable);
  if (bytes.length === 0) throw new SegtileError('model', `${path} is empty`, 'export or copy the model again');
  return bytes;
}

/** A path that is only a name may be a misspelt name of a bundled model. */
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
