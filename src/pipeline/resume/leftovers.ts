import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathsOf, type RunFiles } from '../outputs/files.js';

/** What the names of all files of a result begin with. */
export function stemOf({ record }: Pick<RunFiles, 'record'>): string {
  return record.replace(/\.run\.json$/, '');
}

/** Where the strips of a run stand until it is done: a hidden file beside its result. */
export function stripsPath(files: Pick<RunFiles, 'record'>): string {
  const stem = stemOf(files);
  return join(dirname(stem), `.${basename(stem)}.strips`);
}

/** Where the strips of some columns stand, beside those of all. */
export function columnStripsPath(strips: string, index: number, count: number): string {
  return strips.replace(/\.strips$/, `.column-${index}-of-${count}.strips`);
}

/** Files of strips of columns, see {@link columnStripsPath}. */
async function columnStrips(strips: string): Promise<string[]> {
  const begin = basename(strips).replace(/strips$/, 'column-');
  const names = await readdir(dirname(strips)).catch(() => []);
  return names.filter((name) => name.startsWith(begin) && /^\d+-of-\d+\.strips$/.test(name.slice(begin.length)));
}

/**
 * Removes what a run that was killed left of the files that it had not done. Only who holds the claim of a result may do so.
 *
 * @returns how many there were
 */
export async function removePartials(files: RunFiles): Promise<number> {
  const folder = dirname(files.record);
  const begins = pathsOf(files).map((path) => `.${basename(path)}.partial-`);
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) =>
    begins.some((begin) => name.startsWith(begin) && /^[0-9a-f]+$/.test(name.slice(begin.length))),
  );
  for (const name of left) await rm(join(folder, name), { force: true });
  return left.length;
}

/** Whether a run left strips beside a result. */
export async function isLeft(files: Pick<RunFiles, 'record'>): Promise<boolean> {
  return (await lstat(stripsPath(files)).catch(() => undefined)) !== undefined;
}

/**
 * Removes all that was left beside a result which is whole: strips, and files that were not done. Only who holds its claim may do so.
 *
 * @returns how many files there were
 */
export async function removeLeft(files: RunFiles): Promise<number> {
  const strips = stripsPath(files);
  const left = [...((await isLeft(files)) ? [basename(strips)] : []), ...(await columnStrips(strips))];
  for (const name of left) await rm(join(dirname(strips), name), { force: true });
  return left.length + (await removePartials(files));
}

/** A file that is about to get its final name, by what stays the same when it does. */
export interface Placed {
  readonly name: string;
  /** Its number on its disk. */
  readonly ino: string;
}

/** A note in a file of strips: from now on files get their final names, and may stand there without a record. */
export interface PlacingNote {
  readonly placing: readonly Placed[];
}

/** What is about to get its final name. */
export async function placingNote(files: RunFiles): Promise<PlacingNote> {
  const folder = dirname(files.record);
  const names = await readdir(folder);
  const placing: Placed[] = [];
  for (const path of pathsOf(files)) {
    const begin = `.${basename(path)}.partial-`;
    for (const name of names.filter((each) => each.startsWith(begin))) {
      const found = await lstat(join(folder, name), { bigint: true }).catch(() => undefined);
      if (found) placing.push({ name: basename(path), ino: String(found.ino) });
    }
  }
  return { placing };
}

/**
 * Removes files that have their final names but no record, since the run that made them was killed in between. They are made again, of its strips.
 *
 * @param notes of its strips
 */
export async function removePlaced(files: RunFiles, notes: readonly object[]): Promise<void> {
  const placed = (notes as readonly Partial<PlacingNote>[]).flatMap(({ placing = [] }) => placing);
  for (const path of pathsOf(files)) {
    const found = await lstat(path, { bigint: true }).catch(() => undefined);
    if (found && placed.some(({ name, ino }) => name === basename(path) && ino === String(found.ino)))
      await rm(path, { force: true });
  }
}
