import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bundledModel } from '../../model/card/bundled.js';
import type { TruthConfig } from '../../truth/config.js';
import { versions } from '../records/machine.js';

/** Everything that the result of a variant on a slide depends on. */
export interface Dependencies {
  /** Arguments of `segtile infer`. */
  readonly args: readonly string[];
  readonly slide: string;
  readonly truth: string;
  readonly config: TruthConfig | undefined;
  /** Other settings, as plain data. */
  readonly settings: object;
}

/**
 * A hash of everything that a result depends on: settings, versions, and the name, size and time of every file that is read. This includes files
 * named in arguments: models with their cards, folders of models, thresholds, tissue.
 */
export async function compareKey({ args, slide, truth, config, settings }: Dependencies): Promise<string> {
  const files = await Promise.all([slide, truth, ...args.flatMap(placesOf)].map(factsOf));
  const plain = JSON.stringify([args, config, settings, versions(), files], (_, value: unknown) =>
    value instanceof Map ? [...value] : value,
  );
  return createHash('sha256').update(plain).digest('hex');
}

/** The paths that an argument may name: the argument itself, without the weight of a model, and the card beside that. */
function placesOf(argument: string): string[] {
  const path = bundledModel(argument.replace(/:[^:/\\]*$/, ''));
  return [argument, path, path.replace(/\.onnx$/i, '.segtile.json')];
}

async function factsOf(path: string): Promise<unknown> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path, found?.size, found?.mtimeMs];
  return Promise.all((await readdir(path)).sort().map((name) => factsOf(join(path, name))));
}
