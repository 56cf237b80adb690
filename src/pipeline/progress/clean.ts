import { rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { claimPath, tryClaim } from '../../io/claim.js';
import { isOf, type WorkFile, workFiles } from './left-files.js';

/** Seconds without a write after which a file may be removed if its owner is not known. */
const PATIENCE = 300;

/** A file that was, or would be, removed. */
export interface Removed {
  readonly path: string;
  readonly kind: WorkFile['kind'];
  readonly bytes: number;
}

/**
 * Removes what killed runs left behind: strips and claims that no process holds, and results that were not finished.
 * Files that a process is working on stay. Files that were written within the last minutes stay, too, if their owner is
 * not known.
 *
 * @param dry only report what would be removed
 * @throws {SegtileError} `input` if the folder cannot be read; `output` if a file cannot be removed
 */
export async function removeLeftFiles(folder: string, dry: boolean): Promise<readonly Removed[]> {
  const { claims, others } = await workFiles(folder);
  const held = claims.filter(({ holder }) => !holder.left);
  const removed: Removed[] = [];
  const candidates = [...claims.filter(({ holder }) => holder.left), ...others];
  for (const file of candidates.filter((each) => !held.some((claim) => isOf(each, claim)))) {
    const found = await stat(file.path).catch(() => undefined);
    if (found === undefined) continue;
    const silent = (Date.now() - found.mtimeMs) / 1000;
    // A partial file may belong to something that is never claimed, such as a list.
    const isOurs = file.kind === 'strips' || (file.kind === 'claim' && claims.some(({ path }) => path === file.path));
    if (!isOurs && silent < PATIENCE) continue;
    if (dry || (await removeAlone(file))) removed.push({ path: file.path, kind: file.kind, bytes: found.size });
  }
  return removed;
}

/** Removes a file, unless a process has claimed its result in the meantime. */
async function removeAlone(file: WorkFile): Promise<boolean> {
  // A claim file is removed by taking the claim and releasing it, because another process may be about to take it over.
  const claim = file.kind === 'strips' ? claimOf(file) : file.path.endsWith('.claim') ? file.path : undefined;
  const held = claim === undefined ? undefined : await tryClaim(claim);
  if (held !== undefined && !held.taken) return false;
  if (file.path !== claim) await rm(file.path, { force: true });
  await held?.taken?.release();
  return true;
}

/** The claim that protects strips: that of the shard, or of the slide. */
function claimOf({ path, of }: WorkFile): string {
  const name = basename(of).replace(/\.column-\d+-of-\d+$/, '');
  return claimPath(join(dirname(path), name));
}
