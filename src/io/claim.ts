import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SegtileError } from '../errors.js';
import { type ClaimNote, claimBytes, type FoundClaim, readClaim } from './claim-file.js';
import { NO_LINKS, outputError, temporaries } from './partial-file.js';
import { ownIdentity, type ProcessIdentity, processState } from './process-identity.js';

/**
 * A claim reserves a result for one process at a time, on one machine or on several that share a file system. It is a
 * small file beside the result. It says which process holds it, and that process touches it every few seconds.
 *
 * The owner of a claim counts as gone in two cases: it ran on this machine and has ended, which is seen at once; or it
 * ran elsewhere and has not touched the claim for minutes. Then another process takes the claim over. Only one process
 * gets it, for these reasons:
 *
 * - A process takes a free claim by giving a complete file the claim's name, which fails if the name is taken.
 * - A process replaces an abandoned claim only while it holds the *succession* of that claim. The succession is a claim
 *   like any other; its name ends in the token of the abandoned claim. Once the process holds it, the process checks
 *   again that the same abandoned claim still stands, because a faster process may have replaced it already. Only then
 *   does it move its own file over the claim. If it dies in between, its succession is an abandoned claim, and is taken
 *   over in the same way.
 * - One case remains, which no file system can rule out. An owner elsewhere that was silent for minutes wakes up and
 *   gives its claim back, and another process takes it, all between that check and the move. So an owner reads its
 *   claim at each touch, and `lost` fires if another process has it.
 */
export interface Claim extends AsyncDisposable {
  /**
   * Fires if another process took the claim over because this one could not touch it for minutes, or if the claim was
   * deleted. Its reason is a {@link SegtileError} `output` that says who holds the claim.
   */
  readonly lost: AbortSignal;
  /** Gives the claim back. May be called twice. */
  release(): Promise<void>;
}

/** Who holds a claim. */
export interface Holder {
  /** Undefined if the content of the claim cannot be read. */
  readonly process: ProcessIdentity | undefined;
  /** When it took the claim, as an ISO date by its own clock. Empty if that cannot be read. */
  readonly since: string;
  /** Seconds since it last touched the claim. */
  readonly silent: number;
}

/** How often a claim is touched, and when its owner counts as gone. */
export interface ClaimOptions {
  /** Seconds between two touches; 15 by default. */
  readonly touch?: number;
  /**
   * Seconds without a touch after which the owner counts as gone, if it cannot be seen whether it runs; 300 by default.
   */
  readonly patience?: number;
}

/** Path of the claim of a result: a hidden file beside it. */
export function claimPath(result: string): string {
  const path = resolve(result);
  return join(dirname(path), `.${basename(path)}.claim`);
}

/** Whether a name, in the folder of a claim, is that of the claim or of an attempt at it. */
export function isOfClaim(name: string, path: string): boolean {
  const begin = basename(path);
  return name.startsWith(begin) && /^(?:[-.][0-9a-f]{8})*$/.test(name.slice(begin.length));
}

/**
 * Claims a result.
 *
 * @param path of the claim, see {@link claimPath}; its folder must exist
 * @param what the result as the user named it, for the error
 * @throws {SegtileError} `output` if another process holds the claim, or if it cannot be written
 */
export async function claim(path: string, what: string, options?: ClaimOptions): Promise<Claim> {
  const { taken, holder } = await tryClaim(path, options);
  if (taken) return taken;
  const hint = 'wait until it is done, or choose another place';
  throw new SegtileError('output', `${what} is being written by ${holderText(holder)}`, hint);
}

/**
 * Claims a result like {@link claim}, but returns the holder if another process has the claim.
 *
 * @throws {SegtileError} `output` if the claim cannot be read or written
 */
export async function tryClaim(
  path: string,
  { touch = 15, patience = 300 }: ClaimOptions = {},
): Promise<{ readonly taken: Claim; readonly holder?: never } | { readonly taken?: never; readonly holder: Holder }> {
  const own: ClaimNote = {
    token: randomBytes(4).toString('hex'),
    since: new Date().toISOString(),
    process: await ownIdentity(),
  };
  const temporary = `${path}-${own.token}`;
  try {
    temporaries.add(temporary);
    await create(temporary, own);
    // File times of a shared file system come from the clock of its server. So they are compared with the time of a
    // file that was just written there.
    const now = (await stat(temporary)).mtimeMs;
    const holder = await take(path, temporary, own, (found) => isLeft(found, now, patience));
    if (holder) return { holder: { process: holder.process, since: holder.since, silent: seconds(holder, now) } };
    return { taken: held(path, own, await open(path, 'r+'), touch, patience) };
  } catch (error) {
    throw outputError(path, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
    temporaries.delete(temporary);
  }
}

/**
 * Who holds a claim, and whether that process is gone, so that the claim can be taken over. By the clock of this
 * machine.
 */
export interface SeenHolder extends Holder {
  readonly left: boolean;
}

/** Who holds a claim, without taking it; undefined if there is no claim. */
export async function holderOf(
  path: string,
  { patience = 300 }: Pick<ClaimOptions, 'patience'> = {},
): Promise<SeenHolder | undefined> {
  const found = await readClaim(path);
  if (found === undefined) return undefined;
  const now = Date.now();
  const left = await isLeft(found, now, patience);
  return { process: found.process, since: found.since, silent: seconds(found, now), left };
}

/** Who holds a claim, in words. */
export function holderText({ process: owner, since, silent }: Holder): string {
  const sign = silent < 60 ? '' : `, and last gave a sign of life ${Math.round(silent / 60)} min ago`;
  if (!owner) return `another process${sign}`;
  return `process ${owner.pid} on ${owner.host}, which began at ${since}${sign}`;
}

/** Attempts at a claim whose name is taken but which cannot be found. */
const TRIES = 100;

/**
 * Takes a claim by giving it the file at `temporary`.
 *
 * @returns undefined if this process has the claim now, else the claim of its holder
 */
async function take(
  path: string,
  temporary: string,
  own: ClaimNote,
  left: (found: FoundClaim) => Promise<boolean>,
): Promise<FoundClaim | undefined> {
  for (let tries = 1; ; tries++) {
    if (await placeNew(temporary, path, own)) return undefined;
    const found = await readClaim(path);
    if (found === undefined) {
      // Its holder gave it back meanwhile. But the name may also be a symbolic link to nothing: that can never be read,
      // and its name never becomes free.
      if (tries === TRIES) throw new Error('it can neither be read nor written');
      await delay(10);
      continue;
    }
    // If a file server answers late, the system asks again. The second answer says that the name is taken: by this
    // process.
    if (found.token === own.token) return undefined;
    if (!(await left(found))) return found;
    const succession = `${path}.${found.token}`;
    const rival = await take(succession, temporary, own, left);
    if (rival) return rival;
    const still = await readClaim(path);
    if (still?.token === found.token && (await left(still))) {
      await rename(succession, path);
      return undefined;
    }
    await rm(succession, { force: true });
  }
}

/**
 * Whether the owner of a claim is gone. A process that is seen to run is not gone, however long it has been silent: it
 * may have been suspended for a while.
 */
async function isLeft(found: FoundClaim, now: number, patience: number): Promise<boolean> {
  const state = found.process ? await processState(found.process) : 'unknown';
  return state === 'unknown' ? seconds(found, now) > patience : state === 'ended';
}

/** Seconds after which an attempt at a claim that has no content yet gets none any more. */
const BLANK = 10;

/** Removes what processes left beside a claim that were killed while they took it. The claim must be held. */
async function removeAttempts(path: string, now: number, patience: number): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder)) {
    if (name === basename(path) || !isOfClaim(name, path)) continue;
    const found = await readClaim(join(folder, name));
    if (found === undefined) continue;
    const left = found.process ? await isLeft(found, now, patience) : seconds(found, now) > BLANK;
    if (left) await rm(join(folder, name), { force: true });
  }
}

function seconds({ touched }: FoundClaim, now: number): number {
  return Math.max(0, (now - touched) / 1000);
}

/** Gives the file at `temporary` the name of the claim; false if the name is taken. */
async function placeNew(temporary: string, path: string, own: ClaimNote): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
  }
  try {
    // For a moment other processes see an empty claim, which counts as just touched.
    await create(path, own);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function create(path: string, own: ClaimNote): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(claimBytes(own));
  } finally {
    await handle.close();
  }
}

/**
 * A claim of this process, which is touched from now on. The handle belongs to this file, even if another file gets its
 * name later.
 */
function held(path: string, own: ClaimNote, handle: FileHandle, touch: number, patience: number): Claim {
  const lost = new AbortController();
  let [touching, released]: [Promise<void> | undefined, Promise<void> | undefined] = [undefined, undefined];
  temporaries.add(path);

  async function touchOnce(): Promise<void> {
    try {
      // Writing makes the server set the time. The bytes stay the same, so that a process that reads meanwhile sees a
      // valid claim.
      await handle.write(claimBytes(own), 0, undefined, 0);
      await handle.datasync();
      const found = await readClaim(path);
      if (found?.token !== own.token) lose(found);
    } catch {
      // The disk may be unavailable for a moment; the next touch tries again.
    }
  }

  function lose(found: FoundClaim | undefined): void {
    clearInterval(timer);
    temporaries.delete(path);
    const what = found ? `is held by ${holderText({ ...found, silent: 0 })}` : 'was deleted while the run went on';
    lost.abort(new SegtileError('output', `${path} ${what}`, 'start again once it is done'));
  }

  async function giveBack(): Promise<void> {
    clearInterval(timer);
    await touching;
    await handle.close().catch(() => undefined);
    // If the claim cannot be deleted, another process takes it over later, because this process will be gone.
    const found = await readClaim(path).catch(() => undefined);
    if (found?.token === own.token) {
      await removeAttempts(path, found.touched, patience).catch(() => undefined);
      await rm(path, { force: true }).catch(() => undefined);
    }
    temporaries.delete(path);
  }

  const timer = setInterval(() => {
    touching ??= touchOnce().finally(() => {
      touching = undefined;
    });
  }, touch * 1000);
  // The timer of a claim does not keep the process running.
  timer.unref();
  const release = (): Promise<void> => {
    released ??= giveBack();
    return released;
  };
  return { lost: lost.signal, release, [Symbol.asyncDispose]: release };
}
