import { reason, SegtileError } from '../../errors.js';
import { shownPath } from '../../io/location.js';
import { eachFile as eachOf, type FilesDone } from '../../pipeline/each-file.js';
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
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export async function eachFile(
  files: readonly string[],
  words: FileWords,
  shell: Shell,
  work: (file: string, index: number) => Promise<void>,
): Promise<number> {
  const failed = (file: string, error: unknown): void => reportFailure(file, error, words, shell);
  return exitCode(await eachOf(files, { failed, signal: shell.signal }, work), words, shell);
}

/**
 * Says how many files were done, where some were not.
 *
 * @returns the exit code: 0 when every file was done, 2 when every failure was wrong use, else 1
 */
export function exitCode({ total, done, failures }: FilesDone, { what }: FileWords, { stderr }: Shell): number {
  if (failures.length === 0) return 0;
  if (total > 1) stderr.write(`segtile: ${done} of ${total} ${what} done\n`);
  return failures.every(({ error }) => exitCodeOf(error) === 2) ? 2 : 1;
}

/** Says why a file failed, to people and to programs. */
export function reportFailure(file: string, error: unknown, { key, json }: FileWords, { stdout, stderr }: Shell): void {
  stderr.write(failureText(error, styleFor(stderr)));
  if (!json) return;
  const { code, hint } = error instanceof SegtileError ? error : { code: 'unexpected', hint: undefined };
  stdout.write(`${JSON.stringify({ [key]: { path: shownPath(file) }, error: { code, message: reason(error), hint } })}\n`);
}
