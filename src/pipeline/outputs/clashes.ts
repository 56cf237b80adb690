import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { existsError } from '../../io/partial-file.js';

/** Identities (device and inode) of the paths that are local files. All names of the same file give the same identity. */
export async function identities(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return new Set(found.flatMap((each) => (each ? [identityOf(each)] : [])));
}

function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

/**
 * Checks, before any work is done, that the results will not replace files that they should not replace.
 *
 * @param inputs from {@link identities}, of every file that the command reads; none of them is ever replaced, even if
 *   `overwrite` is set
 * @throws {SegtileError} `output` if a file exists already, or is an input
 */
export async function refuseClashes(inputs: ReadonlySet<string>, paths: readonly string[], overwrite: boolean): Promise<void> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (!found) continue;
    if (found.isDirectory()) throw new SegtileError('output', `${path} is a folder`, 'choose another place with --output');
    if (inputs.has(identityOf(found))) {
      throw new SegtileError('output', `${path} is a file that the command reads`, 'choose another name with --output');
    }
    if (!overwrite) throw existsError(path);
  }
}

/**
 * Makes the folder of a file.
 *
 * @throws {SegtileError} `output` if the folder cannot be made
 */
export async function makeFolder(file: string): Promise<void> {
  const folder = dirname(file);
  await make(folder).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' || error.code === 'ENOTDIR' ? 'a file stands in the way' : reason(error).split(', ')[0];
    throw new SegtileError('output', `cannot make the folder ${folder}: ${why}`, 'choose another with --output', error);
  });
}

/**
 * Makes a folder and its parents. Node's `mkdir` with `recursive` never returns on file systems that allow no new
 * folders, such as /proc.
 */
async function make(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (dirname(folder) !== folder) await make(dirname(folder));
  await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    // Another process may have made the folder in the meantime.
    if (error.code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
  });
}
