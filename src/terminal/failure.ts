import { readFileSync } from 'node:fs';
import { reason, SegtileError, withoutSecrets } from '../errors.js';
import type { Style } from './style.js';
import { oneLine } from './visible.js';

/**
 * The message for an error: for a known one a line and a hint, for an unexpected one everything there is, including the
 * stack trace.
 */
export function failureText(failure: unknown, style: Style): string {
  const thrown = isOutOfFiles(failure) ? outOfFiles(failure) : failure;
  if (!(thrown instanceof SegtileError)) {
    const trace = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    return `${style.bad('segtile: unexpected error')}, which is a bug in segtile: please report it with the lines below\n${withoutSecrets(trace)}\n`;
  }
  const hint = thrown.hint ? `\n  ${style.faint('hint:')} ${oneLine(thrown.hint)}` : '';
  return `${style.bad('segtile:')} ${oneLine(thrown.message)}${hint}\n`;
}

/** Whether a failure was caused by the limit on open files, which can show up in any part of the program or of Node. */
function isOutOfFiles(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false;
  if (/\bE[MN]FILE\b/.test(failure.message)) return true;
  // If Node cannot open a package because of the limit, it reports that the package is missing.
  if ('code' in failure && failure.code === 'ERR_MODULE_NOT_FOUND') return mostFiles() < LEAST_FILES;
  return isOutOfFiles(failure.cause);
}

/** The number of files that a run may need to have open at a time, including its own code and libraries. */
const LEAST_FILES = 256;

/** The limit on open files of the process; infinity if the system does not tell. */
function mostFiles(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function outOfFiles(failure: unknown): SegtileError {
  const what = failure instanceof SegtileError ? failure.message : `too many files are open: ${reason(failure)}`;
  const hint = `allow the process to open at least ${LEAST_FILES} files, for example with "ulimit -n 1024"`;
  return new SegtileError('input', what, hint, failure);
}

/** The exit code for something that was thrown: 2 for wrong use, 1 for everything else. */
export function exitCodeOf(thrown: unknown): 1 | 2 {
  return thrown instanceof SegtileError && thrown.code === 'usage' ? 2 : 1;
}
