import { readFile, stat } from 'node:fs/promises';
import type { ProcessIdentity } from './process-identity.js';

/** The content of a claim. */
export interface ClaimNote {
  /** Differs between any two claims. */
  readonly token: string;
  readonly since: string;
  readonly process: ProcessIdentity | undefined;
}

/** A claim as it was found. */
export interface FoundClaim extends ClaimNote {
  /** When it was last touched, in milliseconds by the clock of the file system. */
  readonly touched: number;
}

/** Reads the claim at a path; undefined if there is none. */
export async function readClaim(path: string): Promise<FoundClaim | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    const { mtimeMs } = await stat(path);
    return { ...noteOf(text), touched: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The content of a claim that says this. */
export function claimBytes(note: ClaimNote): Buffer {
  return Buffer.from(`${JSON.stringify(note)}\n`);
}

/** Parses the content of a claim. A claim that cannot be parsed still has an owner, an unknown one. */
function noteOf(text: string): ClaimNote {
  try {
    const { token, since, process: owner } = JSON.parse(text) as ClaimNote;
    const { host, place, pid, started } = owner as ProcessIdentity;
    const texts = [since, host, place, started].every((value) => typeof value === 'string');
    if (/^[0-9a-f]{8}$/.test(token) && texts && Number.isSafeInteger(pid) && pid > 0) {
      return { token, since, process: { host, place, pid, started } };
    }
  } catch {
    // The claim is unreadable, see below.
  }
  return { token: 'unreadable', since: '', process: undefined };
}
