import { reason, SegtileError, throwIfAborted } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { exitCodeOf, failureText } from '../../terminal/failure.js';
import { styleFor } from '../../terminal/style.js';
import type { Shell } from './shell.js';

/** What is said of the files of one command. */
export interface FileWords {
  /** What they are, such as `slides`. */
  readonly what: string;
  /** The key under which `--json` names a file that failed, such as `slide`. */
  readonly key: string;
  readonly json: boolean | undefined;
}

/**
 * Does the work of a command on one file after the other. One that fails is reported and does not stop the others.
 *
 * @param hopeless whether, after a failure, the others would fail as well
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export async function eachFile(
  files: readonly string[],
  words: FileWords,
  shell: Shell,
  work: (file: string, index: number) => Promise<void>,
  hopeless: () => boolean = () => false,
): Promise<number> {
  const failures: unknown[] = [];
  let done = 0;
  for (const [index, file] of files.entries()) {
    try {
      throwIfAborted(shell.signal);
      await work(file, index);
      done++;
    } catch (error) {
      failures.push(error);
      report(file, error, words, shell);
      if (shell.signal.aborted || hopeless()) break;
    }
  }
  if (failures.length === 0) return 0;
  if (files.length > 1) shell.stderr.write(`segtile: ${done} of ${files.length} ${words.what} done\n`);
  return failures.every((failure) => exitCodeOf(failure) === 2) ? 2 : 1;
}

function report(file: string, error: unknown, { key, json }: FileWords, { stdout, stderr }: Shell): void {
  stderr.write(failureText(error, styleFor(stderr)));
  if (!json) return;
  const { code, hint } = error instanceof SegtileError ? error : { code: 'unexpected', hint: undefined };
  stdout.write(`${JSON.stringify({ [key]: { path: shownPath(file) }, error: { code, message: reason(error), hint } })}\n`);
}
