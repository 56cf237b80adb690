import { SegtileError } from '../../errors.js';

/** A server that holds one file and gives any stretch of it. */
export interface RangeServer {
  /** Names the file in messages; holds no secrets. */
  readonly path: string;
  /**
   * Sends one request for `bytes` bytes from byte `first` on. The caller must read the body to its end or fire the
   * signal.
   *
   * @throws {SegtileError} if another try is of no use; any other error may be temporary
   */
  ask(first: number, bytes: number, signal: AbortSignal): Promise<RangeAnswer | Later>;
  close(): void;
}

/** A stretch of the file. */
export interface RangeAnswer {
  /** Where in the file the body starts. */
  readonly first: number;
  /** Bytes of the whole file. */
  readonly size: number;
  /** Changes when the file does; undefined if the server does not tell. */
  readonly version: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The server cannot answer now; `later` says why. */
export interface Later {
  readonly later: string;
  /** Milliseconds that the server asks to wait before the next request. */
  readonly afterMs?: number | undefined;
}

/** A failed request, in terms that all kinds of servers share. */
export interface FailedRequest {
  /** HTTP status. */
  readonly status: number;
  /** The server's own name for the error, if it has one. */
  readonly word?: string | undefined;
  /** The header `Retry-After`: seconds or a date. */
  readonly retryAfter: string | undefined;
}

/**
 * Sorts failed requests: a failure that may be temporary is returned, a lasting one is thrown.
 *
 * @param denied the hint for a file that may not be read
 * @throws {SegtileError} `input`
 */
export function laterOrThrow(path: string, { status, word, retryAfter }: FailedRequest, denied: string): Later {
  const answer = `HTTP ${status}${word ? `, ${word}` : ''}`;
  // RFC 9110, section 15: 408 and 5xx may pass; RFC 8470: 425 as well; RFC 6585: 429 asks to slow down.
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { later: `the server answers ${answer}`, afterMs: millisecondsOf(retryAfter) };
  }
  if (status === 404 || status === 410) {
    throw new SegtileError(
      'input',
      `there is no file ${path} (${answer})`,
      'check the spelling, and that the file still exists',
    );
  }
  if (status === 401 || status === 403 || status === 407) {
    throw new SegtileError('input', `${path} may not be read (${answer})`, denied);
  }
  throw new SegtileError('input', `${path} cannot be read: the server answers ${answer}`, 'check the address of the file');
}

/** The error for a server that gives the whole file or nothing. */
export function withoutRanges(path: string): SegtileError {
  return new SegtileError(
    'input',
    `${path} cannot be read in pieces: its server does not answer range requests`,
    'download the file and give its local path',
  );
}

/** An empty body. */
export async function* noBytes(): AsyncGenerator<Uint8Array, void, undefined> {}

/**
 * The milliseconds from now that the header `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3).
 */
function millisecondsOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
