import { readFileSync } from 'node:fs';
import { reason, SegtileError, withoutSecrets } from '../errors.js';
import type { Style } from './style.js';
import { oneLine } from './visible.js';

/**
 * What a person is shown when something failed: a line and a hint for what segtile knows, everything there is for what it does not.
 */
export function failureText(failure: unknown, style: Style): string {
  const thrown = isOutOfFiles(failure) ? outOfFiles(failure) : failure;
  if (!(thrown instanceof SegtileError)) {
    const trace = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    return `${style.bad('segtile: unexpected error')}, which is a fault of segtile: please report it with the lines below\n${withoutSecrets(trace)}\n`;
  }
  const hint = thrown.hint ? `\n  ${style.faint('hint:')} ${oneLine(thrown.hint)}` : '';
  return `${style.bad('segtile:')} ${oneLine(thrown.message)}${hint}\n`;
}

/** Whether there is a limit behind a failure on how many files may be open, which the system or Node meets anywhere. */
function isOutOfFiles(failure: unknown): boolean {
  if (!(failure instanceof Error)) return false;
  if (/\bE[MN]FILE\b/.test(failure.message)) return true;
  // Node looks for packages, and finds none where it cannot open what it finds.
  if ('code' in failure && failure.code === 'ERR_MODULE_NOT_FOUND') return mostFiles() < LEAST_FILES;
  return isOutOfFiles(failure.cause);
}

/** Files that a run has open at a time, its own code and libraries among them. */
const LEAST_FILES = 256;

/** How many files the process may have open, where the system tells. */
function mostFiles(): number {
  try {
    return Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function outOfFiles(failure: unknown): SegtileError {
  const what = failure instanceof SegtileError ? failure.message : `too many files are open: ${reason(failure)}`;
  const hint = `let the process have ${LEAST_FILES} or more files open, for example with "ulimit -n 1024"`;
  return new SegtileError('input', what, hint, failure);
}

/** The exit code for something that was thrown: 2 for wrong use, 1 for everything else. */
export function exitCodeOf(thrown: unknown): 1 | 2 {
  return thrown instanceof SegtileError && thrown.code === 'usage' ? 2 : 1;
}
