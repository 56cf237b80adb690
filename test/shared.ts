import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = process.env.SEGTILE_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));

/** Path of a real file that is not part of the repository, or undefined where the folder that holds such files is absent. */
export function sharedFile(name: string): string | undefined {
  const path = `${folder}/data/${name}`;
  return existsSync(path) ? path : undefined;
}
