import { type ErrorCode, reason, SegtileError } from '../errors.js';

/** An error on its way from one thread to another. */
export interface FaultText {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What an error says. */
export function faultText(thrown: unknown): FaultText {
  if (thrown instanceof SegtileError) return { code: thrown.code, message: thrown.message, hint: thrown.hint };
  return { code: undefined, message: reason(thrown), hint: undefined };
}

/** The error that another thread had. */
export function faultOf({ code, message, hint }: FaultText): Error {
  return code === undefined ? new Error(message) : new SegtileError(code, message, hint);
}
