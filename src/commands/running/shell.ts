import { withoutSecrets } from '../../errors.js';
import type { ProgressStream } from '../../terminal/progress.js';
import { visible } from '../../terminal/visible.js';

/** What a command gets from the process that runs it. */
export interface Shell {
  /** Results. */
  readonly stdout: ProgressStream;
  /** Progress, notes and failures. */
  readonly stderr: ProgressStream;
  /** Fires when the user wants to stop. */
  readonly signal: AbortSignal;
}

/**
 * Makes a stream of a process safe for commands to write to. Hidden characters, which names of files, classes and
 * channels can contain, are written as visible escapes. Secrets in URLs are removed.
 */
export function guarded(stream: NodeJS.WriteStream): ProgressStream {
  return {
    isTTY: stream.isTTY,
    write: (text) => stream.write(visible(withoutSecrets(text), stream.isTTY)),
    terminal: stream,
  };
}
