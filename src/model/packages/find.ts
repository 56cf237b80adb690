import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { readRegularText } from '../../io/regular-file.js';
import { isTooDeep } from '../../plan/text/json.js';
import type { NetworkFile } from '../graph/read.js';
import { leadsToZip, unpacked } from './archive.js';
import { isDeepness, readDeepness } from './deepness.js';
import { type Fields, fieldsOf, type PackageCard, type PackageDocument, type PackageFormat } from './package.js';
import { formats } from './registry.js';

/** A network that was found in a folder or a ZIP. */
export interface FoundNetwork {
  readonly path: string;
  /** The card and the folder of the package that the network is in. */
  readonly card?: PackageCard;
  readonly folder: string;
}

/** Folders of a package in which networks are looked for, nearest first. */
const homes = ['', 'onnx', 'models'];

/**
 * Finds the network in a folder or ZIP, together with its description. Undefined if the path leads to a network itself, or
 * to a folder without a description.
 *
 * @throws {SegtileError} `model` if segtile cannot follow the description; `input` if the network is missing
 */
export async function networkIn(path: string, signal?: AbortSignal): Promise<FoundNetwork | undefined> {
  if (await leadsToZip(path)) {
    // A Keras file is also a ZIP with a config.json.
    const holds = (names: readonly string[]) => names.some((name) => /\.(onnx|ya?ml)$/i.test(name));
    const folder = await unpacked(path, holds, signal);
    if (folder === undefined) return undefined;
    return (await described(folder)) ?? { path: await onlyNetwork(folder, path), folder };
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return described(path);
  return found?.isFile() && isDocument(basename(path)) ? described(dirname(path)) : undefined;
}

/**
 * The description of a network in a foreign format: in its own metadata, or in a document of its folder.
 *
 * @throws {SegtileError} `model` if segtile cannot follow the description
 */
export async function cardOfOthers({ path, metadata, model }: NetworkFile): Promise<PackageCard | undefined> {
  if (isDeepness(metadata)) return readDeepness(metadata, path, channelsOf(model));
  const folder = dirname(path);
  const inner = homes.includes(basename(folder)) ? [dirname(folder)] : [];
  for (const home of [folder, ...inner]) {
    const document = await documentIn(home);
    const card = await document?.format.read(document);
    // A description that names another network of the folder does not apply to this one.
    if (card && (card.network === undefined || basename(card.network.path) === basename(path))) return card;
  }
  return undefined;
}

/** The second size that the first output declares, where it declares four and that one is fixed. */
function channelsOf({ graph }: NetworkFile['model']): number | undefined {
  const dims = graph?.output[0]?.type?.tensorType?.shape?.dim ?? [];
  return (dims.length === 4 && Number(dims[1]!.dimValue)) || undefined;
}

/**
 * Reads a document in a foreign format as a card. Undefined if its format is unknown, as for segtile's own cards.
 *
 * @throws {SegtileError} `model` if segtile cannot follow the description
 */
export async function cardIn(path: string): Promise<PackageCard | undefined> {
  if (!isDocument(basename(path))) return undefined;
  const fields = await fieldsIn(path);
  const format = fields && formats.find((each) => each.recognises(fields));
  return format?.read({ file: basename(path), fields: fields!, other: (name) => fieldsIn(join(dirname(path), name)) });
}

/**
 * Checks that a description belongs to this network.
 *
 * @throws {SegtileError} `model` if the network has a different digest
 */
export function requireDescribed({ path, bytes }: NetworkFile, { network, from }: PackageCard): void {
  if (network?.sha256 === undefined) return;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 === network.sha256.toLowerCase()) return;
  throw new SegtileError(
    'model',
    `${from} is of a network with the SHA-256 ${network.sha256}, but ${path} has ${sha256}`,
    'download the package again, or write a card of its own beside the network',
  );
}

/** File names of networks in ONNX or another format. Files of other formats are reported later as what they are. */
const NETWORK = /\.(onnx|pth|pt|pt2|ckpt|safetensors|h5|hdf5|keras|tflite|pb|mlmodel|engine|plan|torchscript)$/i;

/** Whether a path leads to a network or a package with one, rather than to a slide. */
export async function isModel(path: string): Promise<boolean> {
  if (NETWORK.test(path) || (await leadsToZip(path))) return true;
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found !== undefined && isDocument(basename(path));
  const names = await readdir(path).catch((): string[] => []);
  return names.includes('saved_model.pb') || (await documentIn(path)) !== undefined;
}

function isDocument(name: string): boolean {
  return formats.some(({ files }) => files.some((file) => basename(file) === name));
}

/** The network of a folder with a description. Undefined if it has none. */
async function described(folder: string): Promise<FoundNetwork | undefined> {
  const document = await documentIn(folder);
  if (!document) return undefined;
  const read = await document.format.read(document);
  // Networks in such folders usually have the same file name, so the folder's name is more telling.
  const card = { ...read, card: { name: basename(resolve(folder)), ...read.card } };
  const path = card.network ? join(folder, card.network.path) : await onlyNetwork(folder, folder);
  if (await stat(path).catch(() => undefined)) return { path, card, folder };
  throw new SegtileError(
    'input',
    `${join(folder, document.file)} names ${path}, which is not there`,
    'download the whole package',
  );
}

async function documentIn(folder: string): Promise<(PackageDocument & { readonly format: PackageFormat }) | undefined> {
  for (const format of formats)
    for (const file of format.files) {
      const fields = await fieldsIn(join(folder, file));
      if (fields && format.recognises(fields)) return { format, file, fields, other: (name) => fieldsIn(join(folder, name)) };
    }
  return undefined;
}

/** Largest size of a document, in bytes. Larger files do not describe networks. */
const MOST_BYTES = 16 * 2 ** 20;

/** Reads a YAML or JSON document as keys and values. Undefined if there is no file, or if it is something else. */
async function fieldsIn(path: string): Promise<Fields | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found && found.size > MOST_BYTES) return undefined;
  const text = await readRegularText(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw new SegtileError('input', `cannot read ${path}: ${reason(cause)}`, 'check what the path leads to', cause);
  });
  if (text === undefined) return undefined;
  try {
    if (path.endsWith('.json')) return isTooDeep(text) ? undefined : fieldsOf(JSON.parse(text));
    // Loaded only when needed: most networks have no such document, and YAML is the largest package that reads one.
    const { parse } = await import('yaml');
    return fieldsOf(parse(text));
  } catch (cause) {
    if (path.endsWith('.json')) return undefined;
    throw new SegtileError('model', `${path} is not YAML: ${reason(cause).split('\n')[0]}`, 'download it again', cause);
  }
}

/** The path of the only network in a folder, or of the one with the name that exporters use, `model.onnx`. */
async function onlyNetwork(folder: string, shown: string): Promise<string> {
  for (const home of homes) {
    const names = await readdir(join(folder, home)).catch((): string[] => []);
    const all = names.filter((name) => /^[^.].*\.onnx$/i.test(name)).sort();
    const [first] = all;
    if (first === undefined) continue;
    const usual = all.length === 1 ? first : all.find((name) => name === 'model.onnx');
    if (usual !== undefined) return join(folder, home, usual);
    throw new SegtileError('input', `${shown} holds ${all.length} networks: ${all.join(', ')}`, 'give the path of one');
  }
  const names = await readdir(folder).catch((): string[] => []);
  const weights = names.filter((name) => /\.(safetensors|bin|pt|pth|ckpt|h5|keras|tflite|msgpack)$/i.test(name));
  throw new SegtileError(
    'input',
    `${shown} describes a network but holds no .onnx file${weights.length > 0 ? `, only ${weights.join(', ')}` : ''}`,
    'export it: optimum-cli export onnx --model FOLDER out, for a model of Hugging Face; torch.onnx.export for others',
  );
}
