import { readFile, stat } from 'node:fs/promises';

/**
 * Makes sure that a path leads to a regular file, before it is opened: opening a pipe may wait for ever, and a device
 * may never end.
 *
 * @throws {Error} the system's error if there is nothing, else one that says what is there
 */
export async function requireRegular(path: string): Promise<void> {
  const found = await stat(path);
  if (found.isDirectory()) throw new Error('it is a folder');
  if (!found.isFile()) throw new Error('it is not a regular file');
}

/**
 * Reads all bytes of a regular file.
 *
 * @throws {Error} as {@link requireRegular} and the system do; its code is `ENOENT` if there is no such file
 */
export async function readRegular(path: string): Promise<Buffer> {
  await requireRegular(path);
  return readFile(path);
}

/** Reads a whole file as UTF-8 text, see {@link readRegular}. */
export async function readRegularText(path: string): Promise<string> {
  return (await readRegular(path)).toString('utf8');
}
