import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reason, SegtileError } from '../../errors.js';
import { holderOf, type SeenHolder } from '../../io/claim.js';

/** A hidden file that a run keeps beside its results until they are done. */
export interface WorkFile {
  readonly path: string;
  /** `strips` are finished rows, `partial` files are incomplete results, `claim` files say which process works there. */
  readonly kind: 'strips' | 'partial' | 'claim';
  /** What the file belongs to: the start of the names of all files of a slide, or of a shard. */
  readonly of: string;
}

/** A claim that is held. */
export interface SeenClaim extends WorkFile {
  readonly holder: SeenHolder;
}

/** The files that runs have, or have left, in a folder of results and its subfolders. */
export interface WorkFiles {
  /** All files that are not hidden. */
  readonly results: readonly string[];
  readonly claims: readonly SeenClaim[];
  readonly others: readonly WorkFile[];
}

const KINDS: readonly (readonly [RegExp, WorkFile['kind']])[] = [
  [/^\.(.+)\.strips$/, 'strips'],
  [/^\.(.+)\.partial-[0-9a-f]+$/, 'partial'],
  [/^\.(.+)\.claim(?:[-.][0-9a-f]{8})*$/, 'claim'],
];

/**
 * Finds the files of runs in a folder of results and its subfolders.
 *
 * @throws {SegtileError} `input` if the folder cannot be read
 */
export async function workFiles(folder: string): Promise<WorkFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    const hint = 'name the folder that results were, or are being, written to';
    throw new SegtileError('input', `cannot read the folder ${folder}: ${reason(cause)}`, hint, cause);
  });
  const results: string[] = [];
  const others: WorkFile[] = [];
  const claims: SeenClaim[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const file = workFile(path);
    if (file === undefined) {
      if (!entry.name.startsWith('.')) results.push(path);
      continue;
    }
    // A claim that is gone by now does not count.
    const holder = file.kind === 'claim' && entry.name.endsWith('.claim') ? await holderOf(path) : undefined;
    if (holder !== undefined) claims.push({ ...file, holder });
    else others.push(file);
  }
  const byPath = (a: { readonly path: string }, b: { readonly path: string }): number => (a.path < b.path ? -1 : 1);
  return { results: results.sort(), claims: claims.sort(byPath), others: others.sort(byPath) };
}

function workFile(path: string): WorkFile | undefined {
  for (const [pattern, kind] of KINDS) {
    const [, name] = pattern.exec(basename(path)) ?? [];
    if (name !== undefined) return { path, kind, of: join(dirname(path), name) };
  }
  return undefined;
}

/** Whether a file belongs to the slide or the shard of a claim. */
export function isOf({ of }: WorkFile, claim: Pick<WorkFile, 'of'>): boolean {
  return of === claim.of || of.startsWith(`${claim.of}.`);
}
