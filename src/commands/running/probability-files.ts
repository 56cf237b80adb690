import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { isRemote } from '../../io/location.js';

/**
 * The files of probabilities that are named, or lie in the folders that are named, in order of their names.
 *
 * @throws {SegtileError} `input` for a folder that has none or cannot be read
 */
export async function probabilityFiles(paths: readonly string[]): Promise<string[]> {
  const files = await Promise.all(paths.map((path) => (isRemote(path) ? [path] : filesAt(path))));
  return files.flat();
}

async function filesAt(path: string): Promise<string[]> {
  // What is not there is told when its turn comes, as of a file among others.
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return [path];
  const names = await readdir(path).catch((cause: unknown) => {
    throw new SegtileError('input', `cannot read the folder ${path}: ${reason(cause)}`, 'check its permissions', cause);
  });
  const files = names.filter((name) => /^[^.].*\.probabilities\.ome\.tiff?$/i.test(name)).sort();
  if (files.length > 0) return files.map((name) => join(path, name));
  throw new SegtileError(
    'input',
    `the folder ${path} holds no file that ends in .probabilities.ome.tif`,
    'segtile infer --probabilities uint8 writes them',
  );
}
