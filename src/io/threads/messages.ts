import { type ErrorCode, SegtileError } from '../../errors.js';

/** What the main thread says to a thread that makes files. `call` is answered under the same number. */
export type ToThread = { readonly call: number } & (
  | { readonly kind: 'write'; readonly message: unknown }
  | { readonly kind: 'ask'; readonly message: unknown }
  | { readonly kind: 'finish'; readonly file: number }
  | { readonly kind: 'abort'; readonly file: number }
);

/** What the thread says. `back` is memory that a message brought and that is no longer needed. */
export type FromThread =
  | { readonly kind: 'open'; readonly files: number; readonly told: unknown }
  | { readonly kind: 'done'; readonly call: number; readonly answer?: unknown; readonly back?: readonly ArrayBuffer[] }
  | { readonly kind: 'failed'; readonly call: number; readonly failure: Failure }
  | { readonly kind: 'temporary'; readonly path: string; readonly there: boolean };

/** An error on its way between threads, which keeps neither classes nor fields of errors. */
export interface Failure {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}

/** Packs anything that was thrown. */
export function failureOf(thrown: unknown): Failure {
  const { message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const own = thrown instanceof SegtileError ? thrown : undefined;
  return { code: own?.code, message, hint: own?.hint, stack };
}

/** The error that was packed. */
export function errorOf({ code, message, hint, stack }: Failure): Error {
  const error = code === undefined ? new Error(message) : new SegtileError(code, message, hint);
  if (stack !== undefined) error.stack = stack;
  return error;
}
