import { reason, SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import type { FileFailure, FilesDone, Outcome } from '../../pipeline/each-file.js';
import { exitCodeOf, failureText } from '../../terminal/failure.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine } from '../../terminal/visible.js';
import type { Shell } from './shell.js';

/** The words for the files of a command, and what is printed about them. */
export interface FileWords {
  /** What the files are, such as `slides`. */
  readonly what: string;
  /** The key under which `--json` names a file that failed, such as `slide`. */
  readonly key: string;
  readonly json: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/**
 * Prints how many files were done, and which failed.
 *
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export function exitCode(ended: FilesDone, words: FileWords, shell: Shell): number {
  const { files, failures } = ended;
  if (files.length > 1) summary(ended, words, shell);
  if (failures.length === 0) return 0;
  return failures.every(({ error }) => exitCodeOf(error) === 2) ? 2 : 1;
}

/** Prints the summary of a command with several files. With `quiet`, it is printed only if a file failed. */
function summary({ files, outcomes, failures }: FilesDone, { what, quiet }: FileWords, { stderr }: Shell): void {
  if (failures.length === 0 && quiet) return;
  const number = (outcome: Outcome | undefined): number => outcomes.filter((each) => each === outcome).length;
  const others = [
    [number('kept'), 'kept'],
    [number('elsewhere'), 'in progress elsewhere'],
    [failures.length, 'failed'],
    [number(undefined), 'not begun'],
  ].filter(([of]) => of !== 0);
  const counts = [`${number('done')} of ${files.length} ${what} done`, ...others.map((each) => each.join(' '))];
  stderr.write(`segtile: ${counts.join(', ')}\n`);
  // A single failure has just been printed, and is not repeated.
  if (failures.length < 2) return;
  for (const failure of failures.slice(0, FAILURES_TOLD)) stderr.write(`  ${failureLine(failure)}\n`);
  if (failures.length > FAILURES_TOLD) stderr.write(`  and ${failures.length - FAILURES_TOLD} more\n`);
}

/** The most failures that are listed again at the end. */
export const FAILURES_TOLD = 20;

/** A line with the path of a file and the reason why it failed. */
function failureLine({ file, error }: FileFailure): string {
  const [name, why] = [shownPath(file.path), reason(error)];
  return oneLine(why.includes(name) ? why : `${name}: ${why}`);
}

/** Reports why a file failed: to people on standard error, and with `json` to programs on standard output. */
export function reportFailure(file: string, error: unknown, { key, json }: FileWords, { stdout, stderr }: Shell): void {
  stderr.write(failureText(error, styleFor(stderr)));
  if (!json) return;
  const { code, hint } = error instanceof SegtileError ? error : { code: 'unexpected', hint: undefined };
  const facts = { status: 'failed', [key]: { path: shownPath(file) }, error: { code, message: reason(error), hint } };
  stdout.write(`${JSON.stringify(facts)}\n`);
}
