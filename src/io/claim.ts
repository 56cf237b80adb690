import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SegtileError } from '../errors.js';
import { NO_LINKS, outputError, temporaries } from './partial-file.js';
import { ownIdentity, type ProcessIdentity, processState } from './process-identity.js';

/**
 * A claim keeps a result for one process at a time, on one machine or on several that share a file system. It is a small file beside the result that says
 * which process holds it, and that this process touches every few seconds.
 *
 * Its owner is gone if it ran on this machine and has ended, which is seen at once, or if it ran elsewhere and has not touched the claim for
 * minutes. Then another process takes it over. How it is made sure that one alone gets it:
 *
 * - A free claim is taken by giving a file that is whole already its name, which fails if the name is taken.
 * - A claim that was left is only replaced by the process that holds its *succession*: a claim like any other, whose name ends in the token of the one that
 *   was left. Once there, that process looks again whether the same claim still stands, as a faster one may be done already, and only then moves its
 *   own file over it. If it dies in between, its succession is a claim that was left, and is taken over in the same way.
 * - One case remains, which no file system can rule out: an owner elsewhere that was silent for minutes wakes up and gives its claim back, another takes it, all
 *   between that look and the move. So an owner looks at its claim at each touch, and learns by `lost` if another has it.
 */
export interface Claim extends AsyncDisposable {
  /** Is aborted if another process took the claim over, since this one could not touch it for minutes. The reason says who. */
  readonly lost: AbortSignal;
  /** Gives the claim back. May be called twice. */
  release(): Promise<void>;
}

/** Who holds a claim. */
export interface Holder {
  /** Undefined where the claim says nothing that can be read. */
  readonly process: ProcessIdentity | undefined;
  /** When it took the claim, as an ISO date by its own clock. Empty where that cannot be read. */
  readonly since: string;
  /** For how many seconds it has not touched the claim. */
  readonly silent: number;
}

export interface ClaimOptions {
  /** Seconds between two touches. */
  readonly touch?: number;
  /** After how many seconds without a touch the owner is gone, where it cannot be looked for. */
  readonly patience?: number;
}

/** The claim of a result: a hidden file beside it. */
export function claimPath(result: string): string {
  const path = resolve(result);
  return join(dirname(path), `.${basename(path)}.claim`);
}

/**
 * Claims a result.
 *
 * @param path of the claim, see {@link claimPath}; its folder is there
 * @param what the result as its user named it, for the error
 * @throws {SegtileError} `output` where another process holds it, or it cannot be written
 */
export async function claim(path: string, what: string, options?: ClaimOptions): Promise<Claim> {
  const { taken, holder } = await tryClaim(path, options);
  if (taken) return taken;
  const hint = 'wait until it is done, or choose another place';
  throw new SegtileError('output', `${what} is being written by ${holderText(holder)}`, hint);
}

/** Claims a result, or says who holds it: see {@link claim}. */
export async function tryClaim(
  path: string,
  { touch = 15, patience = 300 }: ClaimOptions = {},
): Promise<{ readonly taken: Claim; readonly holder?: never } | { readonly taken?: never; readonly holder: Holder }> {
  const own: Note = { token: randomBytes(4).toString('hex'), since: new Date().toISOString(), process: await ownIdentity() };
  const temporary = `${path}-${own.token}`;
  try {
    temporaries.add(temporary);
    await create(temporary, own);
    // Times of a shared file system are those of its server, so they are compared with that of a file that was just written there.
    const now = (await stat(temporary)).mtimeMs;
    const holder = await take(path, temporary, own, (found) => isLeft(found, now, patience));
    if (holder) return { holder: { process: holder.process, since: holder.since, silent: seconds(holder, now) } };
    return { taken: held(path, own, await open(path, 'r+'), touch) };
  } catch (error) {
    throw outputError(path, error);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
    temporaries.delete(temporary);
  }
}

/** Who holds a claim, and whether they are gone, so that it can be taken over. By the clock of this machine. */
export interface SeenHolder extends Holder {
  readonly left: boolean;
}

/** Who holds a claim, without taking it; undefined where there is none. */
export async function holderOf(
  path: string,
  { patience = 300 }: Pick<ClaimOptions, 'patience'> = {},
): Promise<SeenHolder | undefined> {
  const found = await read(path);
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

/** What a claim says. */
interface Note {
  /** No two claims have the same. */
  readonly token: string;
  readonly since: string;
  readonly process: ProcessIdentity | undefined;
}

/** A claim that stands. */
interface Found extends Note {
  /** When it was last touched, in milliseconds by the clock of the file system. */
  readonly touched: number;
}

/** How often a claim is looked for that is neither there nor free. */
const TRIES = 100;

/** Takes a claim, or says who holds it. The file at `temporary` is the claim to be. */
async function take(
  path: string,
  temporary: string,
  own: Note,
  left: (found: Found) => Promise<boolean>,
): Promise<Found | undefined> {
  for (let tries = 1; ; tries++) {
    if (await placeNew(temporary, path, own)) return undefined;
    const found = await read(path);
    if (found === undefined) {
      // It was given back meanwhile; but a link that leads nowhere is never there and never free.
      if (tries === TRIES) throw new Error('it can neither be read nor written');
      await delay(10);
      continue;
    }
    // A file server that answers late is asked twice, and then says that the name is taken: by this process.
    if (found.token === own.token) return undefined;
    if (!(await left(found))) return found;
    const succession = `${path}.${found.token}`;
    const rival = await take(succession, temporary, own, left);
    if (rival) return rival;
    const still = await read(path);
    if (still?.token === found.token && (await left(still))) {
      await rename(succession, path);
      return undefined;
    }
    await rm(succession, { force: true });
  }
}

/** Whether the owner of a claim is gone. A process that is seen to run is not, however long it is silent: it may have been stopped for a while. */
async function isLeft(found: Found, now: number, patience: number): Promise<boolean> {
  const state = found.process ? await processState(found.process) : 'unknown';
  return state === 'unknown' ? seconds(found, now) > patience : state === 'ended';
}

function seconds({ touched }: Found, now: number): number {
  return Math.max(0, (now - touched) / 1000);
}

/** Gives a claim its name, unless it is taken. */
async function placeNew(temporary: string, path: string, own: Note): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
  }
  try {
    // For a moment it is empty to others, and as fresh as can be.
    await create(path, own);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function create(path: string, own: Note): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytesOf(own));
  } finally {
    await handle.close();
  }
}

/** What stands at a path; undefined where nothing does. */
async function read(path: string): Promise<Found | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    const { mtimeMs } = await stat(path);
    return { ...noteOf(text), touched: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function bytesOf(note: Note): Buffer {
  return Buffer.from(`${JSON.stringify(note)}\n`);
}

/** What a claim says; one that cannot be read has an owner all the same. */
function noteOf(text: string): Note {
  try {
    const { token, since, process: owner } = JSON.parse(text) as Note;
    const { host, place, pid, started } = owner as ProcessIdentity;
    const texts = [since, host, place, started].every((value) => typeof value === 'string');
    if (/^[0-9a-f]{8}$/.test(token) && texts && Number.isSafeInteger(pid) && pid > 0) {
      return { token, since, process: { host, place, pid, started } };
    }
  } catch {
    // Falls through to what cannot be read.
  }
  return { token: 'unreadable', since: '', process: undefined };
}

/** A claim of this process that is touched from now on. The handle leads to the file itself, whatever has its name later. */
function held(path: string, own: Note, handle: FileHandle, touch: number): Claim {
  const lost = new AbortController();
  let [touching, released]: [Promise<void> | undefined, Promise<void> | undefined] = [undefined, undefined];
  temporaries.add(path);

  async function touchOnce(): Promise<void> {
    try {
      // Written, as then the server sets the time; and the same bytes, so that whoever reads meanwhile sees a claim.
      await handle.write(bytesOf(own), 0, undefined, 0);
      await handle.datasync();
      const found = await read(path);
      if (found?.token !== own.token) lose(found);
    } catch {
      // A disk that is away for a moment comes back.
    }
  }

  function lose(found: Found | undefined): void {
    clearInterval(timer);
    temporaries.delete(path);
    const who = found ? holderText({ ...found, silent: 0 }) : 'nobody: it was deleted';
    lost.abort(new SegtileError('output', `${path} is held by ${who}`, 'start again once it is done'));
  }

  async function giveBack(): Promise<void> {
    clearInterval(timer);
    await touching;
    await handle.close().catch(() => undefined);
    // What cannot be taken away is taken over later, as this process will be gone.
    const found = await read(path).catch(() => undefined);
    if (found?.token === own.token) await rm(path, { force: true }).catch(() => undefined);
    temporaries.delete(path);
  }

  const timer = setInterval(() => {
    touching ??= touchOnce().finally(() => {
      touching = undefined;
    });
  }, touch * 1000);
  // A claim alone keeps no process running.
  timer.unref();
  const release = (): Promise<void> => {
    released ??= giveBack();
    return released;
  };
  return { lost: lost.signal, release, [Symbol.asyncDispose]: release };
}
