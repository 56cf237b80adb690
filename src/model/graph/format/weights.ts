import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep, win32 } from 'node:path';
import { reason, SegtileError } from '../../../errors.js';
import { type ModelProto, parseModel, serializeModel } from './onnx.js';

/** A network's bytes, and the folder where onnxruntime looks for the weights that are not inside them. */
export interface PlacedNetwork {
  readonly bytes: Uint8Array;
  readonly externalData: string;
}

/**
 * Finds the weights that are in separate files, and writes their real paths into the network. This is needed because
 * onnxruntime does not follow links out of the folder it is given, such as those in Hugging Face's cache.
 *
 * @param path of the file that `bytes` were read from
 * @throws {SegtileError} as {@link weightFiles}
 */
export function placeWeights(bytes: Uint8Array, path: string): PlacedNetwork {
  const model = parseModel(bytes);
  const files = weightFiles(model, path);
  if (files.size === 0) return { bytes, externalData: dirname(path) };
  const externalData = commonFolder([...files.values()]);
  for (const { entry } of locations(model)) entry.value = relative(externalData, files.get(entry.value)!).replaceAll(sep, '/');
  return { bytes: serializeModel(model), externalData };
}

/**
 * Finds the files outside a network that hold its weights. Maps each location that the network names to the file's real
 * path.
 *
 * A location is a path below the network's folder. Links are followed as long as they stay in that folder. If the network
 * itself is a link out of its folder, as in stores of Hugging Face, DVC or git-annex, its weights may be such links, too.
 *
 * @throws {SegtileError} `model` for a location outside the folder; `input` if there is no regular file or it is too short
 */
export function weightFiles(model: ModelProto, path: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { entry, end } of locations(model)) {
    const { value } = entry;
    if (!files.has(value)) files.set(value, weightFile(value, path));
    const { size } = statSync(files.get(value)!);
    if (size >= end) continue;
    const message = `the weights of ${path} in ${JSON.stringify(value)} should have ${end} bytes but have ${size}`;
    throw new SegtileError('input', message, 'copy or export the model and its weights again, together');
  }
  return files;
}

function weightFile(place: string, path: string): string {
  const shown = JSON.stringify(place);
  const outside = (how: string) =>
    new SegtileError(
      'model',
      `${path} has weights in ${shown}, which ${how} its folder`,
      'export it with its weights beside it, or, where they are a link, put the file itself there',
    );
  const leaves = isAbsolute(place) || win32.isAbsolute(place) || place.split(/[/\\]/).includes('..');
  if (leaves || place === '' || place.includes('\0')) throw outside('is not a path below');
  const file = join(dirname(path), place);
  const unreadable = (why: string, cause?: unknown) =>
    new SegtileError('input', `cannot read the weights of ${path}: ${why}`, `put ${place} beside the model`, cause);
  try {
    const found = statSync(file);
    if (found.isDirectory()) throw unreadable(`${file} is a folder`);
    if (!found.isFile()) throw unreadable(`${file} is not a regular file`);
    const real = realpathSync(file);
    const stored = lstatSync(path).isSymbolicLink() && !isBelow(realpathSync(dirname(path)), realpathSync(path));
    if (!stored && !isBelow(realpathSync(dirname(path)), real)) throw outside(`leads to ${real}, out of`);
    return real;
  } catch (cause) {
    throw cause instanceof SegtileError ? cause : unreadable(reason(cause), cause);
  }
}

function isBelow(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The innermost folder that contains all of the files. */
function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]!);
  while (!files.every((file) => isBelow(folder, file))) folder = dirname(folder);
  return folder;
}

/**
 * Every location of weights that a network names, including those of constants in its nodes, and the number of bytes that
 * the file must at least have.
 */
function locations({ graph }: ModelProto): { readonly entry: { value: string }; readonly end: number }[] {
  const inside = graph?.node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? [])) ?? [];
  return [...(graph?.initializer ?? []), ...inside].flatMap(({ externalData }) => {
    const number = (name: string) => Number(externalData.find(({ key }) => key === name)?.value ?? 0);
    const end = number('offset') + number('length');
    return externalData.filter(({ key }) => key === 'location').map((entry) => ({ entry, end }));
  });
}
