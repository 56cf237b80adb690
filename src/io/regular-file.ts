import { readFile, stat } from 'node:fs/promises';

/**
 * Makes sure that a path leads to a regular file, before it is opened: opening a pipe may wait for ever, and a device may never end.
 *
 * @throws {Error} as the system does where there is nothing, else saying what it is
 */
export async function requireRegular(path: string): Promise<void> {
  const found = await stat(path);
  if (found.isDirectory()) throw new Error('it is a folder');
  if (!found.isFile()) throw new Error('it is not a regular file');
}

/**
 * The bytes of a whole file, which is a regular one.
 *
 * @throws {Error} as {@link requireRegular} and the system do; `ENOENT` is the code where there is no such file
 */
export async function readRegular(path: string): Promise<Buffer> {
  await requireRegular(path);
  return readFile(path);
}

/** The text of a whole file in UTF-8, see {@link readRegular}. */
export async function readRegularText(path: string): Promise<string> {
  return (await readRegular(path)).toString('utf8');
}
