import { throwIfAborted } from '../errors.js';
import type { SlideRequest } from './slides/request.js';

/** What became of a file: done now, done before, or being done by another process. */
export type Outcome = 'done' | 'kept' | 'elsewhere';

/** A file that failed, and why. */
export interface FileFailure {
  readonly file: SlideRequest;
  readonly error: unknown;
}

/** What became of a list of files. */
export interface FilesDone {
  readonly files: readonly SlideRequest[];
  /** The outcome of each file; undefined if the run stopped before it was tried. */
  readonly outcomes: readonly (Outcome | 'failed' | undefined)[];
  /** In the order of the files. */
  readonly failures: readonly FileFailure[];
}

/** Options of {@link eachFile}. */
export interface EachFileOptions {
  /** Called at once for each file that fails. */
  readonly failed?: ((file: string, error: unknown) => void) | undefined;
  /** After a failure: whether all other files would fail as well. */
  readonly hopeless?: (() => boolean) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Does some work for one file after the other. A file that fails does not stop the others, unless the signal fired or
 * all others would fail, too.
 *
 * @param work gives the outcome of the file; undefined means `done`
 */
export async function eachFile(
  files: readonly SlideRequest[],
  { failed, hopeless, signal }: EachFileOptions,
  work: (file: string, index: number) => Promise<Outcome | undefined>,
): Promise<FilesDone> {
  const outcomes: (Outcome | 'failed' | undefined)[] = files.map(() => undefined);
  const failures: FileFailure[] = [];
  for (const [index, file] of files.entries()) {
    try {
      throwIfAborted(signal);
      if (file.problem !== undefined) throw file.problem;
      outcomes[index] = (await work(file.path, index)) ?? 'done';
    } catch (error) {
      outcomes[index] = 'failed';
      failures.push({ file, error });
      failed?.(file.path, error);
      if (signal.aborted || hopeless?.()) break;
    }
  }
  return { files, outcomes, failures };
}
