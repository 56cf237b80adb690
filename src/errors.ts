/**
 * What kind of thing went wrong. The code decides the exit code of the command line: wrong use is 2, all else is 1.
 *
 * - `usage`: the command or call itself is wrong: an unknown option, a value out of range, options that exclude each other
 * - `input`: a file that was given cannot be used: missing, truncated, not what it claims to be
 * - `unsupported`: a well-formed file that uses something segtile does not handle
 * - `model`: the network, its card and the flags do not fit together, or the network failed
 * - `device`: the device that was asked for cannot run the network, or runs it wrongly
 * - `output`: the result cannot be written
 * - `aborted`: the user stopped the run
 */
export type ErrorCode = 'usage' | 'input' | 'unsupported' | 'model' | 'device' | 'output' | 'aborted';

/**
 * The one error class of segtile. Whoever catches it can print `message` and `hint` as they are: the message says what was
 * wrong, with the value and where; the hint says what to do. Neither keeps the secrets of a URL, see {@link withoutSecrets}.
 */
export class SegtileError extends Error {
  override readonly name = 'SegtileError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, hint?: string, cause?: unknown) {
    super(withoutSecrets(message), cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint === undefined ? undefined : withoutSecrets(hint);
  }
}

/** The text of anything that was thrown, for use inside the message of a {@link SegtileError}. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Throws an error if the signal has fired.
 *
 * @throws {SegtileError} `aborted`
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SegtileError('aborted', 'stopped before the end', undefined, signal.reason);
}

/**
 * Matches URLs in a text, each up to the next blank, quote or angle bracket. A scheme has at least two letters, so that
 * `C:/slides` is a path.
 */
const URLS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>`]+/gi;

/**
 * Removes the secrets of all URLs in a text: user, password, and everything after the path, because the query of a
 * signed link is as good as a password. A URL that makes no sense may hold a password anywhere, so only its scheme is
 * kept.
 */
export function withoutSecrets(text: string): string {
  return text.replace(URLS, (url) => {
    const start = url.indexOf('://') + 3;
    const scheme = url.slice(0, start);
    const end = url.slice(start).search(/[/?#]/);
    const authority = end < 0 ? url.slice(start) : url.slice(start, start + end);
    const host = authority.slice(authority.lastIndexOf('@') + 1);
    // A port has only digits. Anything else after a colon is part of a password that was not encoded.
    if (/:(?!\d*[,;:.)\]]*$)/.test(host.replace(/^\[[^\]]*\]/, ''))) return `${scheme}...`;
    const rest = end < 0 ? '' : url.slice(start + end);
    // The key of an S3 object may contain `?` and `#`, so it is kept.
    const path = /^s3:/i.test(scheme) ? rest : rest.replace(/[?#].*$/, '?...');
    return scheme + host + path;
  });
}
