import { SegtileError } from '../../errors.js';

/** A server that holds one file and gives any stretch of it. */
export interface RangeServer {
  /** Names the file in messages; holds no secrets. */
  readonly path: string;
  /**
   * Asks once for `bytes` bytes from byte `first` on. Whoever asks must read the body to its end or fire the signal.
   *
   * @throws {SegtileError} where asking again is no use; anything else that is thrown may pass
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
  /** Changes when the file does, where the server tells. */
  readonly version: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The server cannot answer now. */
export interface Later {
  readonly later: string;
  /** Milliseconds that the server wants to be left alone. */
  readonly afterMs?: number | undefined;
}

/** What a failed request was, as far as any kind of server tells. */
export interface FailedRequest {
  /** Status of HTTP. */
  readonly status: number;
  /** The server's own word for it, where it has one. */
  readonly word?: string | undefined;
  /** As in the header `Retry-After`: seconds or a date. */
  readonly retryAfter: string | undefined;
}

/**
 * Sorts failed requests: what may pass is returned, what will not is thrown.
 *
 * @param denied what to do where the file may not be read
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

/** The server gives the whole file or nothing. */
export function withoutRanges(path: string): SegtileError {
  return new SegtileError(
    'input',
    `${path} cannot be read in pieces: its server does not answer range requests`,
    'download the file and give its local path',
  );
}

/** The body of an answer that has none. */
export async function* noBytes(): AsyncGenerator<Uint8Array, void, undefined> {}

/** RFC 9110, 10.2.3. */
function millisecondsOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
