import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reason, SegtileError } from '../../../errors.js';
import { bundledModel, bundledNames } from '../../../model/card/bundled.js';
import type { Member } from '../../../model/card/ensemble.js';
import { openModel } from '../../../model/measured/open-model.js';
import { networkIn } from '../../../model/packages/find.js';
import type { InferOptions } from '../options.js';
import { cardFlags } from '../settings.js';

/** A model as the user names it. */
export interface NamedModel {
  readonly path: string;
  readonly weight: number;
  /** A remark on the name, if there is one. */
  readonly note?: string;
}

/**
 * Reads the models of `--model`. Each can be a file, the name of a bundled model, a package (a folder or ZIP that
 * describes its network), or a folder, from which every `.onnx` is taken in order of names. Each may be followed by
 * `:weight`; for a folder it is the weight of each of its models.
 *
 * @throws {SegtileError} `usage` for a weight that is not valid; `input` for a folder without models; `model` for files
 *   that are not models
 */
export async function readMembers(options: InferOptions, signal: AbortSignal): Promise<Member[]> {
  const named = await modelsNamed(options);
  if (named.length > 1 && options.card !== undefined) {
    throw new SegtileError(
      'usage',
      `--card describes one model, but there are ${named.length}`,
      'put a card beside each: model.segtile.json beside model.onnx',
    );
  }
  const members: Member[] = [];
  for (const { path, weight, note } of named) {
    const windows = options.window ? [options.window] : [];
    const { model } = await openModel(path, cardFlags(options), { cardPath: options.card, windows, signal });
    members.push({ model: note === undefined ? model : { ...model, notes: [note, ...model.notes] }, weight });
  }
  return members;
}

/**
 * The files of the models.
 *
 * @throws {SegtileError} as {@link readMembers}, except for errors in the files themselves
 */
export async function modelsNamed({ model = [bundledModel()] }: Pick<InferOptions, 'model'>): Promise<NamedModel[]> {
  return (await Promise.all(model.map(namedModels))).flat();
}

async function namedModels(text: string): Promise<NamedModel[]> {
  const { path, weight } = await weighted(text);
  const found = await stat(path).catch(() => undefined);
  const hidden = found && bundledNames.includes(path) ? `the bundled model; write ./${path} for what lies here` : undefined;
  if (hidden || !found?.isDirectory()) return [{ path: bundledModel(path), weight, ...(hidden && { note: hidden }) }];
  if (await networkIn(path)) return [{ path, weight }];
  const names = await readdir(path).catch((cause: unknown) => {
    throw new SegtileError('input', `cannot read the folder ${path}: ${reason(cause)}`, 'check its permissions', cause);
  });
  const models = names.filter((name) => /^[^.].*\.onnx$/i.test(name)).sort();
  if (names.includes('saved_model.pb')) return [{ path, weight }];
  if (models.length > 0) return models.map((name) => ({ path: join(path, name), weight }));
  throw new SegtileError('input', `the folder ${path} holds no .onnx file`, 'name a model, or a folder of models');
}

/** Separates a weight such as `:2` from the end of a name, unless a file with the whole name exists. */
async function weighted(text: string): Promise<NamedModel> {
  const [, path, number] = /^(.+):([^:/\\]*)$/.exec(text) ?? [];
  const whole = path === undefined || number === '' || (await stat(text).catch(() => undefined)) !== undefined;
  if (whole || path.length === 1) return { path: text, weight: 1 };
  const weight = Number(number);
  if (weight > 0 && Number.isFinite(weight)) return { path, weight };
  throw new SegtileError('usage', `expected a weight above 0 behind ${path} but got "${number}"`, 'write it like model.onnx:2');
}
