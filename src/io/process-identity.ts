import { readFile, readlink } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';

/** Tells a process apart from all others on all machines. */
export interface ProcessIdentity {
  /** The name of its machine, for people. */
  readonly host: string;
  /**
   * Names the space in which process ids are counted, such as one boot of a machine or one container. No two have the
   * same value, though they may have the same host name.
   */
  readonly place: string;
  readonly pid: number;
  /**
   * When it started, in the units of its machine; empty if the system does not tell. It tells apart two processes that
   * got the same id one after the other.
   */
  readonly started: string;
}

/** The identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const started = (await processFacts(process.pid))?.started ?? '';
  return { host: hostname(), place: await ownPlace(), pid: process.pid, started };
}

/**
 * Whether a process still runs. `unknown` if that cannot be seen from here: the process runs on another machine or in
 * another container, or a process with its id exists but the system does not tell when that one started.
 */
export async function processState({ place, pid, started }: ProcessIdentity): Promise<'runs' | 'ended' | 'unknown'> {
  if (place !== (await ownPlace())) return 'unknown';
  const facts = await processFacts(pid);
  if (facts) return facts.ended || facts.started !== started ? 'ended' : 'runs';
  try {
    process.kill(pid, 0);
    return 'unknown';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'ended' : 'unknown';
  }
}

/**
 * The `place` of this process. Linux counts process ids anew at each boot and in each container, and gives a name to
 * both. Other systems have no containers; there the addresses of the network cards tell machines with the same name
 * apart.
 */
async function ownPlace(): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    return [hostname(), ...new Set(cards.map(({ mac }) => mac))].sort().join(' ');
  }
}

/**
 * What Linux tells about a process. A process that has ended still has an entry, in state Z, until its parent has asked
 * about it.
 */
async function processFacts(pid: number): Promise<{ readonly started: string; readonly ended: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is the program's name in brackets, which may hold anything. The state is the third, the start the 22nd.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, started] = [fields[0], fields[19]];
  if (state === undefined || started === undefined) return undefined;
  return { started, ended: state === 'Z' || state === 'X' };
}
