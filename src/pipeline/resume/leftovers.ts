import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isPartialOf } from '../../io/partial-file.js';
import { pathsOf, type RunFiles } from '../outputs/files.js';

/** The start of the names of all files of a result. */
export function stemOf({ record }: Pick<RunFiles, 'record'>): string {
  return record.replace(/\.run\.json$/, '');
}

/** The path of the strips of a run until it is finished: a hidden file beside its result. */
export function stripsPath(files: Pick<RunFiles, 'record'>): string {
  const stem = stemOf(files);
  return join(dirname(stem), `.${basename(stem)}.strips`);
}

/** The path of the strips of some columns, beside the strips of all columns. */
export function columnStripsPath(strips: string, index: number, count: number): string {
  return strips.replace(/\.strips$/, `.column-${index}-of-${count}.strips`);
}

/** Paths of all files of column strips beside some strips, see {@link columnStripsPath}, in whatever number of columns. */
export async function columnStrips(strips: string): Promise<string[]> {
  const begin = basename(strips).replace(/strips$/, 'column-');
  const names = await readdir(dirname(strips)).catch(() => []);
  const own = names.filter((name) => name.startsWith(begin) && /^\d+-of-\d+\.strips$/.test(name.slice(begin.length)));
  return own.map((name) => join(dirname(strips), name));
}

/**
 * Removes the unfinished files that a killed run left behind. The caller must hold the claim of the result.
 *
 * @returns the number of removed files
 */
export async function removePartials(files: RunFiles): Promise<number> {
  const folder = dirname(files.record);
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => pathsOf(files).some((path) => isPartialOf(name, path)));
  for (const name of left) await rm(join(folder, name), { force: true });
  return left.length;
}

/** Whether a run left strips beside a result. */
export async function isLeft(files: Pick<RunFiles, 'record'>): Promise<boolean> {
  return (await lstat(stripsPath(files)).catch(() => undefined)) !== undefined;
}

/**
 * Removes everything that was left beside a finished result: strips and unfinished files. The caller must hold its
 * claim.
 *
 * @returns the number of removed files
 */
export async function removeLeft(files: RunFiles): Promise<number> {
  const strips = stripsPath(files);
  const left = [...((await isLeft(files)) ? [strips] : []), ...(await columnStrips(strips))];
  for (const path of left) await rm(path, { force: true });
  return left.length + (await removePartials(files));
}

/**
 * A file that is about to get its final name. It is identified by its inode, which stays the same when the file is
 * renamed.
 */
export interface Placed {
  readonly name: string;
  /** Its inode number. */
  readonly ino: string;
}

/** A note in a file of strips: from now on files get their final names, and may exist without a record. */
export interface PlacingNote {
  readonly placing: readonly Placed[];
}

/** The note that lists the files which are about to get their final names. */
export async function placingNote(files: RunFiles): Promise<PlacingNote> {
  const folder = dirname(files.record);
  const names = await readdir(folder);
  const placing: Placed[] = [];
  for (const path of pathsOf(files)) {
    for (const name of names.filter((each) => isPartialOf(each, path))) {
      const found = await lstat(join(folder, name), { bigint: true }).catch(() => undefined);
      if (found) placing.push({ name: basename(path), ino: String(found.ino) });
    }
  }
  return { placing };
}

/**
 * Removes files that have their final names but no record because their run was killed in between. They are made again
 * from its strips.
 *
 * @param notes the notes in its strips
 */
export async function removePlaced(files: RunFiles, notes: readonly object[]): Promise<void> {
  const placed = (notes as readonly Partial<PlacingNote>[]).flatMap(({ placing = [] }) => placing);
  for (const path of pathsOf(files)) {
    const found = await lstat(path, { bigint: true }).catch(() => undefined);
    if (found && placed.some(({ name, ino }) => name === basename(path) && ino === String(found.ino)))
      await rm(path, { force: true });
  }
}
