import { throwIfAborted } from '../errors.js';

/** A file that failed, and why. */
export interface FileFailure {
  readonly file: string;
  readonly error: unknown;
}

/** What became of a list of files. */
export interface FilesDone {
  /** How many there were, and how many of them are done. Where a run stops early, the others were not tried. */
  readonly total: number;
  readonly done: number;
  /** In the order of the files. */
  readonly failures: readonly FileFailure[];
}

/** How a list of files is gone through. */
export interface EachFileOptions {
  /** Is told of a file that failed, at once. */
  readonly failed?: ((file: string, error: unknown) => void) | undefined;
  /** Whether, after a failure, all others would fail as well. */
  readonly hopeless?: (() => boolean) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Does some work for one file after the other. A file that fails does not stop the others, unless the signal fired or all others would fail, too.
 */
export async function eachFile(
  files: readonly string[],
  { failed, hopeless, signal }: EachFileOptions,
  work: (file: string, index: number) => Promise<void>,
): Promise<FilesDone> {
  let done = 0;
  const failures: FileFailure[] = [];
  for (const [index, file] of files.entries()) {
    try {
      throwIfAborted(signal);
      await work(file, index);
      done++;
    } catch (error) {
      failures.push({ file, error });
      failed?.(file, error);
      if (signal.aborted || hopeless?.()) break;
    }
  }
  return { total: files.length, done, failures };
}
