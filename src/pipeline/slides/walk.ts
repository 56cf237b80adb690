import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { reason, SegtileError } from '../../errors.js';

/** A file below a folder. */
export interface FoundFile {
  readonly path: string;
  readonly name: string;
  /** The folders between the searched folder and the file, with `/` between them; '' if there are none. */
  readonly place: string;
}

/** The files below a folder. */
export interface FoundFiles {
  /** Regular files, and links whose target does not exist, in order of their paths. */
  readonly files: readonly FoundFile[];
  /** Folders that cannot be read, with the errors. */
  readonly unread: readonly { readonly path: string; readonly error: SegtileError }[];
}

/** The settings that decide which folders are searched. */
export interface Search {
  /** How many levels of folders are searched; by default all. */
  readonly depth?: number | undefined;
  /** Whether to skip a folder, given its path and the names in it. */
  readonly skip?: ((path: string, names: readonly string[]) => boolean) | undefined;
}

/**
 * All files in a folder and its subfolders. Names that begin with a dot are skipped. Links to folders are followed. A
 * folder that can be reached in several ways is searched once, so that circular links end.
 */
export async function filesBelow(folder: string, { depth = Number.POSITIVE_INFINITY, skip }: Search = {}): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  const unread: FoundFiles['unread'][number][] = [];
  const seen = new Set<string>();
  // Folders are searched level by level. If a link and a folder lead to the same place, the shorter path is thus taken.
  let level: { readonly path: string; readonly place: string }[] = [{ path: folder, place: '' }];
  for (let down = 0; level.length > 0; down++) {
    const below: typeof level = [];
    for (const { path, place } of level) {
      const entries = await entriesOf(path, seen).catch((cause: unknown) => {
        unread.push({ path, error: unreadable(path, cause) });
        return [];
      });
      if (
        skip?.(
          path,
          entries.map(({ name }) => name),
        )
      )
        continue;
      for (const { name, kind } of entries) {
        const own = join(path, name);
        if (kind === 'file') files.push({ path: own, name, place });
        else if (down < depth) below.push({ path: own, place: posix.join(place, name) });
      }
    }
    level = below;
  }
  return { files: files.sort(byPath), unread };
}

/** The entries of a folder, in order; empty if it was searched before. Pipes, sockets and devices are no files. */
async function entriesOf(folder: string, seen: Set<string>): Promise<{ name: string; kind: 'file' | 'folder' }[]> {
  const { dev, ino } = await stat(folder);
  const identity = `${dev}:${ino}`;
  if (seen.has(identity)) return [];
  seen.add(identity);
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const known = await Promise.all(entries.map(async (entry) => ({ name: entry.name, kind: await kindOf(folder, entry) })));
  return known.flatMap(({ name, kind }) => (kind === undefined ? [] : [{ name, kind }])).sort(byName);
}

async function kindOf(folder: string, entry: Dirent): Promise<'file' | 'folder' | undefined> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  const isKnown = entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice();
  if (isKnown) return undefined;
  // This is a link, or the file system does not tell the type. A link without a target counts as a file; the error is
  // reported when the file is read.
  const found = await stat(join(folder, entry.name)).catch(() => undefined);
  if (found === undefined || found.isFile()) return 'file';
  return found.isDirectory() ? 'folder' : undefined;
}

function unreadable(path: string, cause: unknown): SegtileError {
  const { code } = cause as NodeJS.ErrnoException;
  const denied = code === 'EACCES' || code === 'EPERM';
  const why = denied ? 'may not be read' : `cannot be read: ${reason(cause)}`;
  const hint = denied ? 'ask for permission to read it, or leave it out' : 'check the path, and whether its disk is there';
  return new SegtileError('input', `the folder ${path} ${why}`, hint, cause);
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function byPath(a: FoundFile, b: FoundFile): number {
  return a.path < b.path ? -1 : 1;
}
