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
 * wrong, with the value and where; the hint says what to do.
 */
export class SegtileError extends Error {
  override readonly name = 'SegtileError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** The text of anything that was thrown, for use inside the message of a {@link SegtileError}. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/**
 * Throws the `aborted` error when the signal has fired.
 *
 * @throws {SegtileError} `aborted`
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SegtileError('aborted', 'stopped before the end', undefined, signal.reason);
}
