import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bundledModel } from '../../model/card/bundled.js';
import type { TruthConfig } from '../../truth/config.js';
import type { InferOptions } from '../prepare/options.js';
import { versions } from '../records/machine.js';

/** Everything that the result of a variant on a slide depends on. */
export interface Dependencies {
  readonly options: InferOptions;
  readonly slide: string;
  readonly truth: string;
  readonly config: TruthConfig | undefined;
  /** Other settings, as plain data. */
  readonly settings: object;
}

/**
 * A hash of everything that a result depends on: settings, versions, and the name, size and time of every file that is
 * read. This includes files that options name: models with their cards, folders of models, thresholds, tissue. The
 * place of the results is not part of the hash.
 */
export async function compareKey({ options, slide, truth, config, settings }: Dependencies): Promise<string> {
  const { output: _, overwrite: __, history: ___, ...deciding } = options;
  const files = await Promise.all([slide, truth, ...textsIn(deciding).flatMap(placesOf)].map(factsOf));
  return createHash('sha256')
    .update(dataKey([deciding, config, settings, versions(), files]))
    .digest('hex');
}

/** Plain data as text. Equal data gives equal text, whatever the order of its keys. */
export function dataKey(data: unknown): string {
  return JSON.stringify(data, (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** All strings in plain data. */
function textsIn(data: unknown): string[] {
  if (typeof data === 'string') return [data];
  return typeof data === 'object' && data !== null ? Object.values(data).flatMap(textsIn) : [];
}

/**
 * The paths that a text may name: the text itself, the path without the weight of a model, and the model card beside
 * that path.
 */
function placesOf(text: string): string[] {
  const path = bundledModel(text.replace(/:[^:/\\]*$/, ''));
  return [text, path, path.replace(/\.onnx$/i, '.segtile.json')];
}

async function factsOf(path: string): Promise<unknown> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path, found?.size, found?.mtimeMs];
  return Promise.all((await readdir(path)).sort().map((name) => factsOf(join(path, name))));
}
