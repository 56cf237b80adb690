import { rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { tryClaim } from '../../io/claim.js';
import { isOf, type WorkFile, workFiles } from './left-files.js';

/** Seconds for which nobody must have written to a file of which nobody can say whose it is. */
const PATIENCE = 300;

/** A file that was, or would be, removed. */
export interface Removed {
  readonly path: string;
  readonly kind: WorkFile['kind'];
  readonly bytes: number;
}

/**
 * Removes what runs left that were killed: strips and claims that nobody holds, and results that were not done. What a process is working on stays, and so
 * does what was written within the last minutes and cannot be told.
 *
 * @param dry only says what would be removed
 * @throws {SegtileError} `input` where the folder cannot be read, `output` where a file cannot be removed
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
    // A partial file may be of something that is not claimed, such as a list.
    const isOurs = file.kind === 'strips' || (file.kind === 'claim' && claims.some(({ path }) => path === file.path));
    if (!isOurs && silent < PATIENCE) continue;
    if (dry || (await removeAlone(file))) removed.push({ path: file.path, kind: file.kind, bytes: found.size });
  }
  return removed;
}

/** Removes a file, unless a process has taken up what it is of since. */
async function removeAlone(file: WorkFile): Promise<boolean> {
  // A claim goes by being taken and given back: another process may be about to take it over.
  const claim = file.kind === 'strips' ? claimOf(file) : file.path.endsWith('.claim') ? file.path : undefined;
  const held = claim === undefined ? undefined : await tryClaim(claim);
  if (held !== undefined && !held.taken) return false;
  if (file.path !== claim) await rm(file.path, { force: true });
  await held?.taken?.release();
  return true;
}

/** The claim under which strips are written: of the shard, or of the slide. */
function claimOf({ path, of }: WorkFile): string {
  const name = basename(of).replace(/\.column-\d+-of-\d+$/, '');
  const result = /\.shard-\d+-of-\d+$/.test(name) ? `${name}.strips` : name;
  return join(dirname(path), `.${result}.claim`);
}
